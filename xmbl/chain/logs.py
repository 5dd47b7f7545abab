"""What contracts logged, and how it is searched for: in chunks as wide as the node bears."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from xmbl.errors import ChainError, RpcUnavailable

CHUNK = 2_000
"""Blocks that are searched at a time at first: what most public nodes bear."""

WIDEST = 2**16
"""Blocks that are searched at a time at most: a node of one's own bears more, but no progress is seen."""

_AGAIN = 16
"""Chunks after which a wider one is tried again: the refused one may have been a crowded spot."""


@dataclass(frozen=True, slots=True)
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

    def fits(self, log: Log) -> bool:
        """Whether a log is what was looked for: some nodes don't know all that a question may hold."""
        return (
            log.address.lower() == self.address.lower()
            and len(log.topics) >= len(self.topics)
            and all(
                not place or topic in place for place, topic in zip(self.topics, log.topics, strict=False)
            )
        )


Ask = Callable[[int, int], list[Log]]
"""What is found from one block to another, both in."""


def in_chunks(ask: Ask, first: int, last: int) -> Iterator[tuple[int, list[Log]]]:
    """Chunk by chunk the last block and what was found, oldest first; `ChainError` where the node refuses a
    single block."""
    width = _Width()
    while first <= last:
        upto = min(first + width.blocks - 1, last)
        try:
            found = ask(first, upto)
        except ChainError as error:
            width.narrow(upto - first + 1, error)
            continue
        yield upto, found
        first = upto + 1
        width.widen()


class _Width:
    """How many blocks to ask for: more while the node bears it, fewer where it refuses."""

    def __init__(self) -> None:
        self.blocks = CHUNK
        self._most = self._limit = WIDEST
        self._borne = 0

    def widen(self) -> None:
        self._borne += 1
        if self._borne % _AGAIN == 0:
            self._most = min(2 * self._most, self._limit)
        self.blocks = min(2 * self.blocks, self._most)

    def narrow(self, asked: int, error: ChainError) -> None:
        """The same error where nothing narrower is worth a try."""
        is_silent = isinstance(error, RpcUnavailable)
        if asked == 1 or (is_silent and asked <= CHUNK):
            raise error
        if is_silent:
            # some choke on a wide chunk without a word: that isn't waited for twice
            self._limit = CHUNK
        self._borne = 0
        self._most = min(self._limit, max(1, asked // 2))
        self.blocks = min(self._limit, max(1, asked // 4))
