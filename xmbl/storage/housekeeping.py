"""Bytes that nothing binds the operator to are dropped; the others are looked at, a few in each step."""

import secrets

from xmbl.errors import BytesError
from xmbl.storage import events
from xmbl.storage.desk import Desk
from xmbl.storage.journal import DealState, KnownDeal
from xmbl.storage.rules import Record

AUDITED = 16
"""Deals of which a leaf is checked in one step."""


class Housekeeping:
    """Keeps journal and holdings in step, and audits what is held."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._found = desk.holdings.roots()
        self._period = 0
        self._round: list[bytes] = []
        self._audited = 0

    def sweep(self) -> None:
        """Drop what lay in the store at the start and no deal needs: once the journal has been read anew from
        the chain, and whatever was signed before the start can't be opened any more."""
        for root in self._found:
            with self._desk.deciding():
                self._desk.drop_unneeded(root, "no deal needs it")
        self._found = []

    def forget(self, block: int) -> None:
        """Drop uploads whose terms weren't opened up to `block`, and the bytes of closed deals."""
        for known in self._desk.journal.expired(block):
            # a node that lags behind may have hidden the event: the bytes go only if the record is absent too
            record = self._desk.market.record(known.id)
            if record.end:
                self._adopt(known, record)
            else:
                self._release(known, "its terms were never opened")
        for known in self._desk.journal.over():
            self._release(known, "its deal is over")

    def audit(self, period: int) -> None:
        """Check a random leaf of some deals, each once a period; once round, say how many passed."""
        if period != self._period:
            self._period, self._audited = period, 0
            self._round = [deal_id for deal_id, _ in self._desk.journal.records(DealState.OPEN)]
        some, self._round = self._round[:AUDITED], self._round[AUDITED:]
        for deal_id in some:
            self._check(self._desk.journal.deal(deal_id))
        if some and not self._round:
            self._desk.emit(events.AuditPassed(self._audited))

    def _adopt(self, known: KnownDeal, record: Record) -> None:
        with self._desk.journal.atomically():
            self._desk.journal.open(known.deal, known.size, record)
            if not record.cursor:
                self._desk.journal.set_state(known.id, DealState.CLOSED)
        root = known.deal.root
        self._desk.emit(
            events.DealKnown(known.id, self._desk.holdings.has(root), self._desk.holdings.cid(root))
        )

    def _release(self, known: KnownDeal, reason: str) -> None:
        with self._desk.deciding():
            if known.state is DealState.CLOSED:
                self._desk.journal.emptied(known.id)
            else:
                self._desk.journal.forget(known.id)
            self._desk.drop_unneeded(known.deal.root, reason)

    def _check(self, known: KnownDeal | None) -> None:
        if known is None or known.state is not DealState.OPEN:
            return
        try:
            self._desk.holdings.leaf(known.deal.root, secrets.randbelow(known.deal.terms.leaves))
            self._audited += 1
        except BytesError as error:
            self._desk.emit(events.AuditFailed(known.id, str(error)))
