"""`xmbl split`: income shared by fixed weights, in an account that needs no creation."""

from typing import Any

import click

from xmbl.cli import splits
from xmbl.cli.frame import group, looking, online, sending
from xmbl.cli.output import Table, facts
from xmbl.cli.sending import enough, send
from xmbl.cli.session import Session
from xmbl.cli.splits import Split
from xmbl.errors import UsageError
from xmbl.units import format_amount


@group
def command() -> None:
    """Share income by fixed shares, without a contract of your own."""


@command.command()
@click.argument("shares", nargs=-1, required=True, metavar="ADDRESS=SHARE...")
@looking
def address(session: Session, shares: tuple[str, ...]) -> None:
    """Give the address of a split, and remember it.

    A share is a percent (ADDRESS=12.5%) or a weight of 10^6; a recipient may be an address, a wallet's
    name or another split. Pay into the split inside Payments (`xmbl pay transfer`, or as a node's payee).
    """
    split = splits.parse_split([_named(session, share) for share in shares])
    found = session.payments().split_account(split.recipients, split.weights)
    splits.remember(session.folders, found, split)
    session.out.result(_document(found, split), found)


@command.command()
@click.argument("split", required=False)
@online
def show(session: Session, split: str | None) -> None:
    """Show a known SPLIT with its shares and what waits in it; without one, list all."""
    known = splits.known(session.folders)
    if split is None:
        rows = [(each, str(len(known[each].recipients)), _waiting(session, each)) for each in known]
        table = Table(
            ("SPLIT", "RECIPIENTS", "WAITING"), rows, "No split is known; `xmbl split address` makes one."
        )
        session.out.result({"splits": [_document(each, known[each]) for each in known]}, table)
        return
    found, shares = _known(session, split)
    waiting = session.payments().balance_of(found)
    shown = [("split", found), ("waiting", format_amount(waiting))]
    table = Table(("RECIPIENT", "SHARE"), shares.shares(), "")
    session.out.result({**_document(found, shares), "waiting_wei": waiting}, facts(shown), table)


@command.command()
@click.argument("split")
@sending
def distribute(session: Session, split: str) -> None:
    """Pay what waits in a known SPLIT out to its recipients; anyone may."""
    found, shares = _known(session, split)
    waiting = session.payments().balance_of(found)
    call = session.payments().distribute(shares.recipients, shares.weights)
    check = enough("income that waits", waiting, 1, "Nothing was paid in since the last distribution.")
    transactions = send(session, call, checks=[check])
    paid = waiting - session.payments().balance_of(found)
    document = {"split": found, "paid_wei": paid, "transactions": transactions}
    session.out.result(document, f"Distributed {format_amount(paid)} to {len(shares.recipients)} recipients.")


def _named(session: Session, share: str) -> tuple[str, str]:
    who, sign, part = share.rpartition("=")
    if not sign:
        raise UsageError(f"{share!r} isn't ADDRESS=SHARE; write for example 0x…=50%.")
    return session.resolve(who), part


def _known(session: Session, text: str) -> tuple[str, Split]:
    known = splits.known(session.folders)
    found = session.resolve(text)
    if found not in known:
        raise UsageError(f"The shares of {found} aren't known here; give them once to `xmbl split address`.")
    return found, known[found]


def _waiting(session: Session, found: str) -> str:
    return format_amount(session.payments().balance_of(found))


def _document(found: str, split: Split) -> dict[str, Any]:
    shares = [
        {"recipient": who, "weight": weight}
        for who, weight in zip(split.recipients, split.weights, strict=True)
    ]
    return {"split": found, "shares": shares}
