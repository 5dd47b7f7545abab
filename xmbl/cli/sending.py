"""Before money moves: what a command will do, what it costs, and named checks; then the sending itself."""

import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli.output import Table, leaving
from xmbl.errors import InsufficientFunds, Reverted, UsageError, XmblError
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.chain.call import Call
    from xmbl.cli.session import Session

ETHER = "ETH"
"""The unit in which gas is paid, on whatever chain."""


_GWEI = 10**9


@dataclass(frozen=True)
class Check:
    """Something that has to hold before anything is sent; `error` is why it doesn't."""

    name: str
    detail: str
    error: XmblError | None = None


@dataclass(frozen=True)
class Step:
    """A call with the gas that it needs; 0 where that is known only once the step before is mined."""

    call: "Call"
    gas: int


@dataclass(frozen=True)
class Plan:
    """What will be sent, at `fee` wei per gas at most, and whether it can."""

    steps: tuple[Step, ...]
    fee: int
    checks: tuple[Check, ...]

    def cost(self) -> int:
        """The most that the known gas can cost, in wei of ether, rounded up to gwei."""
        return -(-sum(step.gas for step in self.steps) * self.fee // _GWEI) * _GWEI


def enough(name: str, held: int, needed: int, remedy: str, unit: str = "XMBL") -> Check:
    """The check that `held` covers `needed` (wei); `remedy` says where more comes from."""
    if held >= needed:
        return Check(name, f"{format_amount(held, unit)} ≥ {format_amount(needed, unit)}")
    detail = f"{format_amount(held, unit)} < {format_amount(needed, unit)}"
    return Check(name, detail, InsufficientFunds(f"The {name} is too small: {detail}. {remedy}"))


def send(session: "Session", *calls: "Call", checks: Sequence[Check] = ()) -> list[dict[str, Any]]:
    """Show the calls, ask, and send them one after the other; what was mined, ready for JSON.

    With --dry-run the command ends here, having shown everything. Raises what the first failed check says.
    """
    plan = _planned(session, calls, checks)
    _show(session, plan)
    failed = next((check.error for check in plan.checks if check.error), None)
    if failed:
        raise failed
    if session.choices.dry_run:
        session.out.result({"dry_run": True, **_document(plan)}, "Everything is in order; nothing was sent.")
        click.get_current_context().exit()
    require_agreement(session)
    session.account()
    return [_sent(session, call) for call in calls]


def require_agreement(session: "Session") -> None:
    """Go on only if the user says so: by --yes, or when asked."""
    if session.choices.yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            "Nothing was sent: say --yes to send without being asked, or --dry-run to look only."
        )
    with leaving("Nothing was sent."):
        if not session.out.confirm("Send it?"):
            raise click.Abort


def _planned(session: "Session", calls: Sequence["Call"], checks: Sequence[Check]) -> Plan:
    from xmbl.chain.fees import suggested
    from xmbl.chain.outbox import Habits

    chain, sender = session.chain(), session.address()
    steps: list[Step] = []
    verdict = Check("the chain accepts it", "simulated on the newest block")
    try:
        for call in calls:
            steps.append(Step(call, chain.estimate(call, sender)))
    except Reverted as error:
        if steps:
            verdict = Check(verdict.name, "the first step does; the next are checked once it is mined")
        else:
            verdict = Check(verdict.name, error.reason or "no", error)
    except InsufficientFunds:
        verdict = Check(verdict.name, "not tried: there is no ether for gas")
    steps += [Step(call, 0) for call in calls[len(steps) :]]
    fees = suggested(chain.header().base_fee, chain.tip(), Habits().ceiling)
    plan = Plan(tuple(steps), fees.max_fee, (*checks, verdict))
    return replace(plan, checks=(*plan.checks, _gas_money(session, plan)))


def _gas_money(session: "Session", plan: Plan) -> Check:
    sender = session.address()
    needed = plan.cost() + sum(step.call.value for step in plan.steps)
    held = session.chain().balance(sender) // _GWEI * _GWEI
    remedy = f"Send ether to {sender}; on a devnet `xmbl devnet fund {sender}` does."
    return enough("ether for gas", held, max(needed, _GWEI), remedy, ETHER)


def _show(session: "Session", plan: Plan) -> None:
    out, network = session.out, session.network()
    for number, step in enumerate(plan.steps):
        unknown = "gas known once the step before is mined" if number else "gas unknown"
        gas = f"{step.gas:,} gas" if step.gas else unknown
        out.note(f"{step.call.sentence}  [{step.call.action}, {gas}]")
    cost = format_amount(plan.cost(), ETHER)
    out.note(f"from {session.address()} on {network.name} (chain {network.chain_id}), gas for at most {cost}")
    rows = [("no" if check.error else "ok", check.name, check.detail) for check in plan.checks]
    out.table(Table(("", "CHECK", ""), rows, ""))


def _document(plan: Plan) -> dict[str, Any]:
    steps = [
        {"action": step.call.action, "does": step.call.sentence, "to": step.call.to, "gas": step.gas or None}
        for step in plan.steps
    ]
    checks = [{"name": check.name, "detail": check.detail} for check in plan.checks]
    return {"steps": steps, "cost_wei": plan.cost(), "fee_per_gas_wei": plan.fee, "checks": checks}


def _sent(session: "Session", call: "Call") -> dict[str, Any]:
    safe = "The transaction is in the outbox: it may still be mined, and the next command finishes it."
    with leaving(safe), session.out.waiting(f"waiting for the block of {call.action}"):
        receipt = session.outbox().send(call, f"cli:{secrets.token_hex(16)}")
    session.out.note(f"mined in block {receipt.block}: {receipt.hash}, {receipt.gas_used:,} gas")
    return {
        "action": call.action,
        "hash": receipt.hash,
        "block": receipt.block,
        "gas": receipt.gas_used,
        "status": receipt.status,
    }
