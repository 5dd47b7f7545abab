"""`xmbl pay`: the account in Payments, from which services are paid and into which income arrives."""

from dataclasses import replace
from typing import Any

import click

from xmbl import config
from xmbl.cli import lane, paying, signer, voucher
from xmbl.cli.amounts import parse_some
from xmbl.cli.frame import group, local, looking, sending
from xmbl.cli.output import Table, facts
from xmbl.cli.sending import Check, enough, send
from xmbl.cli.session import Session
from xmbl.errors import UsageError
from xmbl.units import Wei, format_amount, parse_amount


@group
def command() -> None:
    """Fill and use your account in Payments, from which services are paid."""


@command.command()
@looking
def balance(session: Session) -> None:
    """Show what the wallet has in Payments."""
    held = session.payments().balance_of(session.address())
    document = {"address": session.address(), "balance_wei": held}
    session.out.result(document, facts([("account", session.address()), ("balance", format_amount(held))]))


@command.command()
@click.argument("amount", type=parse_some)
@sending
def deposit(session: Session, amount: Wei) -> None:
    """Move AMOUNT from the wallet into its account in Payments."""
    token, payments, address = session.token(), session.payments(), session.address()
    held = token.balance_of(address)
    checks = [enough("balance of XMBL", held, amount, "Get more, or deposit less.")]
    calls = [payments.deposit(amount)]
    if token.allowance(address, payments.address) < amount:
        calls.insert(0, token.approve(payments.address, amount))
    _finish(session, send(session, *calls, checks=checks), f"Deposited {format_amount(amount)}.")


@command.command()
@click.argument("amount", type=parse_some)
@sending
def withdraw(session: Session, amount: Wei) -> None:
    """Move AMOUNT from the account in Payments back into the wallet."""
    call = session.payments().withdraw(amount)
    transactions = send(session, call, checks=[_covered(session, amount)])
    _finish(session, transactions, f"Withdrew {format_amount(amount)}.")


@command.command()
@click.argument("to")
@click.argument("amount", type=parse_some)
@sending
def transfer(session: Session, to: str, amount: Wei) -> None:
    """Pay AMOUNT to TO inside Payments: an address, a wallet's name, or a split."""
    target = session.resolve(to)
    call = session.payments().transfer(target, amount)
    transactions = send(session, call, checks=[_covered(session, amount)])
    _finish(session, transactions, f"Paid {format_amount(amount)} to {target}.")


@command.command()
@click.argument("spender")
@click.argument("amount", type=parse_amount)
@sending
def approve(session: Session, spender: str, amount: Wei) -> None:
    """Let SPENDER (an address, or `deals`) take up to AMOUNT from the account."""
    target = session.resolve(spender)
    transactions = send(session, session.payments().approve(target, amount))
    _finish(session, transactions, f"{target} may take up to {format_amount(amount)}.")


@command.command()
@looking
def allowances(session: Session) -> None:
    """List who may take how much from the account."""
    from xmbl.chain.payments import Approved

    owner = session.address()
    approvals = session.payments().history(Approved, session.deployment().block, owner=owner)
    spenders = sorted({approval.spender for approval in approvals})
    allowed = {each: session.payments().allowance(owner, each) for each in spenders}
    open_ = {spender: amount for spender, amount in allowed.items() if amount}
    rows = [(spender, format_amount(amount)) for spender, amount in open_.items()]
    document = {"allowances": [{"spender": who, "amount_wei": amount} for who, amount in open_.items()]}
    session.out.result(document, Table(("SPENDER", "MAY TAKE"), rows, "Nobody may take anything."))


@command.command()
@click.argument("spender")
@sending
def revoke(session: Session, spender: str) -> None:
    """Take back what SPENDER was allowed."""
    target = session.resolve(spender)
    if not session.payments().allowance(session.address(), target):
        raise UsageError(f"{target} may take nothing as it is; `xmbl pay allowances` lists who may.")
    transactions = send(session, session.payments().approve(target, 0))
    _finish(session, transactions, f"{target} may take nothing any more.")


@command.command()
@click.option("--deal", type=parse_amount, metavar="AMOUNT", help="For one deal, in all.")
@click.option("--payee", type=parse_amount, metavar="AMOUNT", help="To one payee, in all.")
@click.option("--day", type=parse_amount, metavar="AMOUNT", help="To everybody, in a day.")
@local
def limits(session: Session, **given: Wei | None) -> None:
    """Show, or set, the most that vouchers may promise."""
    changed = {f"{name}_limit": format_amount(amount) for name, amount in given.items() if amount is not None}
    settings = replace(config.load_settings(session.folders), **changed)
    if changed:
        config.save_settings(session.folders, settings)
    found = {name: parse_amount(getattr(settings, name)) for name in paying.LIMITS}
    shown = [(name.replace("_limit", ""), format_amount(amount)) for name, amount in found.items()]
    session.out.result({f"{name}_wei": amount for name, amount in found.items()}, facts(shown))


for _each in (voucher, lane, signer):
    command.add_command(_each.command)


def _covered(session: Session, amount: int) -> Check:
    held = session.payments().balance_of(session.address())
    return enough("account in Payments", held, amount, "Fill it with `xmbl pay deposit`.")


def _finish(session: Session, transactions: list[dict[str, Any]], sentence: str) -> None:
    held = session.payments().balance_of(session.address())
    session.out.result(
        {"balance_wei": held, "transactions": transactions},
        f"{sentence} In Payments now: {format_amount(held)}.",
    )
