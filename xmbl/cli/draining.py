"""Leaves the market for an operator: what is due now is sent, and then waited for what is due next."""

import time
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import Table, counted, leaving
from xmbl.cli.sending import Step, prepare, transmit
from xmbl.errors import Reverted
from xmbl.units import STAKE_UNIT, format_amount

if TYPE_CHECKING:
    from xmbl.cli.session import Session
    from xmbl.storage.leaving import Leaving

_INTERRUPTED = "Nothing is lost: `xmbl node drain` goes on from here. The node must run until its deals end."


def drain(session: "Session", every: float, *, early: bool, wait: bool) -> None:
    """Begin to leave, or go on with it; looks every so many seconds until it is done, or once."""
    from xmbl.storage.leaving import begin, look, terminations

    market, operator = session.market(), session.address()
    now = look(market, operator)
    calls = begin(market, now) + (terminations(market, now) if early else [])
    session.out.table(_table(now))
    prepare(session, calls, [], later=_later(now), document=_document(now))
    transactions = transmit(session, calls)
    with leaving(_INTERRUPTED):
        told = ""
        while True:
            now = look(market, operator)
            if sent := _due(session, now):
                transactions += sent
                now = look(market, operator)
            if now.is_over or not wait:
                break
            told = _tell(session, now, told)
            time.sleep(every)
    session.out.result({**_document(now), "transactions": transactions}, _sentence(session, now))


def _due(session: "Session", now: "Leaving") -> list[dict[str, Any]]:
    """Settle what the node didn't, let the stake thaw in time, and take it when it is free."""
    from xmbl.storage.leaving import finish, thaw

    market = session.market()
    sent: list[dict[str, Any]] = []
    for each in now.overdue():
        try:
            sent += transmit(session, [market.deals.settle(each.deal)])
        except Reverted as refusal:
            # the node may have been first, or a challenge has to be answered before
            session.out.note(str(refusal))
    return sent + transmit(session, thaw(market, now) + finish(market, now))


def _later(now: "Leaving") -> list[Step]:
    if not now.stake.own:
        return []
    return [
        Step("stake_withdraw", "Once all deals are closed: withdraw the stake, and take the address out.", 0)
    ]


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
    return f"Remaining: {'; '.join(parts) or 'nothing'}."


def _sentence(session: "Session", now: "Leaving") -> str:
    if not now.is_over:
        return f"{_remains(now)} Keep the node running, and say `xmbl node drain` again."
    _, payee = session.registry().agent_and_payee(now.operator)
    income = format_amount(session.payments().balance_of(payee))
    return f"{now.operator} has left; stop its node. {income} of income lie in Payments at {payee}."


def _table(now: "Leaving") -> Table:
    rows = [
        (
            f"0x{each.id.hex()[:8]}", str(each.end), str(each.record.cursor),
            format_amount(each.deal.terms.collateral * STAKE_UNIT),
        )
        for each in now.deals
    ]  # fmt: skip
    return Table(("DEAL", "UNTIL", "SETTLED", "LOCKED"), rows, "No deal is open.")


def _document(now: "Leaving") -> dict[str, Any]:
    return {
        "left": now.is_over,
        "operator": now.operator,
        "period": now.period,
        "deals": [{"deal": f"0x{each.id.hex()}", "end_period": each.end} for each in now.deals],
        "locked_wei": now.stake.locked,
        "thawing_wei": now.stake.thawing,
        "thaw_until_block": now.stake.thaw_until,
    }
