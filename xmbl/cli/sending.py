"""Before money moves: what a command will do, what it costs, and named checks; then the sending itself."""

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli.output import Table, leaving
from xmbl.errors import (
    ChainError,
    FeeCeiling,
    InsufficientFunds,
    Reverted,
    RpcUnavailable,
    UsageError,
    WrongChain,
    XmblError,
)
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
    """Something that will be sent; `gas` is 0 where it is known only once the step before is mined."""

    action: str
    sentence: str
    gas: int
    to: str | None = None
    value: int = 0


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
    prepare(session, calls, checks)
    return transmit(session, calls)


def prepare(
    session: "Session",
    calls: Sequence["Call"],
    checks: Sequence[Check],
    later: Sequence[Step] = (),
    document: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Show the calls and what is sent `later`, check, and ask; `document` is told beside with --dry-run."""
    plan = _planned(session, calls, checks, later)
    _show(session, plan)
    failed = next((check.error for check in plan.checks if check.error), None)
    if failed:
        raise failed
    if session.choices.dry_run:
        described = {"dry_run": True, **document, **_document(plan)}
        session.out.result(described, "Everything is in order; nothing was sent.")
        click.get_current_context().exit()
    require_agreement(session)
    session.account()


def transmit(session: "Session", calls: Sequence["Call"]) -> list[dict[str, Any]]:
    """Send prepared calls one after the other; what was mined, ready for JSON."""
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


def _planned(
    session: "Session", calls: Sequence["Call"], checks: Sequence[Check], later: Sequence[Step]
) -> Plan:
    steps, verdict = _estimated(session, calls)
    fee, dear = _fee(session)
    plan = Plan((*steps, *later), fee, (*checks, *verdict, *dear))
    return replace(plan, checks=(*plan.checks, _gas_money(session, plan)))


def _fee(session: "Session") -> tuple[int, list[Check]]:
    """The most wei a gas that would be offered, and the check that fails where that is too dear."""
    from xmbl.chain.fees import suggested
    from xmbl.chain.outbox import Habits

    base, tip = session.chain().header().base_fee, session.chain().tip()
    try:
        return suggested(base, tip, Habits().ceiling).max_fee, []
    except FeeCeiling as error:
        return base + tip, [Check("price of gas", f"{format_amount(base + tip, ETHER)} a gas", error)]


def _estimated(session: "Session", calls: Sequence["Call"]) -> tuple[list[Step], list[Check]]:
    """The calls with their gas, as far as each can run on the newest block, and what the chain says.

    A refusal is a check among others: what else is wrong may be the better reason.
    """
    steps: list[Step] = []
    name, detail = "the chain accepts it", "simulated on the newest block"
    error: ChainError | None = None
    for call in calls:
        gas = 0
        try:
            gas = 0 if steps and not steps[-1].gas else session.chain().estimate(call, session.address())
        except Reverted as refusal:
            detail, error = ("no", refusal) if not steps else ("as far as it can be known yet", None)
        except InsufficientFunds:
            detail = "not tried: there is no ether for gas"
        except (RpcUnavailable, WrongChain):
            raise
        except ChainError as refusal:
            detail, error = "no", refusal
        steps.append(Step(call.action, call.sentence, gas, call.to, call.value))
    return steps, [Check(name, detail, error)] if calls else []


def _gas_money(session: "Session", plan: Plan) -> Check:
    sender = session.address()
    needed = plan.cost() + sum(step.value for step in plan.steps)
    held = session.chain().balance(sender) // _GWEI * _GWEI
    remedy = f"Send ether to {sender}; on a devnet `xmbl devnet fund {sender}` does."
    return enough("ether for gas", held, max(needed, _GWEI), remedy, ETHER)


def _show(session: "Session", plan: Plan) -> None:
    out, network = session.out, session.network()
    for number, step in enumerate(plan.steps):
        unknown = "gas known once the step before is mined" if number else "gas unknown"
        gas = f"{step.gas:,} gas" if step.gas else unknown
        out.note(f"{step.sentence}  [{step.action}, {gas}]")
    cost = format_amount(plan.cost(), ETHER)
    out.note(f"from {session.address()} on {network.name} (chain {network.chain_id}), gas for at most {cost}")
    rows = [("no" if check.error else "ok", check.name, check.detail) for check in plan.checks]
    out.table(Table(("", "CHECK", ""), rows, ""))


def _document(plan: Plan) -> dict[str, Any]:
    steps = [
        {"action": step.action, "does": step.sentence, "to": step.to, "gas": step.gas or None}
        for step in plan.steps
    ]
    checks = [{"name": check.name, "detail": check.detail} for check in plan.checks]
    return {"steps": steps, "gas_cost_wei": plan.cost(), "fee_per_gas_wei": plan.fee, "checks": checks}


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
