"""A file of logs that were found once and can't change any more; it can be deleted at any time."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
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
    search TEXT NOT NULL, block INTEGER NOT NULL, place INTEGER NOT NULL, block_hash BLOB NOT NULL,
    mined BLOB NOT NULL, topics BLOB NOT NULL, data BLOB NOT NULL, PRIMARY KEY (search, block, place)
) WITHOUT ROWID;
"""

_TOPIC = 32


@dataclass(frozen=True, slots=True)
class Reached:
    """Blocks `first` to `last` are searched on the chain that has the hash `anchor_hash` at the block
    `anchor`, which isn't before `last`."""

    first: int
    last: int
    anchor: int
    anchor_hash: bytes


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

    def found(self, search: Search) -> list[Log]:
        """What it found, oldest first."""
        rows = self._run(
            "SELECT block, place, block_hash, mined, topics, data FROM logs WHERE search = ?"
            " ORDER BY block, place",
            [_key(search)],
        )
        return [_log(search, row) for row in rows]

    def keep(self, search: Search, reached: Reached, found: Sequence[Log]) -> None:
        """It has come further and found these; twice does no harm."""
        key = _key(search)
        with self.atomically():
            for log in found:
                self._run(
                    "INSERT OR REPLACE INTO logs VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [
                        key,
                        log.block,
                        log.index,
                        log.block_hash,
                        log.transaction,
                        b"".join(log.topics),
                        log.data,
                    ],
                )
            self._run(
                "INSERT OR REPLACE INTO searches VALUES (?, ?, ?, ?, ?)",
                [key, reached.first, reached.last, reached.anchor, reached.anchor_hash],
            )

    def forget(self, search: Search) -> None:
        """Another chain than it was made on: begin anew."""
        with self.atomically():
            self._run("DELETE FROM logs WHERE search = ?", [_key(search)])
            self._run("DELETE FROM searches WHERE search = ?", [_key(search)])


def _key(search: Search) -> str:
    return json.dumps([search.address, [[topic.hex() for topic in place] for place in search.topics]])


def _log(search: Search, row: tuple[Any, ...]) -> Log:
    block, index, block_hash, mined, topics, data = row
    cut = tuple(topics[at : at + _TOPIC] for at in range(0, len(topics), _TOPIC))
    return Log(search.address, cut, data, block, block_hash, mined, index)
