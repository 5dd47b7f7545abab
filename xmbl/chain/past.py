"""What a chain's contracts logged long ago, searched for once.

A search from a contract's beginning takes hundreds of questions on a chain of years. What lies so deep that
no fork moves it is kept chunk by chunk, so an interrupted search goes on where it was. The hash of a block
beyond all that is kept tells whether the chain is still the same: another one, as a devnet that was started
anew, begins with nothing.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Protocol

from xmbl.chain.log_store import LogStore, Reached, unbegun
from xmbl.chain.logs import Log, Search
from xmbl.errors import ChainError

DEPTH = 64
"""Blocks below the newest one that a fork isn't expected to reach: two epochs of Ethereum."""

WORTH = 500
"""Blocks that are worth keeping: fewer are asked for again in one question."""

log = logging.getLogger(__name__)


class Block(Protocol):
    """What tells a block from every other."""

    @property
    def hash(self) -> bytes:
        """Of its header."""


class Searched(Protocol):
    """The chain that is searched, as `Chain` is one."""

    def block_number(self) -> int:
        """The newest block's number."""

    def header(self, block: int) -> Block:
        """A block's header; `ChainError` when there is no such block (yet)."""

    def logs(self, search: Search, first: int, last: int | None = None) -> Iterator[Log]:
        """What a search finds in blocks `first` to `last` (both in; the newest if None), oldest first."""

    def deep_logs(
        self, search: Search, first: int, last: int, last_hash: bytes
    ) -> Iterator[tuple[int, list[Log]]]:
        """The same chunk by chunk, each with its last block, from nodes that have `last` with this hash."""


class Past:
    """Old logs of one chain, in the file at `path`; where that can't be used all is searched for again.

    `progress` is told how far a search has come: the block that was reached, of the last one to keep.
    """

    def __init__(self, path: Path, progress: Callable[[int, int], None] = lambda _block, _last: None) -> None:
        self._path = path
        self._progress = progress

    def history(self, chain: Searched, search: Search, first: int, start: int) -> Iterator[Log]:
        """All that a search finds from block `start` to the newest, oldest first, by a contract that began in
        block `first`; reads the chain."""
        head = chain.block_number()
        last = self._kept(chain, search, first, start, head)
        if last >= start:
            yield from self._read(search, start, last)
        yield from chain.logs(search, last + 1, head)

    def _kept(self, chain: Searched, search: Search, first: int, start: int, head: int) -> int:
        """The last block that needn't be asked for; `start` - 1 if all must be."""
        try:
            with closing(LogStore(self._path)) as store:
                reached = store.reached(search) or unbegun(first)
                if reached.anchor > head:
                    # a node that is behind, or a younger chain: nobody can tell
                    return start - 1
                if reached.first > first or not _is_same(chain, reached):
                    store.forget(search)
                    reached = unbegun(first)
                if start > reached.last + 1:
                    return start - 1
                return self._extended(chain, store, search, reached, head - DEPTH)
        except (sqlite3.Error, OSError) as error:
            self._pass(error)
        return start - 1

    def _extended(self, chain: Searched, store: LogStore, search: Search, reached: Reached, deep: int) -> int:
        """The last block that is kept now, up to `deep` if that is worth it."""
        if deep - reached.last <= WORTH:
            return reached.last
        anchor = chain.header(deep).hash
        for upto, found in chain.deep_logs(search, reached.last + 1, deep, anchor):
            now = Reached(reached.first, upto, deep, anchor)
            if not _is_kept(store, search, reached, now, found):
                break
            reached = now
            self._progress(upto, deep)
        return reached.last

    def _read(self, search: Search, first: int, last: int) -> Iterator[Log]:
        try:
            with closing(LogStore(self._path)) as store:
                yield from store.found(search, first, last)
        except (sqlite3.Error, OSError) as error:
            self._pass(error)
            raise ChainError(f"Old logs in {self._path} can't be read: {error}; try again.") from error

    def _pass(self, error: Exception) -> None:
        log.info("old logs in %s can't be used: %s", self._path, error)
        # an operational error isn't the file's fault
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for part in ("", "-wal", "-shm"):
                self._path.with_name(self._path.name + part).unlink(missing_ok=True)


def _is_same(chain: Searched, reached: Reached) -> bool:
    return not reached.is_begun or chain.header(reached.anchor).hash == reached.anchor_hash


def _is_kept(store: LogStore, search: Search, before: Reached, now: Reached, found: Sequence[Log]) -> bool:
    try:
        return store.keep(search, before, now, found)
    except sqlite3.OperationalError as error:
        # what was kept before is good: the disk is full, or others hold the file
        log.info("no more old logs can be kept: %s", error)
        return False
