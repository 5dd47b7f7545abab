"""What somebody who delegates to an operator should know of it, read from the chain: what stands there, how
it proved and was slashed, and what stake earns at today's rates.

Fees reach all stakers alike, by one index per token of stake: what an operator does itself changes only its
commission and what its delegators may lose.
"""

from dataclasses import dataclass

from xmbl.chain.deals import Settled
from xmbl.chain.staking import Pool, Slashed, Stake
from xmbl.storage.backing import RECENT, Backing, backing_of
from xmbl.storage.market import Market

_BASIS = 10_000
_YEAR = 365 * 86_400


@dataclass(frozen=True, slots=True)
class Income:
    """`fees` wei that settlements paid all stakers within so many `seconds`, and all `stake` of now."""

    fees: int
    seconds: int
    stake: int

    def yearly(self, commission: int) -> int:
        """Basis points a year that a delegator's stake would earn if all stayed as it is, after `commission`
        in basis points."""
        if not self.seconds or not self.stake:
            return 0
        return self.fees * _YEAR * (_BASIS - commission) // (self.seconds * self.stake)


@dataclass(frozen=True, slots=True)
class TrackRecord:
    """An operator's: its stake and its delegators' pool, how it proved of late, each slash, all income."""

    stake: Stake
    pool: Pool
    backing: Backing
    slashes: tuple[Slashed, ...]
    income: Income

    @property
    def cover(self) -> int:
        """Own stake in basis points of what markets hold; 0 where nothing is held."""
        return self.stake.own * _BASIS // self.stake.locked if self.stake.locked else 0

    @property
    def share_price(self) -> int:
        """The price of a share in basis points: 10,000 where no slash ever reached the delegators."""
        return self.pool.price * _BASIS >> 63


def track_record(market: Market, operator: str) -> TrackRecord:
    """Of one operator, now."""
    return TrackRecord(
        market.staking.stake_of(operator),
        market.staking.pool_of(operator),
        backing_of(market, operator),
        _slashes(market, operator),
        recent_income(market),
    )


def _slashes(market: Market, operator: str) -> tuple[Slashed, ...]:
    # they are few: one search for all is kept for whoever is looked at next
    found = market.staking.history(Slashed, market.since)
    return tuple(event for event in found if event.operator == operator)


def recent_income(market: Market) -> Income:
    """What the market's settlements brought all stakers in the last periods, or since it exists."""
    head = market.chain.header()
    first = max(market.since, head.number - RECENT * market.parameters.period)
    fees = sum(event.fee for event in market.deals.events(Settled, first))
    return Income(fees, head.timestamp - market.chain.header(first).timestamp, market.staking.total())
