"""`xmbl stake`: XMBL bonded behind an operator by itself or by others, and what markets may lock of it."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli import claiming, delegating, thawing
from xmbl.cli.delegating import parse_commission, percent
from xmbl.cli.frame import group, looking, sending
from xmbl.cli.output import Table, counted, facts
from xmbl.cli.sending import Check, enough, prepare, send, transmit
from xmbl.cli.session import Session
from xmbl.errors import InsufficientFunds, UsageError
from xmbl.units import MOST_STAKE, STAKE_UNIT, Wei, format_amount, parse_amount

if TYPE_CHECKING:
    from xmbl.chain.call import Call

OPERATOR = click.option(
    "--operator", metavar="OPERATOR", help="Of what the wallet delegated to OPERATOR, not of its own stake."
)


@group
def command() -> None:
    """Bond XMBL behind your operator or another's, and limit what markets may lock."""


def parse_stake(text: str) -> Wei:
    """An amount that Staking can count: a multiple of 10^9 wei."""
    amount = parse_more(text)
    if not amount:
        raise UsageError("Nothing is no stake; give a positive multiple of 1 gwei (10^9 wei).")
    return amount


def parse_more(text: str) -> Wei:
    """An amount that Staking can count, or 0."""
    amount = parse_amount(text)
    if amount % STAKE_UNIT:
        raise UsageError(f"{text} isn't a multiple of 1 gwei (10^9 wei), in which stake is counted.")
    if amount > MOST_STAKE:
        raise UsageError(f"{text} is more than stake can ever be; give {format_amount(MOST_STAKE)} at most.")
    return amount


# operators


@command.command()
@click.argument("amount", type=parse_stake)
@click.option(
    "--commission", type=parse_commission, metavar="PERCENT",
    help="Your part of your delegators' fees: 100% with the first stake if not given; later only lowered.",
)  # fmt: skip
@sending
def add(session: Session, amount: Wei, commission: int | None) -> None:
    """Bond AMOUNT behind the wallet as an operator."""
    staking, address = session.staking(), session.address()
    known = staking.pool_of(address).price > 0
    present = staking.stake_of(address).commission if known else delegating.BASIS
    if known and commission not in (None, present):
        raise UsageError(f"The commission is {percent(present)}; `xmbl stake commission` lowers it.")
    rate = present if commission is None else commission
    transactions = _deposit(session, staking.stake(amount, rate), amount, [])
    _finish(session, transactions, f"Staked {format_amount(amount)}.")
    if rate == delegating.BASIS:
        session.out.note("Delegators would get nothing: your commission is 100%; `xmbl stake commission`.")


@command.command()
@click.argument("market")
@click.argument("limit", type=parse_more)
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
@click.argument("rate", metavar="[PERCENT]", required=False, type=parse_commission)
@sending
def commission(session: Session, rate: int | None) -> None:
    """Show the wallet's part of its delegators' fees, or lower it to PERCENT, for ever."""
    staking = session.staking()
    present = staking.stake_of(session.address()).commission
    transactions: list[dict[str, Any]] = []
    if rate is not None:
        lower = UsageError(f"The commission is {percent(present)}, and can only be lowered.")
        check = Check("lower than now", percent(present), None if rate < present else lower)
        transactions = send(session, staking.set_commission(rate), checks=[check])
        present = rate
    document = {"commission_basis_points": present, "transactions": transactions}
    session.out.result(document, f"{percent(present)} of the delegators' fees come to {session.address()}.")


@command.command()
@click.argument("operator", required=False)
@looking
def delegators(session: Session, operator: str | None) -> None:
    """List who delegated to OPERATOR, by default the wallet, and what that is worth."""
    address = session.resolve(operator) if operator else session.address()
    found = [
        (holder, session.staking().delegation_of(address, holder))
        for holder in delegating.delegators(session, address)
    ]
    held = [(holder, each) for holder, each in found if each.shares]
    rows = [
        (
            holder, format_amount(each.value), delegating.leaving(session, each, address),
            format_amount(each.claimable),
        )
        for holder, each in held
    ]  # fmt: skip
    document = {
        "operator": address,
        "delegators": [{"holder": holder, **delegating.delegation(each)} for holder, each in held],
        "delegated_wei": sum(each.value for _, each in held),
    }
    session.out.result(
        document, Table(("DELEGATOR", "WORTH", "THAWING", "FEES"), rows, "Nobody delegates to it.")
    )


# delegators


@command.command()
@click.argument("amount", type=parse_stake)
@click.option(
    "--operator", required=True, metavar="OPERATOR", help="Behind whom: an address or a wallet's name."
)
@sending
def delegate(session: Session, amount: Wei, operator: str) -> None:
    """Bond AMOUNT behind OPERATOR, who can lose it; its record is shown before.

    It earns the same fees as all stake, less OPERATOR's commission, and comes back after `xmbl stake thaw`.
    """
    from xmbl.storage.track_record import track_record

    target = session.resolve(operator)
    record = track_record(session.market(), target)
    session.out.note(facts([("operator", target), *delegating.shown(record)]))
    call = session.staking().delegate(target, amount)
    transactions = _deposit(
        session, call, amount, delegating.checks(record, target), {"record": delegating.document(record)}
    )
    held = session.staking().delegation_of(target, session.address())
    session.out.result(
        {"operator": target, **delegating.delegation(held), "transactions": transactions},
        f"Delegated {format_amount(amount)}; with {target} now: {format_amount(held.value)}.",
    )


# both


@command.command()
@click.argument("amount", type=parse_more)
@OPERATOR
@sending
def thaw(session: Session, amount: Wei, operator: str | None) -> None:
    """Begin to take AMOUNT out of the stake.

    It thaws, then can be withdrawn for a seventh of that time. Another thaw, also of 0, starts the wait
    anew for all that thaws."""
    if operator:
        delegating.thaw(session, session.resolve(operator), amount)
        return
    before = session.staking().stake_of(session.address())
    check = enough("stake that doesn't thaw yet", before.own - before.thawing, amount, "Thaw less.")
    transactions = send(session, session.staking().thaw(amount), checks=[check])
    held = session.staking().stake_of(session.address())
    _finish(session, transactions, f"Thawing: {_thawing(session, held.thawing, held.thaw_until)}.")


@command.command()
@OPERATOR
@sending
def withdraw(session: Session, operator: str | None) -> None:
    """Take what has thawed back into the wallet, and its fees into the account in Payments."""
    staking, wallet = session.staking(), session.address()
    if operator:
        target = session.resolve(operator)
        held, call = staking.delegation_of(target, wallet), staking.withdraw_delegated(target)
        check = thawing.require_thawed(session, held.thawing_shares, held.thaw_until, target)
    else:
        own, call = staking.stake_of(wallet), staking.withdraw()
        check = thawing.require_thawed(session, own.thawing, own.thaw_until)
    before = session.token().balance_of(wallet)
    transactions = send(session, call, checks=[check])
    came = session.token().balance_of(wallet) - before
    _finish(session, transactions, f"Withdrew {format_amount(came)}.")


@command.command()
@OPERATOR
@sending
def claim(session: Session, operator: str | None) -> None:
    """Claim all that is due to the wallet: fees, commission, compensation; it says what.

    Fees of its own stake, of what it delegated, and its part of its delegators' go to the account in
    Payments; what is owed for deals that failed it goes to the wallet."""
    target = session.resolve(operator) if operator else None
    found = list(claiming.claim_of(session, target) if target else claiming.claims(session))
    for each in found:
        session.out.note(f"{each.what}: {format_amount(each.amount)}")
    nothing = InsufficientFunds("There is nothing for you to claim at present.")
    check = Check("something to claim", counted(len(found), "claim"), None if found else nothing)
    first = session.chain().block_number()
    transactions = send(session, *(each.call for each in found), checks=[check])
    fees, compensation = claiming.came(session, transactions, first)
    session.out.result(
        {"fees_wei": fees, "compensation_wei": compensation, "transactions": transactions},
        f"Claimed {format_amount(fees)} of fees into Payments, {format_amount(compensation)} of compensation"
        " into the wallet.",
    )


@command.command()
@click.argument("operator", required=False)
@looking
def show(session: Session, operator: str | None) -> None:
    """Show the stake and record of OPERATOR, by default the wallet."""
    from xmbl.storage.track_record import track_record

    address = session.resolve(operator) if operator else session.address()
    staking, record = session.staking(), track_record(session.market(), address)
    held, owed = record.stake, staking.owed(address)
    lock = staking.lock_of(address, session.deployment().deals)
    shown = [
        ("operator", address),
        *delegating.shown(record),
        ("deals may lock", f"{format_amount(lock.limit)}, locks {format_amount(lock.locked)}"),
        ("thawing", _thawing(session, held.thawing, held.thaw_until)),
        ("fees of own stake", format_amount(staking.fees_of(address))),
        ("owed, to be claimed", format_amount(owed)),
    ]
    document = {
        "operator": address,
        **delegating.document(record),
        "staked_wei": held.own,
        "thawing_wei": held.thawing,
        "thaw_until_block": held.thaw_until,
        "fees_wei": staking.fees_of(address),
        "owed_wei": owed,
        "deals": {f"{name}_wei": amount for name, amount in asdict(lock).items()},
    }
    if address != session.address():
        mine = staking.delegation_of(address, session.address())
        shown += [
            (
                "yours",
                f"{format_amount(mine.value)}, of which thaw {delegating.leaving(session, mine, address)}",
            ),
            ("your fees", format_amount(mine.claimable)),
        ]
        document["yours"] = delegating.delegation(mine)
    session.out.result(document, facts(shown))


def _deposit(
    session: Session, call: "Call", amount: int, checks: list[Check], document: dict[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Send a call that takes XMBL from the wallet into Staking, with the approval that it needs."""
    token, staking, wallet = session.token(), session.staking(), session.address()
    funded = enough("balance of XMBL", token.balance_of(wallet), amount, "Get more, or stake less.")
    allowed = token.allowance(wallet, staking.address) >= amount
    calls = [call] if allowed else [token.approve(staking.address, amount), call]
    prepare(session, calls, [*checks, funded], document=document or {})
    return transmit(session, calls)


def _thawing(session: Session, amount: int, until: int) -> str:
    if not amount:
        return format_amount(0)
    return f"{format_amount(amount)}, {thawing.progress(session, until)}"


def _market(session: Session, target: str) -> Check:
    if session.staking().is_market(target):
        return Check("a market of this stake", target)
    error = UsageError(f"{target} isn't a market that Staking knows; `deals` is one.")
    return Check("a market of this stake", "no", error)


def _finish(session: Session, transactions: list[dict[str, Any]], sentence: str) -> None:
    held = session.staking().stake_of(session.address())
    session.out.result({"staked_wei": held.own, "transactions": transactions}, sentence)
