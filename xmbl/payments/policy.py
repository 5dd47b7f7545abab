"""Whom to trust with a window, what to promise, and when to redeem. Pure: told how things stand, it decides
or raises `Refused` with its reason.

A lane serves all subjects of its payee and anybody may redeem, so one voucher says nothing: what counts is
the sum of all that the payer's vouchers still come to, against what the chain holds for them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from xmbl.chain.payments import MOST_VOUCHERS
from xmbl.crypto.typed_data import Voucher
from xmbl.errors import Refused
from xmbl.units import WHOLE, format_amount

# measured: what a transaction that redeems costs, and what each voucher in it does
REDEEM_GAS, EACH_GAS = 28_000, 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The most wei that a payer promises: to one payee and for one subject in all, to everybody in a day."""

    peer: int
    subject: int
    day: int


@dataclass(frozen=True, slots=True)
class Spending:
    """What was promised so far, as `Limits` counts it."""

    peer: int = 0
    subject: int = 0
    day: int = 0


def require_within(limits: Limits, spending: Spending, amount: int) -> None:
    """`Refused` if `amount` wei more would be beyond a limit."""
    for name, asked, limit in (
        ("this deal", spending.subject + amount, limits.subject),
        ("this payee", spending.peer + amount, limits.peer),
        ("a day", spending.day + amount, limits.day),
    ):
        if asked > limit:
            raise Refused(
                f"Not paid, since it would come to {format_amount(asked)} for {name}, above the limit of"
                f" {format_amount(limit)}; raise it with `xmbl pay limits`."
            )


@dataclass(frozen=True, slots=True)
class Lane:
    """What a payer can't take away from one payee before block `until`, in wei."""

    amount: int
    until: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the chain says of a payer at `block`: `free` wei of its account, lanes by payee, and the block at
    which its signers end (the payer itself never does)."""

    block: int
    free: int
    lanes: Mapping[str, Lane] = field(default_factory=dict)
    signers: Mapping[str, int] = field(default_factory=dict)

    def short(self, owed: Mapping[str, int], last: int) -> int:
        """Wei by which the free account is too small for what the lanes that reach to block `last` leave of
        what is owed, by payee; not above 0 where all is covered."""
        return sum(max(0, amount - self.lane(payee, last)) for payee, amount in owed.items()) - self.free

    def lane(self, payee: str, last: int) -> int:
        """What the payee's lane is good for up to block `last`."""
        found = self.lanes.get(payee, Lane(0, 0))
        return found.amount if found.until >= last else 0


@dataclass(frozen=True, slots=True)
class Window:
    """What has to be paid before it is given out: `price` wei to `payee` for `subject`."""

    payee: str
    subject: bytes
    price: int


@dataclass(frozen=True, slots=True)
class Presented:
    """A voucher and who signed it."""

    voucher: Voucher
    signer: str


@dataclass(frozen=True, slots=True)
class Tab:
    """What a payer has signed: `best` wei for the subject before this voucher, and by payee what all its
    vouchers still come to, this one included."""

    best: int
    owed: Mapping[str, int]


def check(presented: Presented, window: Window, tab: Tab, standing: Standing, margin: int) -> None:
    """Raise `Refused` with the first reason against giving a window for this voucher; everything has to last
    `margin` blocks from now."""
    for reason in _objections(presented, window, tab, standing, standing.block + margin):
        raise Refused(reason)


def _objections(
    presented: Presented, window: Window, tab: Tab, standing: Standing, last: int
) -> Iterator[str]:
    voucher, due = presented.voucher, tab.best + window.price
    if voucher.payee != window.payee or voucher.subject != window.subject:
        yield "The voucher pays somebody else or for something else; sign one for this deal and its payee."
    yield from _against_signer(presented, standing, last)
    if voucher.expiry < last:
        yield f"The voucher expires in block {voucher.expiry}; sign one that lasts to {last} at least."
    if voucher.cumulative <= tab.best:
        yield f"I hold a voucher of {format_amount(tab.best)} already; this one is no higher."
    if voucher.cumulative < due:
        signed = format_amount(voucher.cumulative)
        yield f"The next window is due at {format_amount(due)} in all, and the voucher says {signed}."
    if (short := standing.short(tab.owed, last)) > 0:
        yield (
            f"The account and the lane are {format_amount(short)} short of what your vouchers come to;"
            " deposit more, or reserve a lane that lasts."
        )


def _against_signer(presented: Presented, standing: Standing, last: int) -> Iterator[str]:
    signer, payer = presented.signer, presented.voucher.payer
    if signer == payer:
        return
    until = standing.signers.get(signer, 0)
    if until <= standing.block:
        yield f"{signer} signed the voucher and may not sign for {payer}; authorize it first."
    elif until <= last:
        yield f"{signer} may sign up to block {until} only; authorize it for longer than {last}."


@dataclass(frozen=True, slots=True)
class Thrift:
    """When redeeming is worth its gas: once it brings `ratio` times what it costs, an ether being worth
    `ether` wei of the asset."""

    ratio: int = 20
    ether: int = WHOLE

    def cost(self, gas: int, fee: int) -> int:
        """What so much gas costs, in wei of the asset, at `fee` wei per gas."""
        return gas * fee * self.ether // WHOLE


@dataclass(frozen=True, slots=True)
class Due:
    """A voucher that would bring `brings` wei now; it can be relied on up to block `last`."""

    voucher: Voucher
    brings: int
    last: int


def to_redeem(dues: Sequence[Due], block: int, margin: int, fee: int, thrift: Thrift) -> list[Due]:
    """Which vouchers of one payee to redeem together now: all that pay for themselves, once it is worth it,
    else what can't wait. What brings less than its own gas is let go: else a payer could burn the payee's
    gas with vouchers of a wei."""
    urgent = [due for due in _paying(dues, fee, thrift) if due.last - block <= margin]
    return worthwhile(dues, fee, thrift) or sorted(urgent, key=lambda due: due.last)[:MOST_VOUCHERS]


def worthwhile(dues: Sequence[Due], fee: int, thrift: Thrift) -> list[Due]:
    """The vouchers of one payee that bring most, as many as fit into a transaction, if that is worth its gas;
    else none."""
    paying = sorted(_paying(dues, fee, thrift), key=lambda due: -due.brings)[:MOST_VOUCHERS]
    brought = sum(due.brings for due in paying)
    is_worth = brought >= thrift.ratio * thrift.cost(REDEEM_GAS + EACH_GAS * len(paying), fee)
    return paying if is_worth else []


def _paying(dues: Sequence[Due], fee: int, thrift: Thrift) -> list[Due]:
    """Those that bring more than the gas of their own part in a transaction."""
    return [due for due in dues if due.brings > thrift.cost(EACH_GAS, fee)]
