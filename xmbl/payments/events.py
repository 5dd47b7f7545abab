"""What happens with vouchers, as frozen facts; only the leaves of this tree are emitted.

Event
├── the payer's side: VoucherSigned
└── the payee's side: VoucherHeld, VoucherRefused, VouchersRedeemed, RedeemDelayed, VoucherLapsed
"""

from dataclasses import dataclass

from xmbl.events import Event


@dataclass(frozen=True, slots=True)
class VoucherSigned(Event):
    """`payee` has now been promised `cumulative` wei for `subject` in all, `amount` of it by this voucher."""

    payee: str
    subject: bytes
    cumulative: int
    amount: int


@dataclass(frozen=True, slots=True)
class VoucherHeld(Event):
    """A voucher of `payer` is on the disk: good for `cumulative` wei in all, `amount` more than before."""

    payer: str
    subject: bytes
    cumulative: int
    amount: int


@dataclass(frozen=True, slots=True)
class VoucherRefused(Event):
    """A voucher was refused, and why."""

    payer: str
    subject: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class VouchersRedeemed(Event):
    """The chain paid `paid` wei to `payee` for so many vouchers."""

    payee: str
    vouchers: int
    paid: int
    gas: int
    transaction: str


@dataclass(frozen=True, slots=True)
class RedeemDelayed(Event):
    """Vouchers can't be redeemed now, and why; it is tried again."""

    payee: str
    reason: str


@dataclass(frozen=True, slots=True)
class VoucherLapsed(Event):
    """A voucher of `payer` is past its expiry; `lost` wei of it were never paid."""

    payer: str
    subject: bytes
    lost: int
