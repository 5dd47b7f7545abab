"""Declares periods in which an operator is at work on its machine, and shows what is declared."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from xmbl.cli import enlisting
from xmbl.cli.output import Table, counted
from xmbl.cli.sending import Check, send
from xmbl.errors import Reverted, UsageError

if TYPE_CHECKING:
    from xmbl.cli.session import Session

_PERIOD = re.compile(r"(\+?)([0-9]{1,8})")


def maintain(session: "Session", texts: Sequence[str]) -> None:
    """Declare these periods, if there are any, and show what is declared from now on."""
    market, operator = session.market(), session.address()
    present = market.period()
    declared = _declared(session, present)
    periods = [parse_period(text, present) for text in texts]
    transactions = []
    if periods:
        session.out.note("What is declared isn't paid, can't be proven, and can't be taken back.")
        session.out.note("A challenge that is open then has to be answered all the same.")
        if any({period - 1, period + 1} & (declared | set(periods)) for period in periods):
            session.out.note(
                "Two declared periods follow each other: a challenge posed just before is due in the second."
            )
        calls = [market.deals.declare(operator, period) for period in periods]
        checks = [enlisting.registered(session), *_checks(declared, periods, present)]
        transactions = send(session, *calls, checks=checks)
        declared |= set(periods)
    coming = sorted(period for period in declared if period >= present)
    document = {"operator": operator, "period": present, "declared": coming, "transactions": transactions}
    session.out.result(document, _table(session, coming, declared))


def parse_period(text: str, present: int) -> int:
    """A period from its number, or from `+1` for the next."""
    found = _PERIOD.fullmatch(text)
    if not found:
        raise UsageError(f"{text!r} is not a period; write its number, or +1 for the next.")
    return int(found[2]) + (present if found[1] else 0)


def _declared(session: "Session", present: int) -> set[int]:
    """What is declared in the present run of periods and in all to come that a deal can reach."""
    from xmbl.storage.rules import MAX_PERIODS, RUN

    span = range(present // RUN * RUN, present + MAX_PERIODS + RUN)
    found = session.market().attendance(session.address(), span.start, span.stop).declared
    return {period for period in span if period in found}


def _checks(declared: set[int], periods: Sequence[int], present: int) -> list[Check]:
    """The market's rules, each period after those before it."""
    from xmbl.chain.reverts import reverted
    from xmbl.storage.rules import MAX_PERIODS, declare

    known = frozenset(declared)
    checks = []
    for period in periods:
        name = f"period {period} can be declared"
        if period > present + MAX_PERIODS:
            error = UsageError(f"Period {period} is further than any deal; look at its number again.")
            checks.append(Check(name, "no", error))
            continue
        try:
            known = declare(known, period, present)
            checks.append(Check(name, f"in {counted(period - present, 'period')}"))
        except Reverted as refusal:
            checks.append(Check(name, "no", reverted(refusal.reason, f"Maintenance in period {period}.")))
    return checks


def _table(session: "Session", coming: Sequence[int], declared: set[int]) -> Table:
    from xmbl.storage.rules import MAX_DECLARED, RUN

    block, length = session.chain().block_number(), session.market().parameters.period
    rows = []
    for period in coming:
        run = period // RUN
        used = sum(other // RUN == run for other in declared)
        left = period * length - block
        begins = f"in {counted(left, 'block')}" if left > 0 else "now"
        rows.append(
            (str(period), begins, f"{used} of {MAX_DECLARED} in {run * RUN} to {(run + 1) * RUN - 1}")
        )
    empty = f"Nothing is declared; {MAX_DECLARED} of each {RUN} periods can be."
    return Table(("PERIOD", "BEGINS", "DECLARED"), rows, empty)
