"""A node file says everything once, and all its mistakes are told at once."""

from pathlib import Path

import pytest

from xmbl import config
from xmbl.errors import ConfigError
from xmbl.node.config import load_node, node_text, parse_node

OPERATOR = "0x" + "22" * 20
SETTINGS = {
    "network": "test",
    "operator": OPERATOR,
    "agent": "agent",
    "password_file": "password",
    "listen": ["/ip4/127.0.0.1/tcp/4001"],
    "storage": {"capacity": "10 GiB", "price": "0.01 XMBL"},
}


@pytest.fixture
def home(tmp_path: Path) -> config.Folders:
    folders = config.folders({"XMBL_HOME": str(tmp_path / "home")})
    config.save_network(folders, config.Network("test", 31337, ("http://127.0.0.1:8545",)))
    return folders


def parsed(home, tmp_path, **changed):
    return parse_node(node_text({**SETTINGS, **changed}), tmp_path / "node.toml", home)


def mistakes(home, tmp_path, **changed):
    with pytest.raises(ConfigError) as refused:
        parsed(home, tmp_path, **changed)
    return [line.strip() for line in str(refused.value).splitlines()[1:]]


def test_parse_node__the_least_that_is_needed__has_sound_defaults(home, tmp_path):
    found = parsed(home, tmp_path)
    assert (found.operator, found.agent, found.network.name) == (OPERATOR, "agent", "test")
    assert found.password_file == tmp_path / "password"
    assert found.store == home.data / "store"
    assert found.storage.price == 10**16
    assert (found.storage.capacity, found.storage.unpaid) == (10 * 2**30, 5 * 2**30)
    assert (found.habits.confirmations, found.habits.poll) == (12, 6.0)
    assert found.ceiling == 200 * 10**9


def test_parse_node__every_mistake__is_told_at_once(home, tmp_path):
    assert mistakes(
        home, tmp_path, operator="0x12", agent=5, listen="here", storage={"price": "many", "cover": 300},
        chain={"poll": -1}, typo=1,
    ) == [
        "operator can't be: '0x12' is not an address; give 0x and 40 hexadecimal digits.",
        "agent must be a text.",
        "listen must be a list of texts.",
        "storage.capacity is missing; it is a text.",
        "storage.price can't be: 'many' is not an amount; write it like 1.5 XMBL or 10 wei.",
        "storage.cover must be a whole number from 100 to 200.",
        "chain.poll must be a number of seconds, up to 3600.",
        "typo means nothing here; look for a typing error.",
    ]  # fmt: skip


def test_parse_node__a_network_nobody_joined__is_told(home, tmp_path):
    assert "There is no network 'other' here" in mistakes(home, tmp_path, network="other")[0]


def test_parse_node__a_network_file__is_read_beside_the_node_file(home, tmp_path):
    network = config.Network("near", 7, ("http://127.0.0.1:1",))
    (tmp_path / "near.toml").write_text(config.network_text(network))
    assert parsed(home, tmp_path, network="near.toml").network == network


def test_parse_node__a_network_file_that_is_not_there__is_told(home, tmp_path):
    assert "there is no network file" in mistakes(home, tmp_path, network="near.toml")[0]


def test_parse_node__a_listening_address_with_a_peer__is_told(home, tmp_path):
    peer = "/ip4/127.0.0.1/tcp/1/p2p/12D3KooWFcriDkJUBe4E9qjNn1xh3RyCdp9tvXNc1skBf8ULB2Vr"
    assert "leave /p2p/ away" in mistakes(home, tmp_path, listen=[peer])[0]


def test_parse_node__a_table_that_is_none__is_told(home, tmp_path):
    assert "chain must be a table, [chain]." in mistakes(home, tmp_path, chain=5)


def test_parse_node__not_toml__names_the_file(home, tmp_path):
    with pytest.raises(ConfigError, match="isn't a node file"):
        parse_node("= what", tmp_path / "node.toml", home)


def test_parse_node__lists_of_clients__are_checksummed(home, tmp_path):
    storage = {**SETTINGS["storage"], "deny": [OPERATOR.upper().replace("0X", "0x")]}
    assert parsed(home, tmp_path, storage=storage).storage.deny == {OPERATOR}


def test_load_node__no_file__says_how_to_make_one(home, tmp_path):
    with pytest.raises(ConfigError, match="xmbl node init"):
        load_node(tmp_path / "node.toml", home)


def test_parse_node__reads_that_cost__are_read_with_their_units(home, tmp_path):
    storage = {**SETTINGS["storage"], "egress": "0.001 XMBL", "window": "1 MiB"}
    found = parsed(home, tmp_path, storage=storage, payments={"margin": 50, "ratio": 3, "ether": "2000 XMBL"})
    assert (found.storage.egress, found.storage.window) == (10**15, 2**20)
    assert (found.payments.margin, found.payments.thrift.ratio) == (50, 3)
    assert found.payments.thrift.ether == 2_000 * 10**18


def test_parse_node__reads__are_free_where_nothing_is_said(home, tmp_path):
    found = parsed(home, tmp_path)
    assert (found.storage.egress, found.storage.window) == (0, 16 * 2**20)
    assert (found.payments.margin, found.payments.thrift.ratio) == (600, 20)


def test_parse_node__a_window_that_no_reader_could_check__is_told(home, tmp_path):
    assert mistakes(home, tmp_path, storage={**SETTINGS["storage"], "window": "17 MiB"}) == [
        "storage.window can't be: a window has 512 KiB to 16 MiB; take one between."
    ]
