"""The rules of storage deals: what `StorageDeals` decides, as pure functions over frozen values.

The contract is tested against this model, the agent plans its proofs with it and the simulator plays
by it. Periods are numbers (`block // period`); prices are integers of `price_unit` a period; positions
of a ring are units of price; collateral counts units of 10^9 wei. `kept` is any container of the
operator's periods that aren't missed, be it an `Attendance` or, where nothing was declared, the proven
ones. What the contract refuses raises `Reverted` with the contract's reason.
"""

from collections.abc import Container, Set
from dataclasses import dataclass, replace

from xmbl.crypto.typed_data import Terms
from xmbl.errors import Reverted
from xmbl.units import STAKE_UNIT

NOWHERE = 2**48 - 1
"""The start of a deal that lies in no ring, and the bound that no position reaches."""

LAST_PERIOD = 2**24 - 2
MAX_PERIODS = 366
MAX_LEAVES = 2**25
MAX_PRICE = 2**40 - 1
NOTICES = range(2, 31)
RUN = 32
"""Periods in an aligned run, of which `MAX_DECLARED` can be declared for maintenance."""

MAX_DECLARED = 2
_BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Parameters:
    """A market's numbers: `period` in blocks, `price_unit` in wei, `rate` in wei of XMBL for a wei of the
    asset, `cover` in prices, `limit` in misses, `fee` in basis points, `window` in blocks, `bond` in wei."""

    period: int
    price_unit: int
    rate: int
    cover: int
    limit: int
    fee: int
    window: int
    bond: int

    def least_collateral(self, price: int) -> int:
        """Units that a deal of this price has to lock at least; twice as many are the most."""
        return self.cover * price * self.price_unit * self.rate // STAKE_UNIT

    def fee_of(self, price: int) -> int:
        """Wei taken from one proven period: rounded up, so that sums don't depend on grouping."""
        return -(-price * self.price_unit * self.fee // _BASIS)


@dataclass(frozen=True, slots=True)
class Attendance:
    """An operator's proven periods and those that it declared for maintenance; `in` tells which of all
    periods aren't missed."""

    proven: Container[int]
    declared: Container[int] = frozenset()

    def __contains__(self, period: object) -> bool:
        return period in self.proven or period in self.declared


@dataclass(frozen=True, slots=True)
class Record:
    """What the chain keeps of a deal; `start` holds from period `moved` on and `previous` before it.

    `end` is the first period not covered, `cursor` the first not settled (0: closed). `challenged`: a
    challenge is open. `exited`: its operator ended it.
    """

    start: int
    previous: int
    price: int
    leaves: int
    moved: int
    end: int
    cursor: int
    missed: int
    challenged: bool = False
    exited: bool = False

    def start_in(self, period: int) -> int:
        """Where the deal lay at the first block of the present period."""
        return self.previous if self.moved > period else self.start


NEVER = Record(0, 0, 0, 0, 0, 0, 0, 0)
"""What the chain says of a deal that was never opened, or is forgotten."""


@dataclass(frozen=True, slots=True)
class Challenge:
    """The leaf that a client asked for, and the last block for the answer."""

    leaf: int
    due: int


@dataclass(frozen=True, slots=True)
class Moment:
    """When, and of whom, something is asked: in `block`, of an operator with this attendance."""

    block: int
    attendance: Attendance
    parameters: Parameters

    @property
    def period(self) -> int:
        """The present period."""
        return self.block // self.parameters.period

    def ends(self, record: Record) -> tuple[int, int]:
        """E(deal, period) and the misses before it."""
        return ends(record, self.attendance, self.period, self.parameters.limit)

    def is_live(self, record: Record) -> bool:
        """Whether a deal lives now."""
        return is_live(record, self.attendance, self.period, self.parameters.limit)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What one settlement moves, in wei, and at the close in units of collateral."""

    record: Record
    paid: int
    fee: int
    refunded: int
    closed: bool
    slashed: int
    unlocked: int


def require(condition: bool, reason: str) -> None:
    """Raise the contract's refusal unless `condition` holds."""
    if not condition:
        raise Reverted(f"StorageDeals refuses: {reason}.", reason)


def check_terms(terms: Terms, period: int, block: int, parameters: Parameters) -> None:
    """Raise the contract's reason unless these terms could be opened in this block by their client."""
    first = period + 1
    least = parameters.least_collateral(terms.price)
    require(0 < terms.leaves <= MAX_LEAVES, "deals: leaves")
    require(0 < terms.price <= MAX_PRICE, "deals: price")
    require(first < terms.end <= min(first + MAX_PERIODS, LAST_PERIOD), "deals: end")
    require(block <= terms.deadline < (first + 1) * parameters.period, "deals: deadline")
    require(terms.client_notice in NOTICES and terms.operator_notice in NOTICES, "deals: notice")
    require(terms.exit <= parameters.limit, "deals: exit")
    require(least <= terms.collateral <= 2 * least, "deals: collateral")


def escrow(terms: Terms, period: int, parameters: Parameters) -> int:
    """Wei that the client pays into a deal opened in `period`."""
    return terms.price * parameters.price_unit * (terms.end - period - 1)


def ends(record: Record, kept: Container[int], period: int, limit: int) -> tuple[int, int]:
    """E(deal, period) and the misses before it: the earlier of the stored end and one past the miss that
    reaches the limit, as far as the periods before the present one tell."""
    if record.cursor == 0:
        return record.end, record.missed
    missed = record.missed
    for past in range(record.cursor, min(record.end, period)):
        missed += past not in kept
        if missed == limit:
            return past + 1, missed
    return record.end, missed


def is_over(record: Record, kept: Container[int], period: int, limit: int) -> bool:
    """Whether a deal in the ring of the present period is a hole there: a draw passes it."""
    return ends(record, kept, period, limit)[0] <= period


def is_spared(record: Record, kept: Container[int], period: int, limit: int) -> bool:
    """Whether a deal that is over may still show its bytes in the present period: the miss just before it
    ended the deal, which nobody could foresee and take it out of the ring for."""
    return ends(record, kept, period, limit) == (period, limit)


def is_live(record: Record, kept: Container[int], period: int, limit: int) -> bool:
    """Whether a deal lives in the present period: it has begun and isn't over or closed."""
    return 0 < record.cursor <= period < ends(record, kept, period, limit)[0]


def lives_on(record: Record, kept: Container[int], period: int, limit: int) -> bool:
    """Whether upkeep in the present period keeps the deal in the ring of the next."""
    return ends(record, kept, period, limit)[0] > period + 1


def settle(record: Record, terms: Terms, now: Moment) -> Settlement:
    """Settle all periods before the present one; close the deal when none is left and no challenge open."""
    require(record.cursor != 0, "deals: closed")
    end, missed = now.ends(record)
    upto = min(end, now.period)
    closed = upto == end and not record.challenged
    require(closed or upto > record.cursor, "deals: nothing")
    after = replace(record, cursor=0 if closed else upto, end=end, missed=missed)
    lost = penalty(terms, missed + terms.exit * record.exited, now.parameters)
    return _settlement(record, after, terms, now, lost if closed else None)


def fail(record: Record, challenge: Challenge | None, terms: Terms, now: Moment) -> Settlement:
    """Settle a deal whose leaf nobody showed in time, take its whole collateral and close it."""
    require(now.block > _asked(challenge).due, "deals: early")
    end, missed = now.ends(record)
    # the present period isn't paid, proven or not: the deal failed in it
    end = min(end, now.period + 1)
    after = replace(record, cursor=0, end=end, missed=missed, challenged=False)
    return _settlement(record, after, terms, now, terms.collateral)


def penalty(terms: Terms, misses: int, parameters: Parameters) -> int:
    """Units of the collateral that so many misses cost."""
    return min(terms.collateral // parameters.limit * misses, terms.collateral)


def _settlement(before: Record, after: Record, terms: Terms, now: Moment, slashed: int | None) -> Settlement:
    """Pay what was proven from the cursor on and refund the rest, up to the old end once there is nothing
    left to prove; `slashed` at the close."""
    unit = terms.price * now.parameters.price_unit
    past = range(before.cursor, min(after.end, now.period))
    proven = sum(period in now.attendance.proven for period in past)
    covered = after.cursor if 0 < after.cursor < after.end else before.end
    fee = now.parameters.fee_of(terms.price) * proven
    return Settlement(
        record=after,
        paid=unit * proven - fee,
        fee=fee,
        refunded=unit * (covered - before.cursor - proven),
        closed=slashed is not None,
        slashed=slashed or 0,
        unlocked=0 if slashed is None else terms.collateral - slashed,
    )


def challenge(record: Record, terms: Terms, leaf: int, now: Moment) -> tuple[Record, Challenge]:
    """Ask for a leaf of a living deal; the bond goes to its payee."""
    require(0 <= leaf < terms.leaves, "deals: leaf")
    require(now.is_live(record), "deals: not live")
    require(now.period not in now.attendance.declared, "deals: declared")
    require(not record.challenged, "deals: challenged")
    return replace(record, challenged=True), Challenge(leaf, now.block + now.parameters.window)


def _asked(challenge: Challenge | None) -> Challenge:
    if challenge is None:
        raise Reverted("StorageDeals refuses: deals: challenge.", "deals: challenge")
    return challenge


def answer(record: Record, challenge: Challenge | None, block: int) -> Record:
    """Show the leaf that was asked for."""
    require(block <= _asked(challenge).due, "deals: late")
    return replace(record, challenged=False)


def extend(record: Record, end: int, deadline: int, now: Moment) -> Record:
    """Prolong a living deal that lies in the ring, as its operator's agent signed."""
    require(now.is_live(record), "deals: not live")
    require(now.block <= deadline, "deals: deadline")
    require(record.start != NOWHERE, "deals: out of the ring")
    require(not record.exited, "deals: exited")
    require(record.end < end <= min(now.period + MAX_PERIODS, LAST_PERIOD), "deals: end")
    require(end - record.cursor <= MAX_PERIODS, "deals: unsettled")
    return replace(record, end=end)


def terminate(record: Record, terms: Terms, period: int, *, by_operator: bool) -> Record:
    """End a deal early, after the notice of whoever wants it; what it covers less is refunded at once."""
    require(record.cursor != 0, "deals: closed")
    end = period + 1 + (terms.operator_notice if by_operator else terms.client_notice)
    require(end < record.end, "deals: sooner")
    return replace(record, end=end, exited=record.exited or by_operator)


def declare(declared: Set[int], period: int, present: int) -> frozenset[int]:
    """Declare maintenance in a coming period, for good."""
    require(period > present, "deals: begun")
    require(period not in declared, "deals: declared")
    in_run = sum(other // RUN == period // RUN for other in declared)
    require(in_run < MAX_DECLARED, "deals: maintenance")
    return frozenset(declared | {period})


def clear(record: Record, period: int) -> Record:
    """Forget a deal that is closed and in the ring of no coming period; one forgotten already stays so."""
    if record == NEVER:
        return record
    require(record.start == NOWHERE and record.moved <= period, "deals: in the ring")
    require(record.cursor == 0, "deals: unsettled")
    return NEVER
