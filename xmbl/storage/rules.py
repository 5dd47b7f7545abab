"""The rules of storage deals: what `StorageDeals` decides, as pure functions over frozen values.

The contract is tested against this model, the agent plans its proofs with it and the simulator plays
by it. Periods are numbers (`block // period`); prices are integers of `price_unit` a period; positions
of a ring are units of price; collateral counts units of 10^9 wei. `proven` is any container of the
operator's proven periods. What the contract refuses raises `Reverted` with the contract's reason.
"""

from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace

from xmbl.crypto.typed_data import Terms, keccak
from xmbl.errors import Reverted
from xmbl.units import STAKE_UNIT

NOWHERE = 2**48 - 1
"""The start of a deal that lies in no ring, and the bound that no position reaches."""

LAST_PERIOD = 2**24 - 2
LEAVES_DRAWN = 5
DRAWS = 128
MAX_PERIODS = 366
MAX_LEAVES = 2**25
MAX_PRICE = 2**40 - 1
NOTICES = range(2, 31)
_BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Parameters:
    """A market's numbers: `period` in blocks, `price_unit` in wei, `rate` in wei of XMBL for a wei of the
    asset, `cover` in prices, `limit` in misses, `fee` in basis points."""

    period: int
    price_unit: int
    rate: int
    cover: int
    limit: int
    fee: int

    def least_collateral(self, price: int) -> int:
        """Units that a deal of this price has to lock at least; twice as many are the most."""
        return self.cover * price * self.price_unit * self.rate // STAKE_UNIT

    def fee_of(self, price: int) -> int:
        """Wei taken from one proven period: rounded up, so that sums don't depend on grouping."""
        return -(-price * self.price_unit * self.fee // _BASIS)


@dataclass(frozen=True, slots=True)
class Record:
    """What the chain keeps of a deal; `start` holds from period `moved` on and `previous` before it.

    `end` is the first period not covered, `cursor` the first not settled (0: closed).
    """

    start: int
    previous: int
    price: int
    leaves: int
    moved: int
    end: int
    cursor: int
    missed: int

    def start_in(self, period: int) -> int:
        """Where the deal lay at the first block of the present period."""
        return self.previous if self.moved > period else self.start


NEVER = Record(0, 0, 0, 0, 0, 0, 0, 0)
"""What the chain says of a deal that was never opened, or is forgotten."""


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

    def with_bounds(self, period: int, tail: int, head: int) -> "Ring":
        """The ring from the next period on; an emptied one starts again at 0."""
        _require(head < NOWHERE and period <= LAST_PERIOD, "deals: ring")
        kept_tail, kept_head = self.bounds_in(period)
        if tail == head:
            tail = head = 0
        return Ring(tail, head, kept_tail, kept_head, period, self.cap)


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


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Reverted(f"StorageDeals refuses: {reason}.", reason)


def check_terms(terms: Terms, period: int, block: int, parameters: Parameters) -> None:
    """Raise the contract's reason unless these terms could be opened in this block by their client."""
    first = period + 1
    least = parameters.least_collateral(terms.price)
    _require(0 < terms.leaves <= MAX_LEAVES, "deals: leaves")
    _require(0 < terms.price <= MAX_PRICE, "deals: price")
    _require(first < terms.end <= min(first + MAX_PERIODS, LAST_PERIOD), "deals: end")
    _require(block <= terms.deadline < (first + 1) * parameters.period, "deals: deadline")
    _require(terms.client_notice in NOTICES and terms.operator_notice in NOTICES, "deals: notice")
    _require(terms.exit <= parameters.limit, "deals: exit")
    _require(least <= terms.collateral <= 2 * least, "deals: collateral")


def escrow(terms: Terms, period: int, parameters: Parameters) -> int:
    """Wei that the client pays into a deal opened in `period`."""
    return terms.price * parameters.price_unit * (terms.end - period - 1)


def append(ring: Ring, terms: Terms, period: int) -> tuple[Ring, Record]:
    """Lay a deal opened in `period` at the head of the ring, from the next period on."""
    frozen_tail, frozen_head = ring.bounds_in(period)
    growth = ring.head + terms.price - ring.tail - (frozen_head - frozen_tail)
    _require(0 < ring.cap >= growth, "deals: cap")
    first = period + 1
    record = Record(ring.head, NOWHERE, terms.price, terms.leaves, first, terms.end, first, 0)
    return ring.with_bounds(period, ring.tail, ring.head + terms.price), record


def ends(record: Record, proven: Container[int], period: int, limit: int) -> tuple[int, int]:
    """E(deal, period) and the misses before it: the earlier of the stored end and one past the miss that
    reaches the limit, as far as the periods before the present one tell."""
    if record.cursor == 0:
        return record.end, record.missed
    missed = record.missed
    for past in range(record.cursor, min(record.end, period)):
        missed += past not in proven
        if missed == limit:
            return past + 1, missed
    return record.end, missed


def is_over(record: Record, proven: Container[int], period: int, limit: int) -> bool:
    """Whether a deal in the ring of the present period is a hole there: a draw passes it."""
    return ends(record, proven, period, limit)[0] <= period


def is_spared(record: Record, proven: Container[int], period: int, limit: int) -> bool:
    """Whether a deal that is over may still show its bytes in the present period: the miss just before it
    ended the deal, which nobody could foresee and take it out of the ring for."""
    if record.end <= period:
        return record.end == period and record.missed == limit
    return ends(record, proven, period, limit)[0] == period


def lives_on(record: Record, proven: Container[int], period: int, limit: int) -> bool:
    """Whether upkeep in the present period keeps the deal in the ring of the next."""
    return ends(record, proven, period, limit)[0] > period + 1


def settle(
    record: Record, terms: Terms, proven: Container[int], period: int, parameters: Parameters
) -> Settlement:
    """Settle all periods before the present one; close the deal when none is left."""
    _require(record.cursor != 0, "deals: closed")
    end, missed = ends(record, proven, period, parameters.limit)
    upto = min(end, period)
    _require(upto > record.cursor, "deals: nothing")
    lost = missed - record.missed
    kept = upto - record.cursor - lost
    unit = terms.price * parameters.price_unit
    fee = parameters.fee_of(terms.price) * kept
    closed = upto == end
    slashed = terms.collateral // parameters.limit * missed if closed else 0
    return Settlement(
        record=replace(record, cursor=0 if closed else upto, end=end, missed=missed),
        paid=unit * kept - fee,
        fee=fee,
        refunded=unit * (lost + record.end - end),
        closed=closed,
        slashed=slashed,
        unlocked=terms.collateral - slashed if closed else 0,
    )


def move(record: Record, period: int, start: int) -> Record:
    """Put a deal elsewhere from the next period on; its present place answers for this one."""
    _require(record.moved <= period, "deals: moved")
    return replace(record, start=start, previous=record.start, moved=period + 1)


def rotate(
    ring: Ring, records: Sequence[Record], proven: Container[int], period: int, limit: int
) -> tuple[Ring, list[Record]]:
    """Take deals from the tail: what lives on goes to the head, the rest leaves the ring."""
    tail, head, moved = ring.tail, ring.head, []
    for record in records:
        _require(record.price != 0 and record.start == tail, "deals: tail")
        tail += record.price
        if lives_on(record, proven, period, limit):
            moved.append(move(record, period, head))
            head += record.price
        else:
            moved.append(move(record, period, NOWHERE))
    return ring.with_bounds(period, tail, head), moved


def truncate(
    ring: Ring, record: Record, proven: Container[int], period: int, limit: int
) -> tuple[Ring, Record]:
    """Cut a deal that doesn't live on off the head's end."""
    _require(record.price != 0 and record.start + record.price == ring.head, "deals: head")
    _require(not lives_on(record, proven, period, limit), "deals: live")
    return ring.with_bounds(period, ring.tail, record.start), move(record, period, NOWHERE)


def clear(record: Record, period: int) -> Record:
    """Forget a deal that is closed and in the ring of no coming period; one forgotten already stays so."""
    if record == NEVER:
        return record
    _require(record.start == NOWHERE and record.moved <= period, "deals: in the ring")
    _require(record.cursor == 0, "deals: unsettled")
    return NEVER


@dataclass(frozen=True, slots=True)
class Place:
    """A deal in the ring of one period: from `start` on, `price` positions long; `over` makes it a hole,
    unless it is `spared` and shows its bytes all the same."""

    start: int
    price: int
    leaves: int
    over: bool
    spared: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One draw of a proof: which place it fell in, whether the proof has to name the deal there, which
    leaf to show, or None in a hole, and whether that leaf is of a deal that is over."""

    place: int
    named: bool
    leaf: int | None
    spared: bool


def place_of(
    record: Record, proven: Container[int], period: int, limit: int, held: Callable[[], bool]
) -> Place:
    """A deal in the ring of the present period; `held` tells whether its bytes are there to be shown."""
    return Place(
        record.start_in(period),
        record.price,
        record.leaves,
        is_over(record, proven, period, limit),
        is_spared(record, proven, period, limit) and held(),
    )


def seed_of(block_hash: bytes, operator: str) -> bytes:
    """What an operator's draws of a period come from: the hash of the period's first block and itself."""
    return keccak(block_hash + bytes.fromhex(operator.removeprefix("0x")).rjust(32, b"\0"))


def draws(seed: bytes, tail: int, head: int) -> Iterator[tuple[int, int]]:
    """For each draw the position in the ring, and the number that picks the leaf."""
    for number in range(DRAWS):
        drawn = int.from_bytes(keccak(seed + number.to_bytes(32, "big")), "big")
        yield tail + (drawn & (2**128 - 1)) % (head - tail), drawn >> 128


def plan_proof(seed: bytes, tail: int, head: int, places: Sequence[Place]) -> list[Step]:
    """What to show for a period: `places` are those of its ring, ascending. Raises `Reverted` where the
    ring is empty or so full of holes that the draws run out."""
    _require(head > tail, "deals: empty")
    starts = [place.start for place in places]
    steps: list[Step] = []
    shown = 0
    for position, pick in draws(seed, tail, head):
        index = bisect_right(starts, position) - 1
        place = places[index]
        leaf = None if place.over and not place.spared else pick % place.leaves
        named = not steps or steps[-1].place != index
        steps.append(Step(index, named, leaf, place.over and place.spared))
        shown += leaf is not None
        if shown == LEAVES_DRAWN:
            return steps
    raise Reverted("The ring is so full of holes that the draws ran out; rotate it.", "deals: draws")


def plan_bits(steps: Sequence[Step]) -> int:
    """The `plan` argument of `prove`: bit d is set where draw d falls in another deal than the one before,
    bit 128 + d where draw d shows a leaf although its deal is over."""
    named = sum(1 << number for number, step in enumerate(steps) if step.named)
    return named | sum(1 << DRAWS + number for number, step in enumerate(steps) if step.spared)
