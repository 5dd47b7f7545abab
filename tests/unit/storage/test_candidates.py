"""Finding operators in a registry that anybody can write to, and that may be slow to read."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from xmbl.chain.registry import STORAGE, Node
from xmbl.errors import ChainError, Refused
from xmbl.identity import node_key
from xmbl.storage import quotes

NOBODY = "0x" + "00" * 20
AGENT = "0x" + "aa" * 20
ADDRESS = "/ip4/127.0.0.1/tcp/4001"


def node(number: int, *, services: int = STORAGE, addresses: tuple[str, ...] = (ADDRESS,)) -> Node:
    key = node_key.public_key(number.to_bytes(32, "big"))
    return Node(AGENT, AGENT, key, services, bytes(32), addresses)


class Registry:
    """A market of which only the registry is asked; `hanging` is read until the test ends."""

    def __init__(self, nodes: dict[str, Any], hanging: str = "") -> None:
        self._nodes = nodes
        self._hanging = hanging
        self.ended = threading.Event()

    def operators(self) -> list[str]:
        return [*self._nodes]

    def node(self, operator: str) -> Node:
        if operator == self._hanging:
            self.ended.wait(10)
        found = self._nodes[operator]
        if isinstance(found, Exception):
            raise found
        return found


OPERATORS = {f"0x{number:040x}": node(number) for number in range(1, 60)}


@pytest.fixture
def hanging() -> Iterator[Registry]:
    registry = Registry(OPERATORS, hanging=next(iter(OPERATORS)))
    yield registry
    registry.ended.set()


def test_candidates__many_operators__are_those_that_store_and_say_where():
    others = {"0x" + "e1" * 20: node(61, services=0), "0x" + "e2" * 20: node(62, addresses=())}
    found = quotes.candidates(Registry({**OPERATORS, **others}))
    assert {each.operator for each in found} == set(OPERATORS)
    assert [each.operator for each in found] != [*OPERATORS]


def test_candidates__one_record_hangs__are_the_others(hanging, monkeypatch):
    monkeypatch.setattr(quotes, "READ_SECONDS", 0.5)
    assert len(quotes.candidates(hanging)) == len(OPERATORS) - 1


def test_candidates__the_chain_is_silent__says_so():
    silent = Registry({**OPERATORS, "0x" + "e3" * 20: ChainError("No RPC endpoint answers.")})
    with pytest.raises(ChainError, match="No RPC endpoint"):
        quotes.candidates(silent)


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Node(NOBODY, NOBODY, bytes(32), 0, bytes(32), ()), "isn't in this network's registry"),
        (node(1, addresses=()), "nowhere that it can be dialled"),
        (node(1, addresses=("/dns4/example/udp/1",)), "nowhere that it can be dialled"),
    ],
)
def test_find__an_operator_that_cannot_be_dialled__is_said_in_a_sentence(found, reason):
    market: Any = SimpleNamespace(node=lambda _: found)
    with pytest.raises(Refused, match=reason):
        quotes.find(market, AGENT)


def test_find__an_operator_that_takes_no_new_deals__is_still_asked_for_old_ones():
    market: Any = SimpleNamespace(node=lambda _: node(1, services=0))
    assert quotes.find(market, AGENT).addresses
