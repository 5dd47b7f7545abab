"""The payee's side: a voucher is checked, and on the disk, before what it pays for is given out."""

from collections.abc import Callable
from enum import Enum

from xmbl.crypto.typed_data import Voucher
from xmbl.errors import Corrupt, Refused
from xmbl.events import Emit
from xmbl.payments.book import Book
from xmbl.payments.events import VoucherHeld, VoucherRefused
from xmbl.payments.ledger import Ledger
from xmbl.payments.policy import Presented, Tab, Window, check
from xmbl.payments.standings import Standings
from xmbl.payments.wire import Domain, SignedVoucher

MARGIN = 600
"""Blocks for which everything that a voucher rests on must still last: a congested hour or two."""

FRESH = 2.0
"""Seconds that a look at a payer's account is good for."""


class Point(Enum):
    """Where a payee can die."""

    CHECKED = 1
    HELD = 2


class Till:
    """Takes vouchers; a look at the chain is good for `fresh` seconds. Safe to use from several threads."""

    def __init__(
        self, ledger: Ledger, domain: Domain, book: Book, emit: Emit,
        *, margin: int = MARGIN, fresh: float = FRESH, reached: Callable[[Point], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._ledger = ledger
        self._domain = domain
        self._book = book
        self._emit = emit
        self._margin = margin
        self._reached = reached
        self._standings = Standings(ledger, book, fresh)

    def best(self, payer: str, payee: str, subject: bytes) -> SignedVoucher | None:
        """What the payer signed last for a subject, for it to go on from."""
        held = self._book.held(payer, payee, subject)
        # beyond it the chain has seen more: only the payer knows how much it signed
        return held.signed if held and held.redeemed <= held.signed.voucher.cumulative else None

    def take(self, signed: SignedVoucher, window: Window) -> None:
        """The window is paid: the voucher is on the disk. `Refused` says why it isn't."""
        try:
            signer = self._signer(signed)
            self._take(signed, signer, window)
        except Refused as refused:
            voucher = signed.voucher
            self._emit(VoucherRefused(voucher.payer, voucher.subject, str(refused)))
            raise

    def _signer(self, signed: SignedVoucher) -> str:
        try:
            return self._domain.signer(signed)
        except Corrupt as error:
            raise Refused(str(error)) from None

    def _take(self, signed: SignedVoucher, signer: str, window: Window) -> None:
        voucher = signed.voucher
        standing = self._standings.of(voucher.payer, window.payee, signer)
        place = (voucher.payer, window.payee, window.subject)
        redeemed = 0 if self._book.held(*place) else self._ledger.redeemed(voucher, standing.block)
        with self._book.atomically():
            held = self._book.held(*place)
            redeemed = held.redeemed if held else redeemed
            best = max(redeemed, held.signed.voucher.cumulative if held else 0)
            tab = self._tab(voucher, best, redeemed)
            check(Presented(voucher, signer), window, tab, standing, self._margin)
            self._reached(Point.CHECKED)
            self._book.hold(signed, signer, redeemed)
        self._reached(Point.HELD)
        self._emit(VoucherHeld(voucher.payer, voucher.subject, voucher.cumulative, voucher.cumulative - best))

    def _tab(self, voucher: Voucher, best: int, redeemed: int) -> Tab:
        owed = self._book.owed(voucher.payer, beside=voucher)
        owed[voucher.payee] = owed.get(voucher.payee, 0) + voucher.cumulative - redeemed
        return Tab(best, owed)
