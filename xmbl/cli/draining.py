"""Leaves the market for an operator: what is due now is sent, and then waited for what is due next."""

import time
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from xmbl.cli import redeeming
from xmbl.cli.foresight import about, expected
from xmbl.cli.output import Table, counted, leaving
from xmbl.cli.sending import Step, prepare, transmit
from xmbl.cli.watching import Outages
from xmbl.errors import Reverted, UsageError
from xmbl.units import STAKE_UNIT, format_amount

if TYPE_CHECKING:
    from xmbl.cli.session import Session
    from xmbl.node.config import NodeConfig
    from xmbl.payments.policy import Thrift
    from xmbl.storage.leaving import Leaving

_INTERRUPTED = "Nothing is lost: `xmbl node drain` goes on from here. The node must run until its deals end."


def drain(
    session: "Session", settings: "NodeConfig | None", every: float, *, early: bool, wait: bool
) -> None:
    """Begin to leave, or go on with it; looks every so many seconds until it is done, or once.

    The node's settings, where they are here, say what an ether is worth.
    """
    from xmbl.storage.leaving import begin, look, terminations

    market, operator = session.market(), session.address()
    now = look(market, operator)
    _require_operator(session, now)
    calls = begin(market, now) + (terminations(market, now) if early else [])
    session.out.table(_table(now))
    _tell_older(session, settings)
    prepare(session, calls, [], later=_later(session, now), document=_document(session, now))
    transactions = transmit(session, calls)
    with leaving(_INTERRUPTED):
        now = _gone_on(session, redeeming.thrift_of(settings), transactions, every if wait else None)
    _finish(session, now, transactions)


def _gone_on(
    session: "Session", thrift: "Thrift", transactions: list[dict[str, Any]], every: float | None
) -> "Leaving":
    """Where it stands once it is over, or at once without seconds to look again after; adds what was sent."""
    from xmbl.storage.leaving import look

    see, outages, told = partial(look, session.market(), session.address()), Outages(session.out), ""
    while True:
        now = see() if every is None else outages.tried(see)
        if now:
            if sent := _due(session, now, thrift):
                transactions += sent
                now = see()
            if now.is_over or every is None:
                return now
            told = _tell(session, now, told)
        time.sleep(every or 0)


def _require_operator(session: "Session", now: "Leaving") -> None:
    """`UsageError` for somebody who never was one."""
    agent, _ = session.registry().agent_and_payee(now.operator)
    if now.is_over and not int(agent, 16):
        raise UsageError(
            f"{now.operator} never was an operator here: nothing to leave. Name its wallet with --wallet."
        )


def _tell_older(session: "Session", settings: "NodeConfig | None") -> None:
    """Say that the deployments whose deals the node keeps to their end are left each by itself."""
    names = [each.name for each in settings.older] if settings else []
    if names and session.network().name not in names:
        session.out.note(
            f"Only {session.network().name} is left by this. Leave the older deployments as well, by"
            f" `xmbl node drain --network NAME`: {', '.join(names)}."
        )


def _due(session: "Session", now: "Leaving", thrift: "Thrift") -> list[dict[str, Any]]:
    """Settle what the node didn't, redeem what came in for reads, let the stake thaw in time, and take it."""
    from xmbl.storage.leaving import finish, look, thaw

    market = session.market()
    sent: list[dict[str, Any]] = []
    for each in now.overdue():
        try:
            sent += transmit(session, [market.deals.settle(each.deal)])
        except Reverted as refusal:
            # the node may have been first, or a challenge has to be answered before
            session.out.note(str(refusal))
    now = look(market, now.operator) if sent else now
    if not now.deals:
        # nothing is read any more: what is held doesn't grow, and may expire while the stake thaws
        sent += redeeming.redeem(session, thrift)
    return sent + transmit(session, thaw(market, now) + finish(market, now))


def _later(session: "Session", now: "Leaving") -> list[Step]:
    when = "Once all deals are closed" if now.deals else "At once, since no deal is open"
    sentence = "Once all deals are closed and it has thawed: withdraw the stake, and take the address out."
    stake = [Step("stake_withdraw", sentence, 0)] if now.stake.own else []
    return [*redeeming.later(session, when), *stake]


def _tell(session: "Session", now: "Leaving", told: str) -> str:
    """Say what remains, where that has changed."""
    saying = _remains(now)
    if saying != told:
        session.out.note(f"{saying} (block {now.block})")
    return saying


def _remains(now: "Leaving") -> str:
    parts = [f"{format_amount(now.stake.locked)} locked"] if now.stake.locked else []
    if now.deals:
        last = max(each.end for each in now.deals)
        parts.insert(0, f"{counted(len(now.deals), 'deal')} open, the last until period {last}")
    if now.thaws_for:
        parts.append(f"the stake thaws until block {now.stake.thaw_until}")
    elif now.wants_thawing:
        parts.append(f"the stake may thaw from block {now.thaws_from} on")
    return f"Remaining: {'; '.join(parts) or 'nothing'}."


def _finish(session: "Session", now: "Leaving", transactions: list[dict[str, Any]]) -> None:
    left = redeeming.remnant(session)
    document = {**_document(session, now), "unredeemed": left.document(), "transactions": transactions}
    sentence = _left(session, now) + left.sentence() if now.is_over else _next(session, now)
    session.out.result(document, sentence)


def _next(session: "Session", now: "Leaving") -> str:
    """What remains, when it can go on, and what comes then."""
    due, stake = now.goes_on_at, now.stake
    if now.wants_thawing:
        then = f"the stake begins to thaw, for {counted(now.thaw_blocks, 'block')}."
    elif stake.own:
        last = stake.thaw_until + now.withdraw_blocks - 1
        then = f"the stake comes back. After block {last}{about(session, last)}, it would thaw anew."
    else:
        then = "the rest is closed."
    keep = " Keep the node running until its deals end." if now.deals else ""
    return (
        f"{_remains(now)}{keep}\nNext: `xmbl node drain` again from block {due} on{about(session, due)};"
        f" then {then}"
    )


def _left(session: "Session", now: "Leaving") -> str:
    agent, payee = session.registry().agent_and_payee(now.operator)
    account = payee if int(agent, 16) else now.operator
    income = format_amount(session.payments().balance_of(account))
    return f"{now.operator} has left; stop its node. {income} of income lie in Payments at {account}."


def _table(now: "Leaving") -> Table:
    rows = [
        (
            f"0x{each.id.hex()[:8]}", str(each.end), str(each.record.cursor),
            format_amount(each.deal.terms.collateral * STAKE_UNIT),
        )
        for each in now.deals
    ]  # fmt: skip
    return Table(("DEAL", "UNTIL", "SETTLED", "LOCKED"), rows, "No deal is open.")


def _document(session: "Session", now: "Leaving") -> dict[str, Any]:
    due = None if now.is_over else now.goes_on_at
    seconds = expected(session, due) if due else None
    return {
        "left": now.is_over,
        "operator": now.operator,
        "period": now.period,
        "deals": [{"deal": f"0x{each.id.hex()}", "end_period": each.end} for each in now.deals],
        "locked_wei": now.stake.locked,
        "thawing_wei": now.stake.thawing,
        "thaw_until_block": now.stake.thaw_until,
        "next_block": due,
        "next_time": datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None,
    }
