"""What contracts logged, and how it is searched for: in chunks as wide as the node bears."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from xmbl.errors import ChainError, RpcUnavailable

CHUNK = 2_000
"""Blocks that public nodes search at a time at least."""

WIDEST = 2**16
"""Blocks that are asked for at a time at most: a node of one's own may bear more, but no progress is seen."""


@dataclass(frozen=True)
class Log:
    """What a contract logged, and where; `index` is its place in the block."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    block_hash: bytes
    transaction: bytes
    index: int


@dataclass(frozen=True)
class Search:
    """What to look for: logs of the contract at `address` that have, place by place, one of the topics; an
    empty place takes any."""

    address: str
    topics: tuple[tuple[bytes, ...], ...]

    def query(self, first: int, last: int) -> Any:
        """The question to a node about blocks `first` to `last`, both in."""
        topics = [["0x" + each.hex() for each in place] or None for place in self.topics]
        return {"address": self.address, "fromBlock": first, "toBlock": last, "topics": topics}


class Chunks:
    """Cuts ranges of blocks for one chain: wider while its node bears it, narrower where it refuses.

    A node that is silent about a wide chunk is asked for a narrow one, since some choke without a word.
    """

    def __init__(self, ask: Callable[[Search, int, int], list[Log]]) -> None:
        self._ask = ask
        self._most = WIDEST

    def search(self, search: Search, first: int, last: int) -> Iterator[tuple[int, list[Log]]]:
        """Chunk by chunk the last block and what was found, oldest first; `ChainError` where the node
        refuses even one block."""
        width = CHUNK
        while first <= last:
            width = min(width, self._most)
            upto = min(first + width - 1, last)
            try:
                found = self._ask(search, first, upto)
            except ChainError as error:
                width = self._most = _narrower(upto - first + 1, error)
                continue
            yield upto, found
            first, width = upto + 1, 2 * width


def _narrower(width: int, error: ChainError) -> int:
    silent = isinstance(error, RpcUnavailable)
    if width == 1 or (silent and width <= CHUNK):
        raise error
    return CHUNK if silent else max(1, width // 4)
