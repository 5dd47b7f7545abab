"""How a client's deals stand, derived from the chain alone: what was proven, missed, paid for, and is left.

The proven bits of an operator never change, so a deal's end and misses follow from its first period and its
terms, whether or not anybody settled it.
"""

from dataclasses import dataclass

from xmbl.storage.manifest import Manifest, Replica, ReplicaState
from xmbl.storage.market import Market
from xmbl.storage.rules import NOWHERE, Record, ends


@dataclass(frozen=True, slots=True)
class DealStanding:
    """One replica's deal in period `period`, the present one, which isn't counted yet.

    `over` is the first period that it isn't live in, once that is known; `settled` the first one that isn't
    settled (0: closed); `cid` the content address of the sealed bytes. Amounts in wei.
    """

    number: int
    part: int
    operator: str
    id: bytes
    state: ReplicaState
    period: int
    first: int
    end: int
    over: int
    proven: tuple[int, ...]
    missed: tuple[int, ...]
    settled: int
    price: int
    cid: str = ""

    @property
    def ended_early(self) -> bool:
        """Whether misses ended it before its time."""
        return self.over < self.end and self.over <= self.period

    @property
    def live(self) -> bool:
        """Whether its operator must prove it in the present period or will in the next ones."""
        return self.state is ReplicaState.OPEN and self.period < self.over

    @property
    def closed(self) -> bool:
        """Whether it is settled to its end."""
        return self.state is not ReplicaState.PLANNED and self.first > 0 and self.settled == 0

    @property
    def is_due(self) -> bool:
        """Whether there is something to settle."""
        return 0 < self.settled < min(self.over, self.period)

    def is_lost(self, misses: int | None) -> bool:
        """Whether a repair replaces it: misses ended it early, or are `misses` or more."""
        if self.state is not ReplicaState.OPEN:
            return False
        return self.ended_early or (misses is not None and len(self.missed) >= misses)


def standing_of(market: Market, replica: Replica, period: int) -> DealStanding:
    """How one replica's deal stands; reads the chain."""
    deal = replica.promised()
    first, terms = replica.first, deal.terms
    if not first:
        return DealStanding(
            replica.number, replica.part, deal.operator, deal.id(), replica.state, period, 0, terms.end,
            terms.end, (), (), 0, terms.price * market.parameters.price_unit, replica.cid,
        )  # fmt: skip
    proven = market.proven(deal.operator, first, max(first, period))
    opened = Record(NOWHERE, NOWHERE, terms.price, terms.leaves, first, terms.end, first, 0)
    over, _ = ends(opened, proven, period, market.parameters.limit)
    counted = range(first, min(over, period))
    return DealStanding(
        replica.number, replica.part, deal.operator, deal.id(), replica.state, period, first, terms.end, over,
        tuple(past for past in counted if past in proven),
        tuple(past for past in counted if past not in proven),
        market.record(deal.id()).cursor,
        terms.price * market.parameters.price_unit,
        replica.cid,
    )  # fmt: skip


def standings(market: Market, manifest: Manifest) -> list[DealStanding]:
    """How all deals of a manifest stand, by number, lost ones too; reads the chain."""
    period = market.period()
    return [standing_of(market, replica, period) for replica in manifest.replicas if replica.deal]
