"""What a chain's contracts logged long ago, searched for once.

A search from a contract's beginning takes thousands of questions on a chain of years. What lies so deep that
no fork moves it is kept chunk by chunk, so an interrupted search goes on where it was. The hash of a block
beyond all that is kept tells whether the chain is still the same: another one, as a devnet that was started
anew, begins with nothing.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol

from xmbl.chain.log_store import LogStore, Reached
from xmbl.chain.logs import Log, Search
from xmbl.errors import ChainError, RpcUnavailable

DEPTH = 64
"""Blocks below the newest one that a fork isn't expected to reach: two epochs of Ethereum."""

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

    def chunks(self, search: Search, first: int, last: int) -> Iterator[tuple[int, list[Log]]]:
        """The same chunk by chunk, each with its last block."""


class Past:
    """Old logs of one chain, in the file at `path`; where that can't be used all is searched for again.

    `come` is told how far a search has come: the block that was reached, of the last one to keep.
    """

    def __init__(self, path: Path, come: Callable[[int, int], None] = lambda _block, _last: None) -> None:
        self._path = path
        self._come = come

    def logs(self, chain: Searched, search: Search, first: int) -> list[Log]:
        """All that a search finds from block `first` to the newest, oldest first; reads the chain."""
        try:
            with closing(LogStore(self._path)) as store:
                return self._found(chain, store, search, first)
        except (sqlite3.Error, OSError) as error:
            log.info("old logs can't be kept in %s: %s", self._path, error)
            self._drop_broken(error)
        return list(chain.logs(search, first))

    def _found(self, chain: Searched, store: LogStore, search: Search, first: int) -> list[Log]:
        head = chain.block_number()
        last = _kept_up_to(chain, store, search, first)
        deep = head - DEPTH
        if last < deep:
            anchor = chain.header(deep).hash
            for upto, found in chain.chunks(search, last + 1, deep):
                store.keep(search, Reached(first, upto, deep, anchor), found)
                self._come(upto, deep)
                last = upto
        kept = [each for each in store.found(search) if each.block >= first]
        return kept + list(chain.logs(search, last + 1, head))

    def _drop_broken(self, error: Exception) -> None:
        # an operational error isn't the file's fault: the disk is full, or others hold it
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            self._path.unlink(missing_ok=True)


def _kept_up_to(chain: Searched, store: LogStore, search: Search, first: int) -> int:
    """The last block that needn't be searched again; `first` - 1 if all must be."""
    reached = store.reached(search)
    if reached and reached.first <= first <= reached.last + 1 and _is_same(chain, reached):
        return reached.last
    if reached:
        store.forget(search)
    return first - 1


def _is_same(chain: Searched, reached: Reached) -> bool:
    try:
        return chain.header(reached.anchor).hash == reached.anchor_hash
    except RpcUnavailable:
        raise
    except ChainError:
        # a younger chain hasn't come that far
        return False
