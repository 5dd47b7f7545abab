"""`xmbl pay voucher`: signed promises of a cumulative amount, given and taken without a transaction."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from xmbl.cli import paying
from xmbl.cli.frame import FILE, group, looking, sending
from xmbl.cli.output import Table, facts
from xmbl.cli.sending import prepare, require_agreement, transmit
from xmbl.cli.session import Session
from xmbl.errors import Refused, UsageError
from xmbl.units import Wei, format_amount, parse_amount

if TYPE_CHECKING:
    from xmbl.payments.book import Held
    from xmbl.payments.wire import SignedVoucher


@group
def command() -> None:
    """Sign, look at and redeem vouchers."""


@command.command()
@click.argument("payee")
@click.argument("amount", type=parse_amount)
@click.option("--subject", default="", metavar="HEX", help="What is paid for, as a deal's id; else nothing.")
@click.option("--payer", help="Whose money it is, where the wallet is a hot signer of it.")
@sending
def sign(session: Session, payee: str, amount: Wei, subject: str, payer: str | None) -> None:
    """Promise PAYEE an AMOUNT more, by a voucher that is printed.

    Whoever has it can fetch the money for PAYEE. Vouchers to a payee for a subject add up:
    each names all that was promised so far.
    """
    target, about = session.resolve(payee), paying.subject_of(subject)
    who = session.resolve(payer) if payer else session.address()
    paying.require_signer(session, who)
    check = paying.cover(session, who, target, amount)
    session.out.note(f"Promise {target} another {format_amount(amount)} of {who}, without a transaction.")
    if check.error:
        raise check.error
    if session.choices.dry_run:
        document = {"dry_run": True, "checks": [{"name": check.name, "detail": check.detail}]}
        session.out.result(document, "Everything is in order; nothing was signed.")
        return
    require_agreement(session)
    paying.remember(session, who, target, about)
    signed = paying.purse(session, amount, lambda _: None, who).pay(target, about, amount)
    document = signed.document()
    session.out.result({"voucher": document}, json.dumps(document))


@command.command()
@click.argument("file", type=FILE)
@looking
def show(session: Session, file: Path) -> None:
    """Show what the voucher in FILE says, who signed it, and what it would bring now."""
    signed = paying.voucher_in(file)
    brings, trouble = _brings(session, signed)
    voucher = signed.voucher
    shown = [
        ("payer", voucher.payer),
        ("payee", voucher.payee),
        ("subject", "0x" + voucher.subject.hex()),
        ("in all", format_amount(voucher.cumulative)),
        ("good up to", f"block {voucher.expiry}"),
        ("signed by", _signer(session, signed)),
        ("brings now", format_amount(brings) + (f"; {trouble}" if trouble else "")),
    ]
    document = {"voucher": signed.document(), "signer": shown[5][1], "brings_wei": brings, "trouble": trouble}
    session.out.result(document, facts(shown))


@command.command("list")
@click.option("--payer", help="Of whom, where the wallet is a hot signer of it; else of the wallet.")
@looking
def list_(session: Session, payer: str | None) -> None:
    """List what the wallet promised and what it was promised by vouchers."""
    book = paying.book(session, session.resolve(payer) if payer else "")
    block, ledger = session.chain().block_number(), paying.ledger(session)
    promised = book.promises()
    held = [(each, ledger.redeemed(each.signed.voucher, block)) for each in book.all_held()]
    out = Table(
        ("PROMISED TO", "SUBJECT", "IN ALL"),
        [(each.payee, _short(each.subject), format_amount(each.cumulative)) for each in promised],
        "Nothing was promised.",
    )
    into = Table(
        ("HELD OF", "SUBJECT", "IN ALL", "PAID", "UP TO BLOCK"),
        [_held_row(each, paid) for each, paid in held],
        "No voucher is held.",
    )
    document = {
        "promised": [
            {"payee": each.payee, "subject": "0x" + each.subject.hex(), "cumulative_wei": each.cumulative}
            for each in promised
        ],
        "held": [{"voucher": each.signed.document(), "redeemed_wei": paid} for each, paid in held],
    }
    session.out.result(document, out, into)


@command.command()
@click.argument("file", required=False, type=FILE)
@sending
def redeem(session: Session, file: Path | None) -> None:
    """Fetch what the voucher in FILE brings its payee, or all that the wallet holds; anyone may.

    A running node redeems its operator's vouchers by itself when that is worth the gas.
    """
    vouchers = [paying.voucher_in(file)] if file else [each.signed for each in paying.book(session).open()]
    brings = {signed: _brings(session, signed) for signed in vouchers}
    if file and brings[vouchers[0]][1]:
        raise Refused(f"The voucher brings nothing: {brings[vouchers[0]][1]}.")
    good = [signed for signed in vouchers if brings[signed][0]]
    if not good:
        raise UsageError("No voucher brings anything now; `xmbl pay voucher list` shows what is held.")
    calls = [session.payments().redeem(signed.voucher, signed.signature) for signed in good]
    before = _paid(session, good)
    prepare(session, calls, [])
    transactions = transmit(session, calls)
    paid = _paid(session, good) - before
    session.out.result(
        {"paid_wei": paid, "transactions": transactions}, f"{format_amount(paid)} arrived in Payments."
    )


def _brings(session: Session, signed: "SignedVoucher") -> tuple[int, str]:
    """What a voucher would bring now in wei, and why it brings nothing if so."""
    from xmbl.payments.book import Held
    from xmbl.payments.dues import dues
    from xmbl.payments.standings import standing

    voucher, ledger, block = signed.voucher, paying.ledger(session), session.chain().block_number()
    signer = _signer(session, signed)
    held = Held(signed, signer, ledger.redeemed(voucher, block))
    found = standing(ledger, voucher.payer, [voucher.payee], [signer], block)
    due = dues(found, [held])
    if due:
        return due[0].brings, ""
    if not held.owed:
        return 0, "it is redeemed"
    if voucher.expiry < block:
        return 0, f"it expired after block {voucher.expiry}"
    if signer != voucher.payer and found.signers[signer] <= block:
        return 0, f"{signer} may not sign for {voucher.payer}"
    return 0, "the payer has nothing left"


def _signer(session: Session, signed: "SignedVoucher") -> str:
    return paying.domain(session).signer(signed)


def _paid(session: Session, vouchers: "list[SignedVoucher]") -> int:
    block, ledger = session.chain().block_number(), paying.ledger(session)
    return sum(ledger.redeemed(signed.voucher, block) for signed in vouchers)


def _held_row(held: "Held", paid: int) -> tuple[str, ...]:
    voucher = held.signed.voucher
    amounts = format_amount(voucher.cumulative), format_amount(paid)
    return voucher.payer, _short(voucher.subject), *amounts, str(voucher.expiry)


def _short(subject: bytes) -> str:
    return f"0x{subject.hex()[:8]}…" if any(subject) else "-"
