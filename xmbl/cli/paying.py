"""Opens what a wallet pays and is paid by vouchers with: its book, its limits, its purse."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from xmbl import config
from xmbl.cli.sending import Check, enough
from xmbl.cli.session import Session
from xmbl.errors import UsageError
from xmbl.units import parse_amount

if TYPE_CHECKING:
    from xmbl.events import Emit
    from xmbl.payments.book import Book
    from xmbl.payments.client import Purse
    from xmbl.payments.ledger import Ledger
    from xmbl.payments.policy import Limits
    from xmbl.payments.wire import Domain, SignedVoucher

LIMITS = ("deal_limit", "payee_limit", "day_limit")


def limits(session: Session) -> "Limits":
    """What the user lets vouchers promise at most."""
    from xmbl.payments.policy import Limits

    settings = config.load_settings(session.folders)
    deal, payee, day = (parse_amount(getattr(settings, name)) for name in LIMITS)
    return Limits(peer=payee, subject=deal, day=day)


def book(session: Session, account: str = "") -> "Book":
    """What the wallet, or an account that it is a hot signer of, promised and was promised on this network.

    Vouchers name all that one payer promised: so each payer has a book, whoever signs for it.
    """
    from xmbl.payments.book import Book, book_path

    owner, payments = account or session.address(), session.payments().address
    return Book(book_path(session.folders.state, session.chain(), owner, payments))


def domain(session: Session) -> "Domain":
    """What vouchers of this network are signed for."""
    from xmbl.payments.wire import Domain

    return Domain.of(session.chain().chain_id, session.payments().address)


def ledger(session: Session) -> "Ledger":
    """The chain as vouchers see it."""
    from xmbl.payments.ledger import ChainLedger

    return ChainLedger(session.chain(), session.payments())


def purse(session: Session, most: int, emit: "Emit", payer: str = "") -> "Purse":
    """A purse with `most` wei; asks for the wallet's password. It signs for `payer`, or for itself."""
    from xmbl.payments.client import Payer, Purse

    account, block = session.account(), session.chain().block_number()
    owner = payer or account.address
    who = Payer(owner, account, domain(session), book(session, owner), limits(session))
    return Purse(who, most, lambda: block, emit)


def require_signer(session: Session, payer: str) -> None:
    """`UsageError` unless the wallet may sign vouchers for a payer: nobody would take them."""
    me, block = session.address(), session.chain().block_number()
    if me != payer and session.payments().signer_until(payer, me) <= block:
        raise UsageError(
            f"{me} may not sign for {payer}, whose owner allows it by `xmbl pay signer authorize {me}`."
        )


def remember(session: Session, payer: str, payee: str, subject: bytes) -> None:
    """What the chain has paid was promised, though the book may be younger, or another signer's."""
    from xmbl.payments.book import Promise

    redeemed = session.payments().redeemed(payer, payee, subject)
    book(session, payer).recall(Promise(payee, subject, redeemed))


def cover(session: Session, payer: str, payee: str, amount: int) -> Check:
    """Whether account and lane cover `amount` wei more than what was promised to the payee before."""
    block = session.chain().block_number()
    held = ledger(session).free(payer, block) + ledger(session).lane(payer, payee, block).amount
    promised = _outstanding(session, payer, payee)
    return enough(
        "account and lane, for all vouchers to this payee", held, promised + amount,
        "Fill the account with `xmbl pay deposit`.",
    )  # fmt: skip


def _outstanding(session: Session, payer: str, payee: str) -> int:
    """What a payer promised to a payee and isn't redeemed."""
    from xmbl.crypto.typed_data import Voucher

    block, found = session.chain().block_number(), 0
    for promise in book(session, payer).promises():
        if promise.payee == payee:
            voucher = Voucher(payer, payee, promise.cumulative, promise.subject, 0)
            found += max(0, promise.cumulative - ledger(session).redeemed(voucher, block))
    return found


def voucher_in(path: Path) -> "SignedVoucher":
    """The voucher in a file; `UsageError` if it holds none."""
    from xmbl.payments.wire import SignedVoucher

    return SignedVoucher.parse(path.read_text(encoding="utf-8", errors="replace"))


def subject_of(text: str) -> bytes:
    """32 bytes from 0x and 64 hexadecimal digits; nothing means all zeros."""
    with suppress(ValueError):
        found = bytes.fromhex(text.removeprefix("0x"))
        if not text or len(found) == 32:
            return found.rjust(32, b"\0")
    raise UsageError(f"{text!r} is no subject; give 0x and 64 hexadecimal digits, as a deal's id has.")
