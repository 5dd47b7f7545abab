"""A file of logs that were found once and can't change any more; it can be deleted at any time."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from xmbl.chain.logs import Log, Search
from xmbl.memory import Memory

_SCHEMA = """
CREATE TABLE IF NOT EXISTS searches (
    search TEXT PRIMARY KEY, first INTEGER NOT NULL, last INTEGER NOT NULL,
    anchor INTEGER NOT NULL, anchor_hash BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS logs (
    search TEXT NOT NULL, block INTEGER NOT NULL, place INTEGER NOT NULL, mined BLOB NOT NULL,
    block_hash BLOB NOT NULL, topics BLOB NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (search, block, place, mined)
) WITHOUT ROWID;
"""

_VERSION = 1
"""Of the schema: another one is another file."""

_PAGE = 5_000
"""Logs that are read at a time."""

_TOPIC = 32


def store_path(folder: Path, chain_id: int) -> Path:
    """Where the logs of a chain are kept."""
    return folder / "logs" / f"{chain_id}-{_VERSION}.db"


@dataclass(frozen=True, slots=True)
class Reached:
    """Blocks `first` to `last` are searched on the chain that has the hash `anchor_hash` at the block
    `anchor`, which isn't before `last`."""

    first: int
    last: int
    anchor: int
    anchor_hash: bytes

    @property
    def is_begun(self) -> bool:
        """Whether any block is searched."""
        return self.last >= self.first


def unbegun(first: int) -> Reached:
    """Nothing is searched of what begins in block `first`."""
    return Reached(first, first - 1, 0, b"")


class LogStore(Memory):
    """What searches on one chain found so far. Every method may raise `sqlite3.Error`."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def reached(self, search: Search) -> Reached | None:
        """How far a search has come; None if it was never begun."""
        found = self._run(
            "SELECT first, last, anchor, anchor_hash FROM searches WHERE search = ?", [_key(search)]
        )
        return Reached(*found[0]) if found else None

    def found(self, search: Search, first: int, last: int) -> Iterator[Log]:
        """What it found in blocks `first` to `last`, both in, oldest first."""
        block, place, mined = first, -1, b""
        while True:
            rows = self._run(
                "SELECT block, place, mined, block_hash, topics, data FROM logs"
                " WHERE search = ? AND (block, place, mined) > (?, ?, ?) AND block <= ?"
                " ORDER BY block, place, mined LIMIT ?",
                [_key(search), block, place, mined, last, _PAGE],
            )
            yield from (_log(search, row) for row in rows)
            if len(rows) < _PAGE:
                return
            block, place, mined = rows[-1][:3]

    def keep(self, search: Search, before: Reached, reached: Reached, found: Sequence[Log]) -> bool:
        """From `before` it has come to `reached` and found these. False, and nothing is kept, where somebody
        else has gone on or begun anew meanwhile."""
        key = _key(search)
        with self.atomically():
            if self.reached(search) != (before if before.is_begun else None):
                return False
            for log in found:
                self._run("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)", _row(key, log))
            self._run("INSERT OR REPLACE INTO searches VALUES (?, ?, ?, ?, ?)", [key, *astuple(reached)])
        return True

    def forget(self, search: Search) -> None:
        """Another chain than it was made on: begin anew."""
        with self.atomically():
            self._run("DELETE FROM logs WHERE search = ?", [_key(search)])
            self._run("DELETE FROM searches WHERE search = ?", [_key(search)])


def _key(search: Search) -> str:
    return json.dumps([search.address, [[topic.hex() for topic in place] for place in search.topics]])


def _row(key: str, log: Log) -> list[object]:
    topics = b"".join(log.topics)
    return [key, log.block, log.index, log.transaction, log.block_hash, topics, log.data]


def _log(search: Search, row: tuple[Any, ...]) -> Log:
    block, index, mined, block_hash, topics, data = row
    cut = tuple(topics[at : at + _TOPIC] for at in range(0, len(topics), _TOPIC))
    return Log(search.address, cut, data, block, block_hash, mined, index)
