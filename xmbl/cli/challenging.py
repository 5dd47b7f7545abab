"""`xmbl deal challenge` and `fail`: an operator shows one leaf on chain, or pays for it."""

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli import storing
from xmbl.cli.frame import sending
from xmbl.cli.output import counted, leaving
from xmbl.cli.sending import Check, enough, send
from xmbl.cli.session import Session
from xmbl.cli.watching import Outages
from xmbl.errors import UsageError
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.crypto.typed_data import Deal
    from xmbl.storage.market import Market
    from xmbl.storage.standing import DealStanding

_LOOK_SECONDS = 1.0


class Leaf(click.ParamType):
    """A leaf's number, or `random`."""

    name = "leaf"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | None:
        """The number; None for any."""
        if value == "random":
            return None
        if not str(value).isdecimal():
            self.fail(f"{value!r} is neither the number of a leaf nor `random`.", param, ctx)
        return int(value)


@click.command()
@click.argument("name")
@click.option("--replica", type=click.IntRange(min=0), help="Whose leaf, where NAME has several replicas.")
@click.option("--leaf", type=Leaf(), default="random", show_default=True, help="Which leaf of 256 bytes.")
@click.option("--wait", is_flag=True, help="Wait for the answer; exit code 1 if none comes in time.")
@sending
def challenge(session: Session, name: str, *, replica: int | None, leaf: int | None, wait: bool) -> None:
    """Demand a leaf of NAME on chain: its operator shows it in time or loses the collateral.

    The bond pays for the answer: it goes to the operator's payee at once and never comes back. `xmbl deal
    verify` asks for nothing first. Where no answer comes, `xmbl deal fail NAME` ends the deal.
    """
    manifest, market = storing.load_own(session, name), session.market()
    standing = _chosen(storing.standings(session, manifest), replica, name)
    deal = manifest.replica(standing.number).promised()
    wanted = secrets.randbelow(deal.terms.leaves) if leaf is None else leaf
    transactions = _challenged(session, deal, wanted)
    due = market.due(standing.id)
    document = {
        "name": name,
        "number": standing.number,
        "operator": standing.operator,
        "leaf": wanted,
        "bond_wei": market.parameters.bond,
        "due_block": due,
        "transactions": transactions,
    }
    failing = f"`xmbl deal fail {name}` ends the deal."
    if not wait:
        session.out.result(document, f"The answer is due until block {due}; after it {failing}")
        return
    answered = _answered(session, name, standing.id, transactions[-1]["block"], due)
    ending = "It was answered." if answered else f"No answer came: {failing}"
    session.out.result({**document, "answered": answered}, ending)
    click.get_current_context().exit(0 if answered else 1)


@click.command()
@click.argument("name")
@sending
def fail(session: Session, name: str) -> None:
    """End the deals of NAME whose operators didn't answer a challenge: they lose all collateral.

    Half of what the operator itself loses is yours; `xmbl stake claim` fetches it. `xmbl deal repair`
    then places a new replica.
    """
    manifest, block = storing.load_own(session, name), session.market().block_number()
    open_ = [each for each in storing.standings(session, manifest) if each.due]
    overdue = [each for each in open_ if each.due < block]
    if not overdue:
        when = f" Answers are due until block {max(each.due for each in open_)}." if open_ else ""
        raise UsageError(f"No challenge of {name} is overdue.{when}")
    before = session.payments().balance_of(session.address())
    calls = [session.deals().fail(manifest.replica(each.number).promised()) for each in overdue]
    transactions = send(session, *calls)
    refunded = session.payments().balance_of(session.address()) - before
    owed = session.staking().owed(session.address())
    document = {"name": name, "refunded_wei": refunded, "owed_wei": owed, "transactions": transactions}
    session.out.result(
        document,
        f"{counted(len(overdue), 'deal')} failed: {format_amount(refunded)} came back into Payments,"
        f" {format_amount(owed)} wait for `xmbl stake claim`. `xmbl deal repair {name}` goes on.",
    )


def _chosen(found: "list[DealStanding]", replica: int | None, name: str) -> "DealStanding":
    """The one live deal, or the one with that number; `UsageError` says what stands against it."""
    live = [each for each in found if each.live and replica in (None, each.number)]
    if len(live) > 1:
        numbers = ", ".join(str(each.number) for each in live)
        raise UsageError(f"{name} has several live replicas; say --replica with one of {numbers}.")
    if not live:
        raise UsageError(f"No such deal of {name} is live; `xmbl deal show {name}` says how they stand.")
    if live[0].due:
        raise UsageError(f"A challenge is open; its answer is due until block {live[0].due}.")
    if live[0].period < live[0].first:
        raise UsageError(f"The deal begins in period {live[0].first}; challenge it then.")
    if live[0].period in live[0].declared:
        raise UsageError("Its operator declared maintenance for this period; challenge it in the next.")
    return live[0]


def _challenged(session: Session, deal: "Deal", leaf: int) -> list[dict[str, Any]]:
    """Show what the challenge costs, and send it; what was mined."""
    market, address = session.market(), session.address()
    bond, window = market.parameters.bond, market.parameters.window
    session.out.note(
        f"The bond of {format_amount(bond)} goes to the payee of {deal.operator}, who has"
        f" {counted(window, 'block')} to show leaf {leaf}."
    )
    held = session.payments().balance_of(address) + session.token().balance_of(address)
    checks = [
        enough("XMBL, in Payments and the wallet", held, bond, "Get more."),
        _is_leaf(leaf, deal.terms.leaves),
    ]
    calls = [*market.funding(address, bond), market.deals.challenge(deal, leaf)]
    return send(session, *calls, checks=checks)


def _is_leaf(leaf: int, leaves: int) -> Check:
    if leaf < leaves:
        return Check("a leaf of the deal", f"{leaf} < {leaves}")
    return Check("a leaf of the deal", "no", UsageError(f"The deal has the leaves 0 to {leaves - 1}."))


def _answered(session: Session, name: str, deal_id: bytes, since: int, due: int) -> bool:
    """Whether the challenge of block `since` is answered before it is overdue; waits for that."""
    market, outages = session.market(), Outages(session.out)
    later = f"The challenge goes on; `xmbl deal show {name}` says how it stands."
    with leaving(later), session.out.waiting(f"waiting for the answer, due until block {due}"):
        while True:
            outcome = outages.tried(partial(_outcome, market, deal_id, since, due))
            if outcome is not None:
                return outcome
            time.sleep(_LOOK_SECONDS)


def _outcome(market: "Market", deal_id: bytes, since: int, due: int) -> bool | None:
    """Whether the challenge was answered; None while that may still come."""
    from xmbl.chain.deals import Answered

    block = market.block_number()
    if any(market.deals.events(Answered, since, min(block, due), id=deal_id)):
        return True
    return False if block > due else None
