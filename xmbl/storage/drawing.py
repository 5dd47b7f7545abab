"""What the seed of a period draws from an operator's ring, and what a proof has to show for it. Pure.

Positions are units of price; `kept` is any container of the operator's periods that aren't missed.
"""

from bisect import bisect_right
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from xmbl.crypto.typed_data import keccak
from xmbl.errors import Reverted
from xmbl.storage.rules import Record, is_over, is_spared, require

LEAVES_DRAWN = 5
DRAWS = 128


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
    record: Record, kept: Container[int], period: int, limit: int, held: Callable[[], bool]
) -> Place:
    """A deal in the ring of the present period; `held` tells whether its bytes are there to be shown."""
    return Place(
        record.start_in(period),
        record.price,
        record.leaves,
        is_over(record, kept, period, limit),
        is_spared(record, kept, period, limit) and held(),
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
    require(head > tail, "deals: empty")
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
