"""What an operator that leaves is told of the deployments that it doesn't leave by that."""

from types import SimpleNamespace

import pytest

from xmbl.cli.draining import _tell_older
from xmbl.cli.output import Output


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
