"""xmbl/config.py: folders, network files, defaults."""

from pathlib import Path

import pytest

from xmbl import config
from xmbl.errors import ConfigError

ADDRESSES = {name: f"0x{index:040x}" for index, name in enumerate(config.CONTRACTS, 1)}
NETWORK = config.Network(
    "devnet", 31337, ("http://127.0.0.1:8545",), ADDRESSES, 7, ("/ip4/10.0.0.1/tcp/4001",)
)


@pytest.fixture
def home(tmp_path):
    return config.folders({"XMBL_HOME": str(tmp_path)})


def test_folders__xmbl_home_set__puts_everything_below_it(tmp_path):
    assert config.folders({"XMBL_HOME": str(tmp_path), "XDG_DATA_HOME": "/elsewhere"}) == config.Folders(
        tmp_path / "config", tmp_path / "data", tmp_path / "state", tmp_path / "cache"
    )


def test_folders__xdg_variables__are_followed_unless_relative():
    found = config.folders({"XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "relative"})
    assert found == config.Folders(
        Path("/c/xmbl"),
        Path.home() / ".local/share/xmbl",
        Path.home() / ".local/state/xmbl",
        Path.home() / ".cache/xmbl",
    )


def test_network_text__parsed_again__is_the_same_network():
    assert config.parse_network(config.network_text(NETWORK), "test") == NETWORK


def test_network_text__odd_characters__survive_the_round_trip():
    odd = config.Network("odd", 1, ('http://x/"\\\x7f\u0001😀',))
    assert config.parse_network(config.network_text(odd), "test") == odd


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('name = "devnet"', 'name = "../up"'), "can't name a network"),
        (("chain_id = 31337", "chain_id = true"), "chain_id to be a whole number"),
        (("chain_id = 31337", "chain_id = 0"), "a positive chain_id"),
        (('rpc = ["http://127.0.0.1:8545"]', "rpc = []"), "at least one address in rpc"),
        (('rpc = ["http://127.0.0.1:8545"]', "rpc = [1]"), "rpc to be a list of texts"),
        (('rpc = ["http://127.0.0.1:8545"]', 'rpc = "x"'), "rpc to be a list"),
        ((ADDRESSES["deals"], "0x12"), "contracts.deals to be an address"),
        (("block = 7", 'block = "7"'), "block to be a whole number"),
        (("name =", "name"), "isn't a network file"),
    ],
)
def test_parse_network__impossible_field__names_it(change, complaint):
    text = config.network_text(NETWORK).replace(*change)
    with pytest.raises(ConfigError, match=complaint):
        config.parse_network(text, "file.toml")


def test_load_network__unknown__says_what_is_known(home):
    config.save_network(home, NETWORK)
    with pytest.raises(ConfigError, match="no network 'mainnet' here \\(known: devnet\\)"):
        config.load_network(home, "mainnet")


def test_save_settings__read_again__are_the_same(home):
    assert config.load_settings(home) == config.Settings()
    config.save_settings(home, config.Settings("devnet", "main"))
    assert config.load_settings(home) == config.Settings("devnet", "main")


def test_load_settings__broken_file__says_which(home):
    config.write_text(home.config / "config.toml", "network = ")
    with pytest.raises(ConfigError, match=r"config\.toml isn't readable"):
        config.load_settings(home)


def test_write_text__existing_file__is_replaced_and_private(tmp_path):
    target = tmp_path / "folder" / "file"
    config.write_text(target, "old")
    config.write_text(target, "new")
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o077 == 0
    assert [entry.name for entry in target.parent.iterdir()] == ["file"]
