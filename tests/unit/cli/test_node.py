"""`xmbl node` as far as it needs no chain."""

import pytest

from xmbl import config
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
