"""What follows a proof: the ring is kept short, and what is due is settled."""

import hashlib
from collections.abc import Sequence

from xmbl.chain.call import Call
from xmbl.chain.outbox import Receipt
from xmbl.crypto.typed_data import Deal
from xmbl.errors import FeeCeiling, InsufficientFunds, NotMined, Reverted
from xmbl.storage import events, upkeep
from xmbl.storage.desk import Desk
from xmbl.storage.follower import Follower
from xmbl.storage.journal import DealState
from xmbl.storage.prover import AT_ONCE
from xmbl.storage.rules import Attendance, Record, ends

IN_FLIGHT = 32
"""Settlements that are sent in one step."""

_KEPT = "kept"


class Keeper:
    """Keeps the ring of `operator` and settles its deals, every `settle_every` periods and at their end."""

    def __init__(self, desk: Desk, follower: Follower, settle_every: int) -> None:
        self._desk = desk
        self._follower = follower
        self._settle_every = settle_every
        self._told: dict[str, str] = {}

    def keep(self, period: int) -> bool:
        """One piece of upkeep, once the journal has seen what the last one did; whether any is due."""
        if self._follower.scanned() < self._desk.journal.fact(_KEPT):
            return True
        layout = self._desk.journal.layout(period + 1)
        attendance = self._attendance([record for _, _, record in layout], period)
        todo = upkeep.plan(layout, attendance, period, self._desk.market.parameters.limit)
        forgettable = upkeep.forgettable(self._desk.journal.records(DealState.CLOSED), period)
        if todo.cut:
            self._cut(period, todo.cut[0])
        elif todo.turn:
            self._turn(period, todo.turn)
        elif forgettable:
            self._clear(period, forgettable)
        return bool(todo.cut or todo.turn or forgettable)

    def settle(self, period: int) -> bool:
        """Settle what is over, and what has gone unsettled for long; whether any is due."""
        records = self._desk.journal.records(DealState.OPEN)
        attendance = self._attendance([record for _, record in records], period)
        limit = self._desk.market.parameters.limit
        due = [
            (deal_id, record)
            for deal_id, record in records
            if record.cursor and self._is_due(record, ends(record, attendance, period, limit)[0], period)
        ]
        for deal_id, record in due[:IN_FLIGHT]:
            call = self._desk.market.deals.settle(self._deal(deal_id))
            # the period, since what failed on chain is tried again in the next one
            self._act(call, self._desk.key("settle", deal_id.hex(), record.cursor, period))
        return bool(due)

    def _attendance(self, records: Sequence[Record], period: int) -> Attendance:
        first = min((record.cursor for record in records if record.cursor), default=period)
        return self._desk.market.attendance(self._desk.operator, first, period)

    def _is_due(self, record: Record, end: int, period: int) -> bool:
        # an open challenge puts the close off, also of what is settled to its end
        closes = end <= period and not record.challenged
        return closes or min(end, period) - record.cursor >= self._settle_every

    def _cut(self, period: int, deal_id: bytes) -> None:
        name = self._desk.market.names([self._deal(deal_id)])[0]
        call = self._desk.market.deals.truncate(self._desk.operator, name)
        self._upkeep(call, self._key("cut", period, [deal_id]), 1)

    def _turn(self, period: int, ids: Sequence[bytes]) -> None:
        names = self._desk.market.names([self._deal(deal_id) for deal_id in ids])
        self._upkeep(
            self._desk.market.deals.rotate(self._desk.operator, names),
            self._key("turn", period, ids),
            len(ids),
        )

    def _clear(self, period: int, ids: Sequence[bytes]) -> None:
        self._upkeep(self._desk.market.deals.clear(ids), self._key("clear", period, ids), len(ids))

    def _upkeep(self, call: Call, key: str, deals: int) -> None:
        receipt = self._act(call, key)
        if receipt:
            self._desk.journal.keep(_KEPT, receipt.block)
            self._desk.emit(events.RingKept(call.action, deals))

    def _act(self, call: Call, key: str) -> Receipt | None:
        """Send once and look; None while it waits, or where it can't be done now."""
        try:
            self._desk.outbox.submit(call, key)
            return self._desk.outbox.wait(key, AT_ONCE)
        except NotMined:
            return None
        except (Reverted, FeeCeiling, InsufficientFunds) as error:
            # another may have done it first; what is due stays due and is tried again
            self._tell(key, call.action, str(error))
            return None

    def _tell(self, key: str, action: str, reason: str) -> None:
        """Say why something waits, once for each reason."""
        if self._told.get(key) != reason:
            self._told[key] = reason
            self._desk.emit(events.ActionDelayed(action, reason))

    def _deal(self, deal_id: bytes) -> Deal:
        known = self._desk.journal.deal(deal_id)
        if known is None:
            raise Reverted("A deal vanished from the journal between two looks; it is read again.")
        return known.deal

    def _key(self, action: str, period: int, ids: Sequence[bytes]) -> str:
        return self._desk.key(action, period, hashlib.sha256(b"".join(ids)).hexdigest()[:32])
