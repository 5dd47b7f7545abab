"""Payers, payees and a ledger of vouchers in this process: what the chain would say, without a chain."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from xmbl.chain.call import Call
from xmbl.chain.outbox import Receipt
from xmbl.crypto.typed_data import Voucher
from xmbl.errors import NotMined, Reverted
from xmbl.events import Event
from xmbl.payments.book import Book
from xmbl.payments.client import Payer, Purse
from xmbl.payments.policy import Lane, Limits, Window
from xmbl.payments.till import Till
from xmbl.payments.wire import Domain, SignedVoucher
from xmbl.units import WHOLE

READER: LocalAccount = Account.from_key(b"\1" * 32)
ATTACKER: LocalAccount = Account.from_key(b"\2" * 32)
SIGNER: LocalAccount = Account.from_key(b"\3" * 32)
HOLDER: str = Account.from_key(b"\4" * 32).address
OTHER: str = Account.from_key(b"\5" * 32).address
DEAL, OTHER_DEAL = b"\6" * 32, b"\7" * 32
DOMAIN = Domain.of(31_337, "0x" + "99" * 20)
PRICE = WHOLE // 1_000
WINDOW = Window(HOLDER, DEAL, PRICE)
NO_LIMITS = Limits(2**112, 2**112, 2**112)
MARGIN = 600
BLOCK = 1_000


class Died(Exception):
    """The process ends here."""


class Mortal:
    """Dies when a point is reached, once."""

    def __init__(self, point: Any) -> None:
        self._point = point

    def __call__(self, point: Any) -> None:
        if point is self._point:
            self._point = None
            raise Died


@dataclass
class FakeLedger:
    """A ledger whose state the test sets; `asked` counts its answers."""

    block: int = BLOCK
    fee: int = 10**9
    balances: dict[str, int] = field(default_factory=lambda: {READER.address: WHOLE})
    lanes: dict[tuple[str, str], Lane] = field(default_factory=dict)
    signers: dict[tuple[str, str], int] = field(default_factory=dict)
    paid: Counter[tuple[str, str, bytes]] = field(default_factory=Counter)
    income: Counter[str] = field(default_factory=Counter)
    asked: int = 0

    def block_number(self) -> int:
        self.asked += 1
        return self.block

    def gas_price(self) -> int:
        return self.fee

    def free(self, account: str, _: int) -> int:
        self.asked += 1
        return self.balances.get(account, 0)

    def lane(self, payer: str, payee: str, _: int) -> Lane:
        self.asked += 1
        return self.lanes.get((payer, payee), Lane(0, 0))

    def signer_until(self, payer: str, signer: str, _: int) -> int:
        self.asked += 1
        return self.signers.get((payer, signer), 0)

    def redeemed(self, voucher: Voucher, _: int) -> int:
        self.asked += 1
        return self.paid[voucher.payer, voucher.payee, voucher.subject]

    def redeem(self, payee: str, vouchers: Sequence[SignedVoucher]) -> Call:
        return Call(payee, repr(vouchers).encode(), "redeem_many", "Redeem vouchers.")

    def collect(self, vouchers: Sequence[SignedVoucher]) -> int:
        """What the contract does: the lane first, then the free account, as far as they go."""
        for signed in vouchers:
            voucher = signed.voucher
            signer = DOMAIN.signer(signed)
            if voucher.expiry < self.block:
                raise Reverted("Payments refuses this call: expired.", "payments: expired")
            if signer != voucher.payer and self.signers.get((voucher.payer, signer), 0) <= self.block:
                raise Reverted("Payments refuses this call: signer.", "payments: signer")
        return sum(self._collect(signed.voucher) for signed in vouchers)

    def _collect(self, voucher: Voucher) -> int:
        key, lane_key = (voucher.payer, voucher.payee, voucher.subject), (voucher.payer, voucher.payee)
        due, lane = max(0, voucher.cumulative - self.paid[key]), self.lanes.get(lane_key, Lane(0, 0))
        from_lane = min(due, lane.amount)
        from_free = min(due - from_lane, self.balances.get(voucher.payer, 0))
        self.lanes[lane_key] = replace(lane, amount=lane.amount - from_lane)
        self.balances[voucher.payer] = self.balances.get(voucher.payer, 0) - from_free
        self.paid[key] += from_lane + from_free
        self.income[voucher.payee] += from_lane + from_free
        return from_lane + from_free


@dataclass
class FakeOutbox:
    """Mines when the test says so; what it was given outlives the agent, as a file would."""

    ledger: FakeLedger
    eager: bool = True
    jobs: dict[str, Call] = field(default_factory=dict)
    mined: dict[str, Receipt] = field(default_factory=dict)
    batches: dict[bytes, Sequence[SignedVoucher]] = field(default_factory=dict)

    def submit(self, call: Call, key: str) -> None:
        """As the real one: checked when it is new, kept under its key."""
        if key in self.jobs:
            assert self.jobs[key] == call
            return
        trial = replace(
            self.ledger, balances=dict(self.ledger.balances), lanes=dict(self.ledger.lanes),
            paid=self.ledger.paid.copy(), income=Counter(),
        )  # fmt: skip
        trial.collect(_vouchers(call))
        self.jobs[key] = call
        if self.eager:
            self.mine()

    def mine(self) -> None:
        """Everything that waits is in the next block."""
        for key, call in self.jobs.items():
            if key not in self.mined:
                self.ledger.collect(_vouchers(call))
                self.mined[key] = Receipt(key, call.action, "0x01", 1, 50_000, 1, self.ledger.block, None)

    def wait(self, key: str, _: float | None = None) -> Receipt:
        """The receipt, or `NotMined`."""
        if key not in self.mined:
            raise NotMined("Still pending.")
        return self.mined[key]


def _vouchers(call: Call) -> list[SignedVoucher]:
    return eval(call.data.decode(), {"SignedVoucher": SignedVoucher, "Voucher": Voucher})  # type: ignore[no-any-return]  # noqa: S307


def signed(cumulative: int, signer: LocalAccount = READER, **changed: Any) -> SignedVoucher:
    """A voucher of the reader's for the deal, but for what the test changes."""
    usual: dict[str, Any] = {
        "payer": READER.address, "payee": HOLDER, "subject": DEAL, "expiry": BLOCK + 10 * MARGIN,
    }  # fmt: skip
    return DOMAIN.sign(signer, Voucher(cumulative=cumulative, **usual | changed))


def purse(
    folder: Path, limits: Limits = NO_LIMITS, most: int = 10**30, day: int = 1, **more: Any
) -> tuple[Purse, Book]:
    """The reader's purse on what is on the disk, as after a restart."""
    book = Book(folder / "reader.sqlite")
    payer = Payer(READER.address, READER, DOMAIN, book, limits)
    return Purse(payer, most, lambda: BLOCK, lambda _: None, today=lambda: day, **more), book


def till(folder: Path, ledger: FakeLedger, told: list[Event] | None = None, **more: Any) -> tuple[Till, Book]:
    """The holder's till on what is on the disk, as after a restart."""
    book = Book(folder / "holder.sqlite")
    emit = told.append if told is not None else lambda _: None
    return Till(ledger, DOMAIN, book, emit, **{"margin": MARGIN, "fresh": 0.0, **more}), book
