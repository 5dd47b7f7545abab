"""`xmbl pay lane`: money that waits for one payee, so that vouchers to it are sure to be paid."""

from typing import Any

import click

from xmbl.cli.foresight import about
from xmbl.cli.frame import group, looking, sending
from xmbl.cli.output import Table, counted, facts
from xmbl.cli.sending import enough, send
from xmbl.cli.session import Session
from xmbl.errors import UsageError
from xmbl.units import Wei, format_amount, parse_amount


@group
def command() -> None:
    """Set money aside for one payee, whose vouchers are then sure."""


@command.command()
@click.argument("payee")
@click.argument("amount", type=parse_amount)
@click.option(
    "--blocks", default=50_400, type=click.IntRange(1, 10**7), show_default=True,
    help="How long from now you leave it there.",
)  # fmt: skip
@sending
def reserve(session: Session, payee: str, amount: Wei, blocks: int) -> None:
    """Set AMOUNT more aside for PAYEE; 0 only makes the lane last longer. It can't be taken back before."""
    target, payments = session.resolve(payee), session.payments()
    account, lane = payments.account(session.address()), payments.lane(session.address(), target)
    if not amount and not lane.amount:
        raise UsageError(f"There is no lane to {target} yet; set more than 0 aside.")
    until = max(lane.until, session.chain().block_number() + blocks)
    check = enough("free account in Payments", account.free, amount, "Fill it with `xmbl pay deposit`.")
    transactions = send(session, payments.reserve(target, amount, until), checks=[check])
    _finish(session, session.address(), target, transactions)


@command.command()
@click.argument("payee")
@click.option("--payer", help="Whose lane it is, where the wallet is the payee; else the wallet's own.")
@sending
def release(session: Session, payee: str, payer: str | None) -> None:
    """End the lane to PAYEE: by its payer once it is over, by PAYEE at any time."""
    target, owner = session.resolve(payee), session.resolve(payer) if payer else session.address()
    payments, block = session.payments(), session.chain().block_number()
    lane = payments.lane(owner, target)
    if not lane.amount:
        raise UsageError(f"There is no lane of {owner} to {target}; `xmbl pay lane show` lists yours.")
    if session.address() != target and block < lane.until:
        raise UsageError(
            f"The lane lasts {counted(lane.until - block, 'block')} more, until block {lane.until}"
            f"{about(session, lane.until)}; before, only {target} may end it."
        )
    transactions = send(session, payments.release(owner, target))
    _finish(session, owner, target, transactions)


@command.command()
@looking
def show(session: Session) -> None:
    """List the wallet's lanes, to others and from others."""
    from xmbl.chain.payments import Reserved

    payments, since, me = session.payments(), session.deployment().block, session.address()
    pairs = {(each.payer, each.payee) for each in payments.history(Reserved, since, payer=me)}
    pairs |= {(each.payer, each.payee) for each in payments.history(Reserved, since, payee=me)}
    lanes = [(payer, payee, payments.lane(payer, payee)) for payer, payee in sorted(pairs)]
    lanes = [each for each in lanes if each[2].amount]
    rows = [(payer, payee, format_amount(lane.amount), str(lane.until)) for payer, payee, lane in lanes]
    document = {
        "lanes": [
            {"payer": payer, "payee": payee, "amount_wei": lane.amount, "until": lane.until}
            for payer, payee, lane in lanes
        ]
    }
    session.out.result(document, Table(("FROM", "TO", "AMOUNT", "UNTIL BLOCK"), rows, "There is no lane."))


def _finish(session: Session, payer: str, payee: str, transactions: list[dict[str, Any]]) -> None:
    lane = session.payments().lane(payer, payee)
    free = session.payments().account(payer).free
    shown = [
        ("from", payer),
        ("to", payee),
        ("set aside", f"{format_amount(lane.amount)}, until block {lane.until}{about(session, lane.until)}"),
        ("free", format_amount(free)),
    ]
    document = {"payer": payer, "payee": payee, "amount_wei": lane.amount, "until": lane.until}
    session.out.result({**document, "free_wei": free, "transactions": transactions}, facts(shown))
