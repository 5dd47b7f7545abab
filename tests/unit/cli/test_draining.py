"""What an operator that leaves is told: of deployments that it doesn't leave by that, of a silent chain."""

from types import SimpleNamespace

import pytest

from xmbl.cli import draining
from xmbl.cli.draining import _gone_on, _tell_older
from xmbl.cli.output import Output
from xmbl.errors import RpcUnavailable
from xmbl.storage import leaving


@pytest.mark.parametrize(
    ("network", "older", "told"),
    [("now", ("before",), True), ("now", (), False), ("before", ("before",), False)],
)
def test_tell_older__deployments_beside__are_named(network, older, told, capsys):
    session = SimpleNamespace(network=lambda: SimpleNamespace(name=network), out=Output(as_json=False))
    _tell_older(session, SimpleNamespace(older=[SimpleNamespace(name=each) for each in older]))
    assert ("Leave the older deployments as well" in capsys.readouterr().err) is told


def test_tell_older__no_node_file__says_nothing(capsys):
    _tell_older(SimpleNamespace(), None)
    assert capsys.readouterr().err == ""


SILENT = RpcUnavailable("No RPC endpoint answers.")


def seen(monkeypatch, *looks):
    """A session whose looks at the chain find these, one after another; nothing is due."""
    left = iter(looks)

    def look(*_):
        found = next(left)
        if isinstance(found, Exception):
            raise found
        return SimpleNamespace(is_over=found)

    monkeypatch.setattr(leaving, "look", look)
    monkeypatch.setattr(draining, "_due", lambda *_: [])
    monkeypatch.setattr(draining, "_tell", lambda *_: "")
    return SimpleNamespace(market=lambda: None, address=lambda: "", out=Output(as_json=False))


def test_gone_on__the_chain_is_silent_for_a_while__looks_again(monkeypatch, capsys):
    session = seen(monkeypatch, False, SILENT, SILENT, True)
    assert _gone_on(session, None, [], 0).is_over
    assert capsys.readouterr().err == "No RPC endpoint answers. It is looked again.\n"


def test_gone_on__nobody_waits_and_the_chain_is_silent__ends(monkeypatch):
    with pytest.raises(RpcUnavailable):
        _gone_on(seen(monkeypatch, SILENT, True), None, [], None)
