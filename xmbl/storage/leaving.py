"""How an operator leaves the market: no new deals, the old ones to their end, then the stake.

All of it is read from the chain, so leaving can be interrupted anywhere and gone on with by whoever comes.
The stake thaws while the deals run to their end, since thawing stake still covers them, but not so early that
it would lapse before.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.deals import Closed, Opened
from xmbl.chain.staking import Stake
from xmbl.crypto.typed_data import Deal
from xmbl.storage.market import Market
from xmbl.storage.rings import Ring
from xmbl.storage.rules import Record, ends


@dataclass(frozen=True, slots=True)
class OpenDeal:
    """A deal that isn't closed yet; `end` is the first period that it isn't live in, as far as is known."""

    deal: Deal
    id: bytes
    record: Record
    end: int


@dataclass(frozen=True, slots=True)
class Leaving:
    """What still holds an operator in `block`; `announced` says whether clients still look for its node.

    Stake thaws for `thaw_blocks` and can leave for `withdraw_blocks`; a period has `period_blocks`.
    """

    operator: str
    block: int
    period: int
    period_blocks: int
    thaw_blocks: int
    withdraw_blocks: int
    ring: Ring
    stake: Stake
    deals: tuple[OpenDeal, ...]
    announced: bool

    @property
    def is_over(self) -> bool:
        """Whether nothing of its own is left here."""
        return not (self.ring.cap or self.stake.own or self.deals or self.announced)

    @property
    def thaws_for(self) -> int:
        """Blocks until what thaws can leave."""
        return max(0, self.stake.thaw_until - self.block)

    @property
    def has_lapsed(self) -> bool:
        """Whether what thawed could leave, and can't any more in the next block."""
        return self.stake.thawing > 0 and self.block + 1 >= self.stake.thaw_until + self.withdraw_blocks

    @property
    def closed_by(self) -> int:
        """The first block in which all deals can be closed, as far as is known; 0 where none is open."""
        return max(((each.end + 1) * self.period_blocks for each in self.deals), default=0)

    @property
    def thaws_from(self) -> int:
        """The first block in which what begins to thaw will find all deals closed."""
        return self.closed_by - self.thaw_blocks

    @property
    def wants_thawing(self) -> bool:
        """Whether some of the stake doesn't thaw, or not in time any more."""
        return self.stake.thawing != self.stake.own or self.has_lapsed

    @property
    def goes_on_at(self) -> int:
        """The first block in which there is something to do again, as far as is known."""
        due = self.thaws_from if self.wants_thawing else max(self.closed_by, self.stake.thaw_until)
        return max(due, self.block + 1)

    def overdue(self) -> list[OpenDeal]:
        """Deals that the node would have settled if it ran: over for a whole period and not closed."""
        return [each for each in self.deals if each.end < self.period]


def look(market: Market, operator: str) -> Leaving:
    """Where the operator stands; reads the chain."""
    block = market.block_number()
    period = block // market.parameters.period
    deals = tuple(_open_deals(market, operator, period))
    return Leaving(
        operator, block, period, market.parameters.period, market.staking.thaw_blocks(),
        market.staking.withdraw_blocks(), market.ring(operator), market.staking.stake_of(operator), deals,
        bool(market.node(operator).multiaddrs),
    )  # fmt: skip


def begin(market: Market, now: Leaving) -> list[Call]:
    """What is done at once: the cap set to nothing, and what `thaw` says."""
    return ([market.cap(0)] if now.ring.cap else []) + thaw(market, now)


def thaw(market: Market, now: Leaving) -> list[Call]:
    """What lets the whole stake thaw, once that ends after the deals, and again where it lapsed."""
    wanted = now.wants_thawing and now.block >= now.thaws_from
    return [market.staking.thaw(now.stake.own - now.stake.thawing)] if wanted else []


def terminations(market: Market, now: Leaving) -> list[Call]:
    """What ends the deals early, where that is any sooner: each costs its exit price at the close."""
    return [
        market.deals.terminate(each.deal)
        for each in now.deals
        if not each.record.exited and now.period + 1 + each.deal.terms.operator_notice < each.end
    ]


def finish(market: Market, now: Leaving) -> list[Call]:
    """What is done once nothing is locked and all has thawed: the stake withdrawn, the address taken out."""
    if now.deals or now.stake.locked or now.thaws_for or now.wants_thawing:
        return []
    calls = [market.staking.withdraw()] if now.stake.own else []
    return [*calls, market.registry.announce(now.operator, [])] if now.announced else calls


def _open_deals(market: Market, operator: str, period: int) -> Iterator[OpenDeal]:
    closed = {event.id for event in market.deals.history(Closed, market.since)}
    opened = [
        event
        for event in market.deals.history(Opened, market.since, operator=operator)
        if event.id not in closed
    ]
    records = [(event, market.record(event.id)) for event in opened]
    first = min((record.cursor for _, record in records), default=period)
    attendance = market.attendance(operator, min(first, period), period)
    for event, record in records:
        end, _ = ends(record, attendance, period, market.parameters.limit)
        yield OpenDeal(Deal(operator, event.root, event.terms), event.id, record, end)
