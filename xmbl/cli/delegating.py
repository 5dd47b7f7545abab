"""What delegators see before they trust an operator, and what they have with it."""

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import counted
from xmbl.cli.sending import Check, enough, send
from xmbl.cli.thawing import progress
from xmbl.errors import UsageError
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.chain.staking import Delegation
    from xmbl.cli.session import Session
    from xmbl.storage.track_record import TrackRecord

BASIS = 10_000

_RATE = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,2}))?\s*%")


def parse_commission(text: str) -> int:
    """Basis points from `"5%"` or `"2.5%"`."""
    found = _RATE.fullmatch(text.strip())
    points = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0")) if found else BASIS + 1
    if points > BASIS:
        raise UsageError(f"{text!r} is not a commission; write it like 5% or 2.5%, at most 100%.")
    return points


def percent(points: int) -> str:
    """Basis points for people."""
    return f"{points / 100:g}%"


def shown(record: "TrackRecord") -> list[tuple[str, str]]:
    """An operator's record, for people."""
    from xmbl.storage.backing import RECENT

    stake, backing = record.stake, record.backing
    held = f"; own stake is {percent(record.cover)} of it, never below {percent(_least(record))}"
    rate = record.income.yearly(stake.commission)
    return [
        ("own stake", format_amount(stake.own)),
        ("delegated", format_amount(stake.delegated)),
        ("locked by markets", f"{format_amount(stake.locked)}{held if stake.locked else ''}"),
        ("commission", percent(stake.commission)),
        ("price of a share", f"{record.share_price / BASIS:g}, 1 where no slash came through to delegators"),
        ("slashed so far", f"{format_amount(_slashed(record))}, {counted(len(record.slashes), 'time')}"),
        (f"last {RECENT} periods", f"{backing.proven} proven, {backing.missed} missed while it had a deal"),
        ("yearly income", f"{percent(rate)} after commission, if all stays at today's rates"),
    ]


def document(record: "TrackRecord") -> dict[str, Any]:
    """The same for scripts; shares of something are basis points."""
    stake = record.stake
    return {
        "own_wei": stake.own,
        "delegated_wei": stake.delegated,
        "locked_wei": stake.locked,
        "cover_basis_points": record.cover,
        "leverage": record.backing.leverage,
        "commission_basis_points": stake.commission,
        "share_price_basis_points": record.share_price,
        "slashes": [
            {"block": each.block, "amount_wei": each.amount, "own_wei": each.own} for each in record.slashes
        ],
        "periods_proven": record.backing.proven,
        "periods_missed": record.backing.missed,
        "yearly_basis_points": record.income.yearly(stake.commission),
    }


def checks(record: "TrackRecord", operator: str) -> list[Check]:
    """What has to hold before anything is delegated there."""
    own, commission = record.stake.own, record.stake.commission
    bare = UsageError(f"{operator} risks nothing of its own; choose an operator with stake.")
    greedy = UsageError(
        f"{operator} keeps all fees of its delegators; choose another, or ask it to lower that."
    )
    return [
        Check("the operator stakes itself", format_amount(own), None if own else bare),
        Check(
            "its commission leaves something", percent(commission), greedy if commission == BASIS else None
        ),
    ]


def delegators(session: "Session", operator: str) -> list[str]:
    """Who ever delegated to an operator, oldest first."""
    from xmbl.chain.staking import Delegated

    found = session.staking().history(Delegated, session.deployment().block, operator=operator)
    return list(dict.fromkeys(event.holder for event in found))


def delegation(held: "Delegation") -> dict[str, Any]:
    """A delegation for scripts."""
    return {
        "value_wei": held.value,
        "shares": held.shares,
        "thawing_shares": held.thawing_shares,
        "thaw_until_block": held.thaw_until,
        "claimable_wei": held.claimable,
    }


def leaving(session: "Session", held: "Delegation", operator: str) -> str:
    """What of a delegation to an operator is on its way out, for people."""
    if not held.thawing_shares:
        return "none"
    worth = held.value * held.thawing_shares // held.shares
    return f"{format_amount(worth)}, {progress(session, held.thaw_until, operator)}"


def thaw(session: "Session", operator: str, amount: int) -> None:
    """Begin to take `amount` wei out of what the wallet delegated to an operator."""
    staking, wallet = session.staking(), session.address()
    held, pool = staking.delegation_of(operator, wallet), staking.pool_of(operator)
    free = held.shares - held.thawing_shares
    worth = held.value * free // held.shares if held.shares else 0
    check = enough("delegation that doesn't thaw yet", worth, amount, "Thaw less.")
    shares = min(pool.shares_worth(amount), free) if pool.price else 0
    sentence = f"Start to thaw {format_amount(amount)} of what you delegated to {operator}."
    call = replace(staking.thaw_delegated(operator, shares), sentence=sentence)
    transactions = send(session, call, checks=[check])
    held = staking.delegation_of(operator, wallet)
    session.out.result(
        {"operator": operator, **delegation(held), "transactions": transactions},
        f"Thawing of {format_amount(held.value)}: {leaving(session, held, operator)}.",
    )


def _least(record: "TrackRecord") -> int:
    return BASIS // record.backing.leverage


def _slashed(record: "TrackRecord") -> int:
    return sum(each.amount for each in record.slashes)
