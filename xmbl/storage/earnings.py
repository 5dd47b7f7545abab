"""What an operator earned and lost, read from the chain's own events: each booking once, by block.

Amounts are wei, of the payment asset where money came in and of XMBL where stake was lost.
"""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from xmbl.chain.contract import Logged
from xmbl.chain.deals import Challenged, Closed, Opened, Settled
from xmbl.chain.payments import Redeemed
from xmbl.chain.staking import Claimed
from xmbl.storage.backing import READ_AT_ONCE
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
    """One event that moved money: in this block, whose `time` is in Unix seconds, and this period, for this
    deal (empty: for none)."""

    block: int
    time: int
    period: int
    event: str
    deal: bytes
    client: str
    amounts: Amounts


def bookings(market: Market, operator: str, since: int) -> list[Booking]:
    """All that was booked for an operator from block `since` on, oldest first: what its deals were settled,
    challenged for and slashed, the vouchers for reading them, fees and commission of its stake."""
    deals = {each.id: each for each in market.deals.history(Opened, market.since, operator=operator)}
    sources = (
        _settled(market, since, deals),
        _read(market, operator, since, deals),
        _staked(market, operator, since),
    )  # fmt: skip
    found = sorted(chain(*sources), key=lambda each: (each[0].block, each[0].index))
    times = _times(market, {event.block for event, _, _ in found})
    return [
        Booking(
            event.block, times[event.block], event.block // market.parameters.period, type(event).__name__,
            deal, deals[deal].client if deal else "", amounts,
        )
        for event, deal, amounts in found
    ]  # fmt: skip


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


def _times(market: Market, blocks: Iterable[int]) -> dict[int, int]:
    """When blocks were made, in Unix seconds."""
    wanted = list(blocks)
    with ThreadPoolExecutor(READ_AT_ONCE, "times") as pool:
        headers = pool.map(market.chain.header, wanted)
        return {block: header.timestamp for block, header in zip(wanted, headers, strict=True)}


_Moved = tuple[Logged, bytes, Amounts]
"""An event, the deal that it is about, and what it moved."""


def _settled(market: Market, since: int, deals: Mapping[bytes, Opened]) -> Iterator[_Moved]:
    kinds: tuple[type[Settled | Closed | Challenged], ...] = (Settled, Closed, Challenged)
    for event in market.deals.all_history(kinds, market.since, since):
        if event.id in deals:
            yield event, event.id, _amounts(market, event)


def _amounts(market: Market, event: Settled | Closed | Challenged) -> Amounts:
    match event:
        case Settled():
            return Amounts(income=event.paid, fee=event.fee)
        case Challenged():
            return Amounts(income=market.parameters.bond)
    return Amounts(slashed=event.slashed * STAKE_UNIT)


def _read(market: Market, operator: str, since: int, deals: Mapping[bytes, Opened]) -> Iterator[_Moved]:
    """Vouchers for these deals, whoever of those that the operator named is paid by them."""
    payees = {market.agent_and_payee(operator)[1], *(each.terms.payee for each in deals.values())}
    for payee in payees:
        for event in market.payments.history(Redeemed, market.since, since, payee=payee):
            if event.subject in deals:
                yield event, event.subject, Amounts(income=event.amount)


def _staked(market: Market, operator: str, since: int) -> Iterator[_Moved]:
    for event in market.staking.history(Claimed, market.since, since, operator=operator):
        own = event.amount if event.holder == operator else 0
        if own + event.commission:
            yield event, b"", Amounts(income=own + event.commission)
