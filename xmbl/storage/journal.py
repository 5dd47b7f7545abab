"""What an operator's agent must not forget: deals it signed, what became of them, how far it has read.

One SQLite file. It survives a kill at any point, since every promise is written before it is made, and
it can be rebuilt from the chain but for the bytes' sizes. A deal's place in the ring is that of the block
up to which the chain was read, `scanned`.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from xmbl.crypto.typed_data import Deal, Terms
from xmbl.memory import Memory
from xmbl.storage.rules import NOWHERE, Record

_SCHEMA = """
CREATE TABLE IF NOT EXISTS deals (
    id BLOB PRIMARY KEY, operator TEXT NOT NULL, root BLOB NOT NULL, terms TEXT NOT NULL,
    size INTEGER NOT NULL, state INTEGER NOT NULL, deadline INTEGER NOT NULL,
    start INTEGER NOT NULL, previous INTEGER NOT NULL, price INTEGER NOT NULL, leaves INTEGER NOT NULL,
    moved INTEGER NOT NULL, end INTEGER NOT NULL, cursor INTEGER NOT NULL, missed INTEGER NOT NULL,
    challenged INTEGER NOT NULL, exited INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deals_by_root ON deals (root);
CREATE INDEX IF NOT EXISTS deals_by_state ON deals (state, deadline);
CREATE TABLE IF NOT EXISTS periods (
    number INTEGER PRIMARY KEY, phase INTEGER NOT NULL, attempt INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS challenges (
    id BLOB, leaf INTEGER NOT NULL, due INTEGER, attempt INTEGER NOT NULL, PRIMARY KEY (id, due)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL);
"""

_RECORD = "start, previous, price, leaves, moved, end, cursor, missed, challenged, exited"


class DealState(IntEnum):
    """Signed: the client may still open it. Open: on chain. Closed: settled to its end, for good.
    Cleared: the chain has forgotten it."""

    SIGNED = 1
    OPEN = 2
    CLOSED = 3
    CLEARED = 4


class Phase(IntEnum):
    """How far the agent is with a period."""

    WAITING = 1
    PROVING = 2
    PROVEN = 3
    MISSED = 4
    EMPTY = 5
    DECLARED = 6


@dataclass(frozen=True, slots=True)
class KnownDeal:
    """A deal of this operator; `size` in bytes of what is stored, `record` the chain's once it is open."""

    deal: Deal
    id: bytes
    size: int
    state: DealState
    record: Record


@dataclass(frozen=True, slots=True)
class Asked:
    """A leaf of a deal that its client wants to see until block `due`; `attempt` counts failed answers."""

    id: bytes
    leaf: int
    due: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class PeriodNote:
    """What is known of a period; `attempt` counts the transactions tried."""

    phase: Phase = Phase.WAITING
    attempt: int = 0


class Journal(Memory):
    """The agent's memory in `path`; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    def sign(self, deal: Deal, size: int) -> None:
        """Remember a deal before its signature leaves this machine."""
        terms = deal.terms
        nowhere = Record(NOWHERE, NOWHERE, terms.price, terms.leaves, 0, terms.end, 0, 0)
        self._put(deal, size, DealState.SIGNED, nowhere)

    def open(self, deal: Deal, size: int, record: Record) -> None:
        """The deal is open on chain; `size` bytes of it are stored here."""
        self._put(deal, size, DealState.OPEN, record)

    def update(self, deal_id: bytes, record: Record) -> None:
        """The chain's record of the deal is now this."""
        self._run(
            f"UPDATE deals SET ({_RECORD}) = ({_marks(10)}) WHERE id=?",  # noqa: S608
            (*astuple(record), deal_id),
        )

    def doubt(self) -> None:
        """Whatever was open or closed is now only signed: the chain must tell of it again."""
        self._run(
            "UPDATE deals SET state=? WHERE state IN (?,?)",
            (DealState.SIGNED, DealState.OPEN, DealState.CLOSED),
        )

    def set_state(self, deal_id: bytes, state: DealState) -> None:
        """The deal has come so far, for good."""
        self._run("UPDATE deals SET state=? WHERE id=?", (state, deal_id))

    def emptied(self, deal_id: bytes) -> None:
        """The deal's bytes are needed for it no more."""
        self._run("UPDATE deals SET size=0 WHERE id=?", (deal_id,))

    def forget(self, deal_id: bytes) -> None:
        """Nothing binds the operator to this deal any more."""
        self._run("DELETE FROM deals WHERE id=?", (deal_id,))

    def deal(self, deal_id: bytes) -> KnownDeal | None:
        """The deal with this id, if it is known."""
        return next(self._deals("WHERE id=?", (deal_id,)), None)

    def deals(self, state: DealState) -> list[KnownDeal]:
        """All deals in that state."""
        return list(self._deals("WHERE state=? ORDER BY id", (state,)))

    def expired(self, block: int) -> list[KnownDeal]:
        """Signed deals that can't be opened after `block` any more."""
        return list(self._deals("WHERE state=? AND deadline<=?", (DealState.SIGNED, block)))

    def holders(self, root: bytes) -> list[KnownDeal]:
        """The deals that need the bytes of `root`: signed or open."""
        return list(self._deals("WHERE root=? AND state<=?", (root, DealState.OPEN)))

    def over(self) -> list[KnownDeal]:
        """Deals that are closed for good and whose bytes were not yet looked at, and those cleared."""
        where = "WHERE state=? AND size>0 OR state=?"
        return list(self._deals(where, (DealState.CLOSED, DealState.CLEARED)))

    def records(self, state: DealState) -> list[tuple[bytes, Record]]:
        """Id and record of each deal in that state."""
        query = f"SELECT id, {_RECORD} FROM deals WHERE state=?"  # noqa: S608
        return [(row[0], _record(row[1:])) for row in self._run(query, (state,))]

    def layout(self, period: int) -> list[tuple[int, bytes, Record]]:
        """Position, id and record of each deal in the ring of `period`, in order."""
        place = "CASE WHEN moved>? THEN previous ELSE start END AS position"
        query = f"""SELECT {place}, id, {_RECORD} FROM deals
                    WHERE state IN (?,?) AND position<? ORDER BY position"""  # noqa: S608
        rows = self._run(query, (period, DealState.OPEN, DealState.CLOSED, NOWHERE))
        return [(row[0], row[1], _record(row[2:])) for row in rows]

    def ask(self, asked: Asked) -> None:
        """A leaf of a deal has to be shown; may be said twice."""
        self._run("INSERT OR IGNORE INTO challenges VALUES (?,?,?,?)", astuple(asked))

    def asked(self) -> list[Asked]:
        """The leaves that have to be shown, the most urgent first."""
        return [Asked(*row) for row in self._run("SELECT * FROM challenges ORDER BY due, id")]

    def retry(self, asked: Asked) -> None:
        """The answer failed on chain."""
        self._run("UPDATE challenges SET attempt=attempt+1 WHERE id=? AND due=?", (asked.id, asked.due))

    def answered(self, asked: Asked) -> None:
        """The leaf is asked no more."""
        self._run("DELETE FROM challenges WHERE id=? AND due=?", (asked.id, asked.due))

    def period(self, number: int) -> PeriodNote:
        """What is noted of a period."""
        rows = self._run("SELECT phase, attempt FROM periods WHERE number=?", (number,))
        return PeriodNote(Phase(rows[0][0]), rows[0][1]) if rows else PeriodNote()

    def note(self, number: int, phase: Phase, attempt: int) -> None:
        """Note how far a period has come."""
        self._run("INSERT OR REPLACE INTO periods VALUES (?,?,?)", (number, phase, attempt))

    def fact(self, name: str, default: int = 0) -> int:
        """A number kept under `name`."""
        rows = self._run("SELECT value FROM facts WHERE name=?", (name,))
        return int(rows[0][0]) if rows else default

    def keep(self, name: str, value: int) -> None:
        """Keep a number under `name`."""
        self._run("INSERT OR REPLACE INTO facts VALUES (?,?)", (name, value))

    def _put(self, deal: Deal, size: int, state: DealState, record: Record) -> None:
        terms = deal.terms
        row = (deal.id(), deal.operator, deal.root, json.dumps(astuple(terms)), size, state, terms.deadline)
        self._run(f"INSERT OR REPLACE INTO deals VALUES ({_marks(17)})", (*row, *astuple(record)))  # noqa: S608

    def _deals(self, where: str, values: Sequence[object]) -> Iterator[KnownDeal]:
        columns = f"id, operator, root, terms, size, state, {_RECORD}"
        for row in self._run(f"SELECT {columns} FROM deals {where}", values):  # noqa: S608
            deal = Deal(row[1], row[2], Terms(*json.loads(row[3])))
            yield KnownDeal(deal, row[0], row[4], DealState(row[5]), _record(row[6:]))


def _record(row: Sequence[Any]) -> Record:
    return Record(*row[:8], *map(bool, row[8:]))


def _marks(count: int) -> str:
    return ",".join("?" * count)
