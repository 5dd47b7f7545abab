"""`xmbl config`: joining networks and choosing defaults."""

import pytest

from tests.unit.cli.test_network_files import NETWORK
from xmbl import config


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "theirs.toml"
    path.write_text(config.network_text(NETWORK))
    return path


def test_join__file__is_kept_and_shown(terminal, file):
    said = terminal("config", "join", str(file))
    assert said.code == 0
    assert NETWORK.contracts["deals"] in said.out
    assert terminal("config", "show", "--json").document()["networks"][0]["chain_id"] == NETWORK.chain_id


def test_join__same_file_again__changes_nothing(terminal, file):
    terminal("config", "join", str(file))
    assert terminal("config", "join", str(file)).code == 0


def test_join__other_network_of_that_name__needs_yes(terminal, file):
    terminal("config", "join", str(file))
    file.write_text(file.read_text().replace("31337", "1"))
    refused = terminal("config", "join", str(file))
    assert (refused.code, refused.err) == (
        2,
        "xmbl: The network devnet is known and differs; say --yes to replace it.\n",
    )
    assert terminal("config", "join", str(file), "--yes").code == 0


def test_join__plain_http__is_refused(terminal):
    said = terminal("config", "join", "http://example.invalid/net.toml")
    assert said.code == 2
    assert "use https" in said.err


def test_join__huge_file__is_refused(terminal, file):
    file.write_text("#" * 70_000)
    assert "larger than a network file" in terminal("config", "join", str(file)).err


def test_use__unknown_network__is_refused(terminal):
    assert "no network 'mainnet'" in terminal("config", "use", "mainnet").err


def test_use__known_network__becomes_the_default(terminal, file):
    terminal("config", "join", str(file))
    assert terminal("config", "use", "devnet", "--json").document()["network"] == "devnet"


def test_use__nothing_named__says_how(terminal):
    assert "Name what to use" in terminal("config", "use").err
