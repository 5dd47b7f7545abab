"""Reads the market's events into the journal, up to where no reorg is expected."""

from collections.abc import Sequence

from xmbl.chain.deals import (
    Answered,
    Challenged,
    Cleared,
    Closed,
    Extended,
    Failed,
    Opened,
    Rotated,
    Settled,
    Terminated,
    Truncated,
)
from xmbl.crypto.typed_data import Deal
from xmbl.storage import events
from xmbl.storage.desk import Desk
from xmbl.storage.journal import DealState
from xmbl.storage.market import MarketEvent
from xmbl.storage.rules import NOWHERE, Record

SCANNED = "scanned"
"""The fact in the journal: the last block whose events were read."""

PIECE = 10_000
"""Blocks that are read at a time."""

_CHANGES = Settled | Truncated | Extended | Terminated | Challenged | Answered
"""Events that change the record of the deal that they name."""


class Follower:
    """Keeps the journal of `operator` in step with the chain."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def scanned(self) -> int:
        """The last block whose events are in the journal."""
        return self._desk.journal.fact(SCANNED, self._desk.market.since - 1)

    def follow(self, upto: int) -> bool:
        """Read the events up to block `upto`, once; whether any touched a deal of this operator.

        Records are read as they are now, which may be later than `upto`: what changes them later is an
        event that is still to come. That a deal is closed or cleared is believed only from its event.
        """
        changed = False
        while (first := self.scanned() + 1) <= upto:
            # piece by piece, so that a kill during a long catching up loses little
            changed |= self._read(first, min(upto, first + PIECE - 1))
        return changed

    def _read(self, first: int, last: int) -> bool:
        found = list(self._desk.market.events(first, last))
        with self._desk.journal.atomically():
            noted = [self._note(event) for event in found]
        touched = self._touched(found)
        self._refresh(touched)
        self._desk.journal.keep(SCANNED, last)
        return any(noted) or bool(touched)

    def reread(self) -> None:
        """The journal is out of step: ask for all events again, and believe in no deal until one tells of it.

        Meanwhile the deals count as signed, so no bytes are dropped.
        """
        with self._desk.journal.atomically():
            self._desk.journal.doubt()
            self._desk.journal.keep(SCANNED, self._desk.market.since - 1)

    def _note(self, event: MarketEvent) -> bool:
        if isinstance(event, Opened):
            return event.operator == self._desk.operator and self._opened(event)
        if isinstance(event, Rotated | Truncated) or not self._desk.journal.deal(event.id):
            return False
        match event:
            case Settled():
                amounts = event.paid, event.fee, event.refunded
                self._desk.emit(events.DealSettled(event.id, event.cursor, *amounts, event.missed))
            case Extended():
                self._desk.emit(events.EndMoved(event.id, event.end, ""))
            case Terminated():
                self._desk.emit(events.EndMoved(event.id, event.end, event.by))
            case Failed():
                self._desk.emit(events.ChallengeLost(event.id))
            case Closed():
                self._desk.journal.set_state(event.id, DealState.CLOSED)
                self._desk.emit(events.DealClosed(event.id, event.slashed, event.unlocked))
            case Cleared():
                self._desk.journal.set_state(event.id, DealState.CLEARED)
        return True

    def _opened(self, event: Opened) -> bool:
        terms, first = event.terms, event.block // self._desk.market.parameters.period + 1
        held = self._desk.holdings.has(event.root)
        record = Record(event.start, NOWHERE, terms.price, terms.leaves, first, terms.end, first, 0)
        size = self._desk.holdings.size(event.root) if held else 0
        self._desk.journal.open(Deal(event.operator, event.root, terms), size, record)
        self._desk.emit(events.DealKnown(event.id, held, self._desk.holdings.cid(event.root)))
        return True

    def _touched(self, found: Sequence[MarketEvent]) -> list[bytes]:
        """The known deals whose records these events changed."""
        ids = {event.id for event in found if isinstance(event, _CHANGES)}
        for event in found:
            if isinstance(event, Rotated) and event.operator == self._desk.operator:
                ids |= self._turned(event)
        return [deal_id for deal_id in ids if self._desk.journal.deal(deal_id)]

    def _turned(self, event: Rotated) -> set[bytes]:
        """What lay below the new tail; all of it where the ring was emptied and starts again at 0."""
        states = (DealState.OPEN, DealState.CLOSED)
        return {
            deal_id
            for state in states
            for deal_id, record in self._desk.journal.records(state)
            if record.start < event.tail or event.tail == event.head
        }

    def _refresh(self, ids: Sequence[bytes]) -> None:
        records = [(deal_id, self._desk.market.record(deal_id)) for deal_id in ids]
        with self._desk.journal.atomically():
            for deal_id, record in records:
                # all zero: cleared already, which its event will say
                if record.end:
                    self._desk.journal.update(deal_id, record)
