"""What the registry's slots hold, read without a call and unpacked as Vyper lays out a struct."""

from typing import Any

from eth_utils import to_checksum_address

from tests.support.slots import Slots
from xmbl.chain.registry import Node

_FIXED = 5
"""Words of a record before its addresses: agent, payee, node key, services, profile."""

_TEXT = 5
"""Words that an address takes: its length and 128 bytes."""


class NodeSlots:
    """The records of one registry."""

    def __init__(self, registry: Any) -> None:
        self._nodes = Slots(registry, "_nodes")

    def node(self, operator: str) -> Node:
        """What is kept of an operator; all zero if nothing is."""
        agent, payee, node_key, services, profile, count = self._nodes.words(operator, _FIXED + 1)
        texts = [self._text(operator, _FIXED + 1 + _TEXT * at) for at in range(count)]
        return Node(
            _address(agent), _address(payee), _bytes(node_key), services, _bytes(profile), tuple(texts)
        )

    def _text(self, operator: str, at: int) -> str:
        (length,) = self._nodes.words(operator, 1, skip=at)
        words = self._nodes.words(operator, -(-length // 32), skip=at + 1)
        return b"".join(map(_bytes, words))[:length].decode()


def _bytes(word: int) -> bytes:
    return word.to_bytes(32, "big")


def _address(word: int) -> str:
    return str(to_checksum_address(word.to_bytes(20, "big")))
