"""One deal of a random machine, what it has moved so far, and what the bare rule says it should have.

The bare rule looks at all periods at once from the end and knows nothing of cursors, words or settlements.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.support.deals_world import PARAMETERS
from xmbl.crypto.typed_data import Deal
from xmbl.storage import rules
from xmbl.storage.rules import Attendance, Challenge, Record, Settlement

LIMIT = PARAMETERS.limit


@dataclass
class Story:
    """A deal as the machine saw it; `agreed` is its end but for misses, `failed` the period it failed in."""

    deal: Deal
    tree: Any
    opened: int
    record: Record
    agreed: int
    escrow: int
    challenge: Challenge | None = None
    failed: int | None = None
    exited: bool = False
    paid: int = 0
    fees: int = 0
    refunded: int = 0
    slashed: int = 0
    unlocked: int = 0
    bonds: int = 0

    def __post_init__(self) -> None:
        self.id = self.deal.id()

    @property
    def first(self) -> int:
        """Its first period."""
        return self.opened + 1

    @property
    def unit(self) -> int:
        """Wei for a period."""
        return self.deal.terms.price * PARAMETERS.price_unit

    def held(self) -> int:
        """Wei that are neither paid nor refunded."""
        return self.unit * (self.record.end - self.record.cursor) if self.record.cursor else 0

    def add(self, done: Settlement) -> None:
        """Book a settlement."""
        self.record = done.record
        self.paid += done.paid
        self.fees += done.fee
        self.refunded += done.refunded
        self.slashed += done.slashed
        self.unlocked += done.unlocked

    def lived(self, attendance: Attendance) -> Iterator[int]:
        """The periods in which the deal lived."""
        missed = 0
        for period in range(self.first, self.agreed):
            yield period
            missed += period not in attendance
            if missed == LIMIT:
                return

    def lives(self, period: int, now: int, attendance: Attendance) -> bool:
        """Whether it lives in this period, the present or the next one, as far as the past tells."""
        if not self.first <= period < self.agreed:
            return False
        misses = sum(past not in attendance for past in range(self.first, min(now, self.agreed)))
        return misses < LIMIT

    def check_moved(self, attendance: Attendance) -> None:
        """D3, D5, D6: a closed deal moved what one look at all its periods gives."""
        terms = self.deal.terms
        lived = [*self.lived(attendance)]
        kept = sum(period in attendance.proven for period in lived if period != self.failed)
        missed = sum(period not in attendance for period in lived)
        fees = kept * -(-self.unit * PARAMETERS.fee // 10_000)
        assert (self.paid, self.fees) == (kept * self.unit - fees, fees)
        assert self.refunded == self.escrow - kept * self.unit
        share = terms.collateral // LIMIT * (missed + terms.exit * self.exited)
        lost = terms.collateral if self.failed else min(share, terms.collateral)
        assert (self.slashed, self.unlocked) == (lost, terms.collateral - lost)

    def check_running(self, attendance: Attendance) -> None:
        """D2, D3: nothing is lost on the way, and what is settled was proven, period by period."""
        assert self.paid + self.fees + self.refunded + self.held() == self.escrow
        if self.record.cursor:
            settled = range(self.first, self.record.cursor)
            assert self.paid + self.fees == self.unit * sum(past in attendance.proven for past in settled)
            assert self.slashed == self.unlocked == 0
        else:
            assert self.slashed + self.unlocked == self.deal.terms.collateral

    def due(self, period: int) -> int:
        """The fee of a proven period in which the deal lived: none where it failed in it."""
        return 0 if period == self.failed else PARAMETERS.fee_of(self.deal.terms.price)


def escrow_of(deal: Deal, opened: int) -> int:
    """Wei that a client pays at the opening."""
    return rules.escrow(deal.terms, opened, PARAMETERS)
