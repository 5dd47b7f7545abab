"""The payer's side: vouchers signed within limits, each promise on the disk before its signature leaves."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING

from xmbl.crypto.typed_data import ReadQuote, Voucher
from xmbl.errors import Corrupt, Refused
from xmbl.events import Emit
from xmbl.payments.book import Book, Promise
from xmbl.payments.events import VoucherSigned
from xmbl.payments.policy import Limits
from xmbl.payments.wire import Domain, SignedVoucher
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

LASTS = 100_800
"""Blocks that a voucher is good for, two weeks on mainnet: a payer gains nothing by less."""

_DAY = 86_400


class Point(Enum):
    """Where a payer can die."""

    PROMISED = 1
    SIGNED = 2


@dataclass(frozen=True)
class Payer:
    """An account that pays, who signs for it (itself, or a hot signer that it authorized), and what it has
    promised in `book`, within `limits`."""

    address: str
    signer: "LocalAccount"
    domain: Domain
    book: Book
    limits: Limits


class Purse:
    """Pays what it is asked for, up to `most` wei in all.

    `block` tells the newest block; `today` the day that a limit counts.
    """

    def __init__(
        self, payer: Payer, most: int, block: Callable[[], int], emit: Emit,
        *, today: Callable[[], int] = lambda: int(time.time()) // _DAY,
        reached: Callable[[Point], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._payer = payer
        self._left = most
        self._block = block
        self._emit = emit
        self._today = today
        self._reached = reached
        self._levels: dict[tuple[str, bytes], int] = {}
        self._quotes: dict[tuple[str, bytes], ReadQuote] = {}
        self._untold: int | None = None
        self._paying = threading.Lock()

    @property
    def address(self) -> str:
        """Whose money it is."""
        return self._payer.address

    @property
    def left(self) -> int:
        """Wei that it may still pay."""
        return self._left

    def bound(self, most: int, untold: int = 0) -> None:
        """From here on pay `most` wei at most, and no more than what was left, at the prices told before; who
        told none gets `untold` wei for a MiB at most."""
        self._left = min(self._left, most)
        self._untold = untold

    def agrees(self, quote: ReadQuote) -> bool:
        """Whether neither price nor window is higher than in the first quote that was told for a deal.

        Else a window could come to cost what was allowed for everything.
        """
        most = quote.egress if self._untold is None else min(quote.egress, self._untold)
        first = self._quotes.setdefault((quote.payee, quote.deal), replace(quote, egress=most))
        return quote.egress <= first.egress and quote.window <= first.window

    def pay(self, payee: str, subject: bytes, amount: int) -> SignedVoucher:
        """A voucher for `amount` wei more than the payee has; `Refused` beyond a limit.

        What is promised counts from here on, whether or not the voucher arrives.
        """
        expiry = self._block() + LASTS
        with self._paying:
            cumulative = self._level(payee, subject) + amount
            promised = self._promised(Promise(payee, subject, cumulative))
            self._levels[payee, subject] = cumulative
        self._reached(Point.PROMISED)
        signed = self._payer.domain.sign(
            self._payer.signer, Voucher(self._payer.address, payee, cumulative, subject, expiry)
        )
        self._emit(VoucherSigned(payee, subject, cumulative, promised))
        self._reached(Point.SIGNED)
        return signed

    def recall(self, payee: str, subject: bytes, shown: SignedVoucher | None, redeemed: int) -> None:
        """Go on from what a payee has: the best voucher of ours that it shows, or what the chain has paid it.

        What was promised beyond that never arrived, or so it says: it needs no second promise, and a payee
        that hides a better voucher only gets a worse one.
        """
        ours = shown is not None and self._is_ours(shown, payee, subject)
        cumulative = max(redeemed, shown.voucher.cumulative if shown and ours else 0)
        # the book may be younger than the voucher, if an older one was lost
        self._payer.book.recall(Promise(payee, subject, cumulative))
        self._levels[payee, subject] = cumulative

    def _level(self, payee: str, subject: bytes) -> int:
        found = self._levels.get((payee, subject))
        return self._payer.book.promised(payee, subject) if found is None else found

    def _promised(self, promise: Promise) -> int:
        """The wei that this promises beyond what was promised before."""
        book = self._payer.book
        more = max(0, promise.cumulative - book.promised(promise.payee, promise.subject))
        if more > self._left:
            raise Refused(
                f"Not paid, since {format_amount(more)} more is above what is left for this,"
                f" {format_amount(self._left)}; allow a higher cost."
            )
        more = book.promise(promise, self._payer.limits, self._today())
        self._left -= more
        return more

    def _is_ours(self, shown: SignedVoucher, payee: str, subject: bytes) -> bool:
        voucher = shown.voucher
        try:
            signer = self._payer.domain.signer(shown)
        except Corrupt:
            return False
        return signer in (self.address, self._payer.signer.address) and (
            voucher.payer,
            voucher.payee,
            voucher.subject,
        ) == (self.address, payee, subject)
