"""`xmbl stake`: XMBL bonded behind an operator, and what each market may lock of it."""

from dataclasses import asdict
from typing import Any

import click

from xmbl.cli.frame import group, looking, sending
from xmbl.cli.output import facts
from xmbl.cli.sending import Check, enough, send
from xmbl.cli.session import Session
from xmbl.errors import UsageError
from xmbl.units import STAKE_UNIT, Wei, format_amount, parse_amount


@group
def command() -> None:
    """Bond XMBL behind your operator and limit what markets may lock."""


def parse_stake(text: str) -> Wei:
    """An amount that Staking can count: a multiple of 10^9 wei."""
    amount = parse_amount(text)
    if amount % STAKE_UNIT or not amount:
        raise UsageError(f"{text} isn't a positive multiple of 1 gwei (10^9 wei), in which stake is counted.")
    return amount


@command.command()
@click.argument("amount", type=parse_stake)
@sending
def add(session: Session, amount: Wei) -> None:
    """Bond AMOUNT behind the wallet as an operator."""
    token, staking, address = session.token(), session.staking(), session.address()
    checks = [enough("balance of XMBL", token.balance_of(address), amount, "Get more, or stake less.")]
    calls = [staking.stake(amount, staking.stake_of(address).commission)]
    if token.allowance(address, staking.address) < amount:
        calls.insert(0, token.approve(staking.address, amount))
    _finish(session, send(session, *calls, checks=checks), f"Staked {format_amount(amount)}.")


@command.command()
@click.argument("market")
@click.argument("limit", type=parse_amount)
@sending
def authorize(session: Session, market: str, limit: Wei) -> None:
    """Let MARKET lock up to LIMIT of the stake as collateral: `deals`, or an address.

    The agent's key signs terms within this limit: whoever steals it can lose that much of the stake,
    part of it to an accomplice.
    """
    target = session.resolve(market)
    transactions = send(
        session, session.staking().authorize(target, limit), checks=[_market(session, target)]
    )
    _finish(session, transactions, f"{target} may lock up to {format_amount(limit)}.")


@command.command()
@click.argument("amount", type=parse_stake)
@sending
def thaw(session: Session, amount: Wei) -> None:
    """Begin to take AMOUNT out of the stake; a second thaw starts the wait anew."""
    transactions = send(session, session.staking().thaw(amount))
    held = session.staking().stake_of(session.address())
    blocks = max(0, held.thaw_until - session.chain().block_number())
    _finish(session, transactions, f"{format_amount(held.thawing)} thaw for {blocks} blocks more.")


@command.command()
@sending
def withdraw(session: Session) -> None:
    """Take what has thawed back into the wallet."""
    held = session.staking().stake_of(session.address())
    transactions = send(session, session.staking().withdraw(), checks=[_thawed(session, held.thaw_until)])
    _finish(session, transactions, f"Withdrew {format_amount(held.thawing)}.")


@command.command()
@sending
def claim(session: Session) -> None:
    """Take what is owed to the wallet from slashed operators."""
    owed = session.staking().owed(session.address())
    check = enough("sum owed", owed, 1, "Nobody who wronged you was slashed since your last claim.")
    transactions = send(session, session.staking().collect(), checks=[check])
    _finish(session, transactions, f"Claimed {format_amount(owed)}.")


@command.command()
@click.argument("operator", required=False)
@looking
def show(session: Session, operator: str | None) -> None:
    """Show the stake of OPERATOR, by default the wallet: bonded, locked, thawing, owed."""
    address = session.resolve(operator) if operator else session.address()
    staking = session.staking()
    held, owed = staking.stake_of(address), staking.owed(address)
    lock = staking.lock_of(address, session.deployment().deals)
    shown = [
        ("operator", address),
        ("staked", format_amount(held.own)),
        ("locked by markets", format_amount(held.locked)),
        ("deals may lock", f"{format_amount(lock.limit)}, locks {format_amount(lock.locked)}"),
        ("thawing", _thawing(session, held.thawing, held.thaw_until)),
        ("owed, to be claimed", format_amount(owed)),
    ]
    document = {
        "operator": address,
        "staked_wei": held.own,
        "locked_wei": held.locked,
        "thawing_wei": held.thawing,
        "thaw_until_block": held.thaw_until,
        "owed_wei": owed,
        "deals": {f"{name}_wei": amount for name, amount in asdict(lock).items()},
    }
    session.out.result(document, facts(shown))


def _thawing(session: Session, amount: int, until: int) -> str:
    if not amount:
        return format_amount(0)
    left = max(0, until - session.chain().block_number())
    when = f"for {left} blocks more" if left else "done: `xmbl stake withdraw`"
    return f"{format_amount(amount)}, {when}"


def _market(session: Session, target: str) -> Check:
    if session.staking().is_market(target):
        return Check("a market of this stake", target)
    error = UsageError(f"{target} isn't a market that Staking knows; `deals` is one.")
    return Check("a market of this stake", "no", error)


def _thawed(session: Session, until: int) -> Check:
    left = until - session.chain().block_number()
    if left <= 0:
        return Check("thawed", f"since block {until}")
    return Check(
        "thawed", "not yet", UsageError(f"The stake thaws for {left} blocks more, until block {until}.")
    )


def _finish(session: Session, transactions: list[dict[str, Any]], sentence: str) -> None:
    held = session.staking().stake_of(session.address())
    session.out.result({"staked_wei": held.own, "transactions": transactions}, sentence)
