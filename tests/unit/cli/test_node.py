"""`xmbl node` as far as it needs no chain."""

import pytest

from xmbl import config
from xmbl.cli.choices import Choices
from xmbl.cli.node_status import _older
from xmbl.cli.session import Session
from xmbl.errors import UsageError
from xmbl.node.config import node_text

OPERATOR = "0x" + "ab" * 20


@pytest.mark.parametrize(
    ("listen", "announce", "vague"),
    [
        ("/ip4/0.0.0.0/tcp/4001", [], "/ip4/0.0.0.0/tcp/4001"),
        ("/ip6/0:0::0/tcp/4001", [], "/ip6/::/tcp/4001"),
        ("/ip4/127.0.0.1/tcp/4001", ["/ip4/0.0.0.0/tcp/4001"], "/ip4/0.0.0.0/tcp/4001"),
    ],
)
def test_register__address_that_nobody_can_dial__is_refused_with_the_remedy(
    terminal, home, listen, announce, vague
):
    config.save_network(config.folders(), config.Network("live", 1, ("http://127.0.0.1:1",)))
    settings = {
        "network": "live", "operator": OPERATOR, "agent": "agent", "password_file": "password",
        "listen": [listen], "announce": announce, "storage": {"capacity": "1 GiB", "price": "1 XMBL"},
    }  # fmt: skip
    config.write_text(home / "config" / "node.toml", node_text(settings))
    said = terminal("node", "register", "--yes")
    assert said.code == 2
    assert f"Nobody can dial {vague}," in said.err
    assert 'announce = ["/ip4/203.0.113.7/tcp/4001"]' in said.err


NOW, BEFORE = (config.Network(name, 1, ("http://127.0.0.1:1",)) for name in ("now", "before"))


@pytest.mark.parametrize(("asked", "used"), [("", NOW), ("now", NOW), ("before", BEFORE)])
def test_use__a_node_files_networks__is_its_own_unless_an_older_one_was_asked_for(home, asked, used):
    for each in (NOW, BEFORE):
        config.save_network(config.folders(), each)
    session = Session(Choices(network=asked))
    session.use((NOW, BEFORE))
    assert session.network() is used


def test_use__another_network__is_refused(home):
    with pytest.raises(UsageError, match="is for now, not other; leave --network away"):
        Session(Choices(network="other")).use((NOW,))


def test_older__a_deployment_beside__shows_its_deals_its_trouble_and_its_warnings():
    found = {
        "market": OPERATOR, "deals": 1, "period": 7, "trouble": "The chain is silent.",
        "warnings": [{"event": "LimitNear", "locked": 9, "limit": 10}],
    }  # fmt: skip
    rows = list(_older(found, 10**12))
    assert rows[0] == ("older market", f"{OPERATOR}, 1 deal, period 7")
    assert rows[1] == ("trouble", "The chain is silent.")
    assert (rows[2][0], "9 wei of the 10 wei" in rows[2][1]) == ("warning", True)
