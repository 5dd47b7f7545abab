"""The ring of an operator's deals: where each lies, measured in price, now and at the period's first block.

Like `xmbl.storage.rules`, this is what `StorageDeals` decides, as pure functions over frozen values.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, replace

from xmbl.crypto.typed_data import Terms
from xmbl.storage.rules import LAST_PERIOD, NOWHERE, Record, lives_on, require


@dataclass(frozen=True, slots=True)
class Ring:
    """Where an operator's deals lie: from `tail` up to `head`, and the same as they were at the first
    block of period `frozen`; `cap` is what the span may grow in a period."""

    tail: int = 0
    head: int = 0
    frozen_tail: int = 0
    frozen_head: int = 0
    frozen: int = 0
    cap: int = 0

    def bounds_in(self, period: int) -> tuple[int, int]:
        """Tail and head at the first block of the present period: what its proof draws from."""
        return (self.frozen_tail, self.frozen_head) if self.frozen == period else (self.tail, self.head)

    def growth_left(self, period: int) -> int:
        """Prices by which the ring may still grow in the present period."""
        if not self.cap:
            return 0
        tail, head = self.bounds_in(period)
        return max(0, head - tail + self.cap - (self.head - self.tail))

    def with_bounds(self, period: int, tail: int, head: int) -> "Ring":
        """The ring from the next period on; an emptied one starts again at 0."""
        require(head < NOWHERE and period <= LAST_PERIOD, "deals: ring")
        kept_tail, kept_head = self.bounds_in(period)
        if tail == head:
            tail = head = 0
        return Ring(tail, head, kept_tail, kept_head, period, self.cap)


def append(ring: Ring, terms: Terms, period: int) -> tuple[Ring, Record]:
    """Lay a deal opened in `period` at the head of the ring, from the next period on."""
    frozen_tail, frozen_head = ring.bounds_in(period)
    growth = ring.head + terms.price - ring.tail - (frozen_head - frozen_tail)
    require(0 < ring.cap >= growth, "deals: cap")
    first = period + 1
    record = Record(ring.head, NOWHERE, terms.price, terms.leaves, first, terms.end, first, 0)
    return ring.with_bounds(period, ring.tail, ring.head + terms.price), record


def move(record: Record, period: int, start: int) -> Record:
    """Put a deal elsewhere from the next period on; its present place answers for this one."""
    require(record.moved <= period, "deals: moved")
    return replace(record, start=start, previous=record.start, moved=period + 1)


def rotate(
    ring: Ring, records: Sequence[Record], kept: Container[int], period: int, limit: int
) -> tuple[Ring, list[Record]]:
    """Take deals from the tail: what lives on goes to the head, the rest leaves the ring."""
    tail, head, moved = ring.tail, ring.head, []
    for record in records:
        require(record.price != 0 and record.start == tail, "deals: tail")
        tail += record.price
        if lives_on(record, kept, period, limit):
            moved.append(move(record, period, head))
            head += record.price
        else:
            moved.append(move(record, period, NOWHERE))
    return ring.with_bounds(period, tail, head), moved


def truncate(
    ring: Ring, record: Record, kept: Container[int], period: int, limit: int
) -> tuple[Ring, Record]:
    """Cut a deal that doesn't live on off the head's end."""
    require(record.price != 0 and record.start + record.price == ring.head, "deals: head")
    require(not lives_on(record, kept, period, limit), "deals: live")
    return ring.with_bounds(period, ring.tail, record.start), move(record, period, NOWHERE)
