"""Upkeep of an operator's ring: which deals to turn, cut off and forget. Pure.

Deals that are over stay in the ring as holes; each hole that a draw meets costs gas, and a ring that is
nearly all hole can't be proven. So once more than half of the ring is hole the deals from the tail on are
turned to its head, which drops what is over, or what is over at the head's end is cut off, whichever
costs less.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from xmbl.storage.rules import NOWHERE, Record, lives_on

BATCH = 64
"""Names that one transaction takes."""

# measured: what a transaction costs, and what each further deal in it does
_TURN_GAS, _TURN_EACH_GAS, _CUT_GAS = 35_000, 7_000, 40_000


@dataclass(frozen=True, slots=True)
class Upkeep:
    """Deal ids: to cut off one by one from the head's end, then to turn in this order from the tail."""

    cut: tuple[bytes, ...] = ()
    turn: tuple[bytes, ...] = ()


def plan(
    layout: Sequence[tuple[int, bytes, Record]], proven: Container[int], period: int, limit: int
) -> Upkeep:
    """What to do in the present period with the ring of the next, `layout` in ascending order."""
    over = [not lives_on(record, proven, period, limit) for _, _, record in layout]
    movable = [record.moved <= period for _, _, record in layout]
    holes = sum(record.price for (_, _, record), hole in zip(layout, over, strict=True) if hole)
    if 2 * holes <= sum(record.price for _, _, record in layout):
        return Upkeep()
    kept = _before_cut(over, movable)
    ids = [deal_id for _, deal_id, _ in layout]
    return Upkeep(tuple(reversed(ids[kept:])), tuple(ids[: _turned(over[:kept], movable[:kept])]))


def forgettable(records: Sequence[tuple[bytes, Record]], period: int) -> list[bytes]:
    """The ids of deals that are settled to the end and out of the ring for good, at most a batch."""
    ids = (
        deal_id
        for deal_id, record in records
        if record.start == NOWHERE and record.moved <= period and not record.cursor
    )
    return list(ids)[:BATCH]


def _before_cut(over: Sequence[bool], movable: Sequence[bool]) -> int:
    """How many deals stay when the holes at the head's end are cut off, where that is cheaper."""
    kept = len(over)
    while kept and over[kept - 1] and movable[kept - 1]:
        kept -= 1
    cut, turned_instead = len(over) - kept, _turned(over, movable)
    after_cut = _turned(over[:kept], movable[:kept])
    return kept if _CUT_GAS * cut + _turn_gas(after_cut) < _turn_gas(turned_instead) else len(over)


def _turned(over: Sequence[bool], movable: Sequence[bool]) -> int:
    """How many deals to turn so that no hole stays, at most a batch; what has just moved can't move again."""
    last_hole = max((index for index, hole in enumerate(over) if hole), default=-1)
    first_fixed = next((index for index, free in enumerate(movable) if not free), len(movable))
    return min(last_hole + 1, first_fixed, BATCH)


def _turn_gas(deals: int) -> int:
    return _TURN_GAS + _TURN_EACH_GAS * deals if deals else 0
