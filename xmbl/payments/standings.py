"""What the chain says of payers, asked at most once in a while for each: a voucher isn't worth a call."""

import threading
import time
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass, field

from xmbl.payments.book import Book
from xmbl.payments.dues import dues
from xmbl.payments.ledger import Ledger
from xmbl.payments.policy import Due, Standing

KNOWN = 10_000
"""Payers that are remembered; whoever comes beyond them, the oldest look is forgotten."""


@dataclass(frozen=True, slots=True)
class _Look:
    at: float
    standing: Standing


@dataclass
class Standings:
    """Looks that are good for `fresh` seconds by `clock`; safe to use from several threads."""

    ledger: Ledger
    book: Book
    fresh: float
    clock: Callable[[], float] = time.monotonic
    _looks: dict[tuple[str, str, str], _Look] = field(default_factory=dict)
    _looking: threading.Lock = field(default_factory=threading.Lock)

    def of(self, payer: str, payee: str, signer: str) -> Standing:
        """How the payer stands with its payees here, `payee` among them, and this signer of it."""
        with self._looking:
            found = self._looks.get((payer, payee, signer))
        if found is None or self.clock() - found.at > self.fresh:
            # the chain may be slow: nobody else waits for this payer's look
            found = _Look(self.clock(), self._look(payer, payee, signer))
            self._remember((payer, payee, signer), found)
        return found.standing

    def _remember(self, who: tuple[str, str, str], look: _Look) -> None:
        with self._looking:
            self._looks.pop(who, None)
            self._looks[who] = look
            while len(self._looks) > KNOWN:
                del self._looks[next(iter(self._looks))]

    def _look(self, payer: str, payee: str, signer: str) -> Standing:
        block = self.ledger.block_number()
        held = self.book.open(payer)
        for one in held:
            # anybody may have redeemed it meanwhile
            self.book.redeemed(one.signed.voucher, self.ledger.redeemed(one.signed.voucher, block))
        payees = {payee, *(one.signed.voucher.payee for one in held)}
        signers = {signer, *(one.signer for one in held)}
        return standing(self.ledger, payer, payees, signers, block)


def standing(
    ledger: Ledger, payer: str, payees: Iterable[str], signers: Iterable[str], block: int
) -> Standing:
    """How a payer stands at a block; reads the chain."""
    return Standing(
        block,
        ledger.free(payer, block),
        {payee: ledger.lane(payer, payee, block) for payee in payees},
        {signer: ledger.signer_until(payer, signer, block) for signer in signers if signer != payer},
    )


def collectable(ledger: Ledger, book: Book, block: int, busy: Container[str] = ()) -> list[Due]:
    """What the vouchers in the book would bring at a block, but for those to `busy` payees.

    The book learns what the chain has paid for them meanwhile.
    """
    waiting = {each.signed.voucher.payer for each in book.open() if each.signed.voucher.payee not in busy}
    found = [due for payer in sorted(waiting) for due in _of_payer(ledger, book, payer, block)]
    return [due for due in found if due.voucher.payee not in busy]


def _of_payer(ledger: Ledger, book: Book, payer: str, block: int) -> list[Due]:
    for each in book.open(payer):
        book.redeemed(each.signed.voucher, ledger.redeemed(each.signed.voucher, block))
    held = book.open(payer)
    payees = {each.signed.voucher.payee for each in held}
    return dues(standing(ledger, payer, payees, {each.signer for each in held}, block), held)
