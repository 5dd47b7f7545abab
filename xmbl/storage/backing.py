"""What stands behind an operator's offer: the weight of its ring, the stake that would compensate a client,
and how reliably it proved of late. All of it is read from the chain; nothing is the operator's word.

A deal that is light in its ring is as safe as a heavy one, since one failed draw fails the period for all of
them. What a client gets for a lost deal is half of what is taken from the operator's own stake: with `a`
locked for the deal about a / (2 · leverage) at least, whatever becomes of the delegators' part.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from xmbl.payments.stake_rules import own_part
from xmbl.storage.market import Market
from xmbl.storage.spans import Span, live_in, spans
from xmbl.units import STAKE_UNIT

RECENT = 30
"""Periods that are looked back for misses."""

READ_AT_ONCE = 8

_BASIS = 10_000


@dataclass(frozen=True, slots=True)
class Backing:
    """An operator now: `weight` of its ring in price units a period, `own` stake and what all markets hold
    `locked` of it in wei, and of the last `RECENT` periods those `proven` and `missed`.

    Missed are those in which it had a live deal and neither proved nor had declared maintenance.
    """

    weight: int
    own: int
    locked: int
    leverage: int
    proven: int
    missed: int

    def share(self, price: int) -> int:
        """What part of the ring a deal of this price would be, in basis points."""
        return price * _BASIS // (self.weight + price)

    def cover(self, collateral: int) -> int:
        """Wei that a client would be owed if the operator lost all of a new deal's `collateral` (units of
        10^9 wei) at its present stake."""
        lost = collateral * STAKE_UNIT
        return max(0, own_part(self.own, self.locked, lost, self.leverage)) // 2


def backing_of(market: Market, operator: str) -> Backing:
    """What stands behind one operator."""
    return backings(market, [operator])[operator]


def backings(market: Market, operators: Iterable[str]) -> Mapping[str, Backing]:
    """What stands behind each of several."""
    wanted = list(dict.fromkeys(operators))
    deals = spans(market) if wanted else {}

    def backing(operator: str) -> Backing:
        return _backing(market, operator, deals.get(operator, []))

    with ThreadPoolExecutor(READ_AT_ONCE, "backing") as pool:
        return dict(zip(wanted, pool.map(backing, wanted), strict=True))


def _backing(market: Market, operator: str, deals: Sequence[Span]) -> Backing:
    ring, stake, period = market.ring(operator), market.staking.stake_of(operator), market.period()
    first = max(0, period - RECENT)
    # the misses that ended a deal may lie before
    oldest = min((each.first for each in deals if each.end > first), default=first)
    attendance = market.attendance(operator, min(oldest, first), period)
    live = live_in(deals, attendance, market.parameters.limit, first, period)
    return Backing(
        weight=ring.head - ring.tail,
        own=stake.own,
        locked=stake.locked,
        leverage=market.staking.leverage(),
        proven=sum(past in attendance.proven for past in range(first, period)),
        missed=sum(past not in attendance for past in live),
    )
