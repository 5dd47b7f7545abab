"""What an operator earned and lost, read from the chain's own events: each booking once, by block.

Amounts are wei, of the payment asset where money came in and of XMBL where stake was lost.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from xmbl.chain.deals import Closed, Opened, Settled
from xmbl.storage.market import Market
from xmbl.units import STAKE_UNIT


@dataclass(frozen=True, slots=True)
class Amounts:
    """`income` that reached the payee, the market's `fee` that was kept from it, `slashed` collateral."""

    income: int = 0
    fee: int = 0
    slashed: int = 0

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(self.income + other.income, self.fee + other.fee, self.slashed + other.slashed)


@dataclass(frozen=True, slots=True)
class Booking:
    """One event that moved money: in this block and period, for this deal (empty: for none)."""

    block: int
    period: int
    event: str
    deal: bytes
    client: str
    amounts: Amounts


def bookings(market: Market, operator: str, since: int) -> list[Booking]:
    """All that was booked for an operator's deals from block `since` on, oldest first."""
    clients = {
        event.id: event.client for event in market.deals.events(Opened, market.since, operator=operator)
    }
    found = sorted(_moved(market, since, clients), key=lambda each: each[:2])
    return [
        Booking(block, block // market.parameters.period, event, deal, clients.get(deal, ""), amounts)
        for block, _, event, deal, amounts in found
    ]


def total(found: Iterable[Booking]) -> Amounts:
    """The sum of bookings."""
    return sum((booking.amounts for booking in found), Amounts())


def by_deal(found: Iterable[Booking]) -> dict[bytes, Amounts]:
    """The sum for each deal, in the order of their first bookings."""
    sums: dict[bytes, Amounts] = {}
    for booking in found:
        sums[booking.deal] = sums.get(booking.deal, Amounts()) + booking.amounts
    return sums


def by_period(found: Iterable[Booking]) -> dict[int, Amounts]:
    """The sum of what was booked in each period, oldest first; periods without a booking are left out."""
    sums: dict[int, Amounts] = {}
    for booking in found:
        sums[booking.period] = sums.get(booking.period, Amounts()) + booking.amounts
    return sums


_Moved = tuple[int, int, str, bytes, Amounts]
"""Block, index, name, deal and amounts of an event."""


def _moved(market: Market, since: int, deals: Mapping[bytes, str]) -> Iterator[_Moved]:
    kinds: tuple[type[Settled | Closed], ...] = (Settled, Closed)
    for event in market.deals.all_events(kinds, since):
        if event.id not in deals:
            continue
        if isinstance(event, Settled):
            amounts = Amounts(income=event.paid, fee=event.fee)
        else:
            amounts = Amounts(slashed=event.slashed * STAKE_UNIT)
        yield event.block, event.index, type(event).__name__, event.id, amounts
