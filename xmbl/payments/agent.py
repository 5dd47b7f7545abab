"""The payee's agent: it redeems what it holds, in batches that are worth their gas and before it is too late.

Each `step`, none of which waits for anything to be mined:

    finish   look at the batches that are on their way; learn from the chain what they paid
    drop     vouchers past their expiry, which nothing can redeem any more
    begin    for each payee the batch that the policy chooses, on the disk before it is sent

Every batch goes through the outbox under a key of its own, so a step can die anywhere and the next goes on.
"""

from collections.abc import Callable, Container
from dataclasses import dataclass, field
from enum import Enum

from xmbl.chain.outbox import Outbox, Receipt
from xmbl.crypto.typed_data import Voucher
from xmbl.errors import FeeCeiling, InsufficientFunds, NotMined, Reverted
from xmbl.events import Emit
from xmbl.payments.book import Batch, Book
from xmbl.payments.events import RedeemDelayed, VoucherLapsed, VouchersRedeemed
from xmbl.payments.ledger import Ledger
from xmbl.payments.policy import Thrift, to_redeem
from xmbl.payments.standings import collectable
from xmbl.payments.till import MARGIN


class Point(Enum):
    """Where the agent can die."""

    CHOSEN = 1
    BEGUN = 2
    SENT = 3
    MINED = 4
    LEARNT = 5


@dataclass(frozen=True, slots=True)
class Habits:
    """How the agent works: a voucher is redeemed at the latest when it lasts `margin` blocks more, and looked
    at every `look` blocks."""

    thrift: Thrift = field(default_factory=Thrift)
    margin: int = MARGIN
    look: int = 25


class PaymentsAgent:
    """Redeems what is in `book`, out of the account of `outbox`: anyone may redeem for a payee."""

    def __init__(
        self, ledger: Ledger, book: Book, outbox: Outbox, habits: Habits, emit: Emit,
        *, reached: Callable[[Point], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._book = book
        self._outbox = outbox
        self._habits = habits
        self._emit = emit
        self._reached = reached
        self._looked = -1
        self._told: dict[str, str] = {}

    def step(self) -> None:
        """Do what is due at the newest block; `ChainError` when the chain can't be read."""
        block = self._ledger.block_number()
        for batch in self._book.batches():
            self._finish(batch)
        if self._looked < 0 or block - self._looked >= min(
            self._habits.look, max(1, self._habits.margin // 4)
        ):
            self._looked = block
            self._drop(block)
            self._begin(block)

    def _finish(self, batch: Batch) -> None:
        try:
            self._outbox.submit(self._ledger.redeem(batch.payee, batch.vouchers), batch.key)
            self._reached(Point.SENT)
            receipt = self._outbox.wait(batch.key, 0)
        except NotMined:
            return
        except Reverted as error:
            self._revert(batch, error)
        except (FeeCeiling, InsufficientFunds) as error:
            self._tell(batch.payee, str(error))
        else:
            self._reached(Point.MINED)
            self._learn(batch, receipt)

    def _revert(self, batch: Batch, error: Reverted) -> None:
        """One bad voucher takes a batch with it: the others go on one by one."""
        self._book.finish(batch)
        self._tell(batch.payee, str(error))
        if len(batch.vouchers) > 1:
            for number, signed in enumerate(batch.vouchers):
                self._book.begin(Batch(f"{batch.key}:{number}", batch.payee, (signed,)))

    def _learn(self, batch: Batch, receipt: Receipt) -> None:
        paid = 0
        for signed in batch.vouchers:
            voucher = signed.voucher
            held = self._book.held(voucher.payer, voucher.payee, voucher.subject)
            now = self._ledger.redeemed(voucher, receipt.block)
            paid += now - (held.redeemed if held else now)
            self._book.redeemed(voucher, now)
        self._reached(Point.LEARNT)
        self._book.finish(batch)
        self._told.pop(batch.payee, None)
        self._emit(VouchersRedeemed(batch.payee, len(batch.vouchers), paid, receipt.gas_used, receipt.hash))

    def _drop(self, block: int) -> None:
        for held in self._book.open():
            voucher = held.signed.voucher
            if voucher.expiry < block:
                self._book.lapse(voucher)
                self._emit(VoucherLapsed(voucher.payer, voucher.subject, held.owed))

    def _begin(self, block: int) -> None:
        busy = {batch.payee for batch in self._book.batches()}
        found = collectable(self._ledger, self._book, block, busy)
        fee = self._ledger.gas_price() if found else 0
        for payee in sorted({due.voucher.payee for due in found}):
            mine = [due for due in found if due.voucher.payee == payee]
            chosen = to_redeem(mine, block, self._habits.margin, fee, self._habits.thrift)
            self._redeem(payee, {due.voucher for due in chosen}, block)

    def _redeem(self, payee: str, chosen: Container[Voucher], block: int) -> None:
        # a better voucher may have come since: then it is looked at next time
        vouchers = tuple(held.signed for held in self._book.open() if held.signed.voucher in chosen)
        if vouchers:
            self._reached(Point.CHOSEN)
            # one outbox may send to two ledgers
            ledger = self._ledger.redeem(payee, vouchers).to
            batch = Batch(f"redeem:{ledger}:{payee}:{block}", payee, vouchers)
            self._book.begin(batch)
            self._reached(Point.BEGUN)
            self._finish(batch)

    def _tell(self, payee: str, reason: str) -> None:
        """Say why a payee's vouchers wait, once for each reason."""
        if self._told.get(payee) != reason:
            self._told[payee] = reason
            self._emit(RedeemDelayed(payee, reason))
