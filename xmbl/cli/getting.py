"""`xmbl deal get`: a stored file brought back, paid for where its holders ask for that."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli import paying, storing
from xmbl.cli.frame import sending
from xmbl.cli.narrator import Narrator
from xmbl.cli.output import Table, leaving
from xmbl.cli.sending import enough, require_agreement
from xmbl.cli.session import Session
from xmbl.errors import Refused
from xmbl.units import Wei, format_amount, format_size, parse_amount

if TYPE_CHECKING:
    from xmbl.payments.client import Purse
    from xmbl.storage.pricing import Priced


@click.command()
@click.argument("name")
@click.argument("target", required=False, type=click.Path(path_type=Path))
@click.option(
    "--max-cost", type=parse_amount, metavar="AMOUNT",
    help="The most that it may cost; by default your limit for a deal, as `xmbl pay limits` shows it.",
)  # fmt: skip
@sending
def get(session: Session, name: str, target: Path | None, max_cost: Wei | None) -> None:
    """Bring NAME back to TARGET (by default ./NAME) from whoever answers, and check every byte.

    Where an operator asks for it, its windows are paid one by one, each only when the one before was good.
    Without --max-cost no more is paid than is shown before, whatever it asks for later. With it, who named no
    price gets for each window no more than its share of AMOUNT.
    """
    from xmbl.storage.pricing import bound_of, fair
    from xmbl.storage.retrieval import require_place

    place = (target or Path(name)).absolute()
    require_place(place)
    manifest = storing.load(session, name)
    most = paying.limits(session).subject if max_cost is None else max_cost
    narrator = Narrator(session.out)
    purse = paying.purse(session, most, narrator)
    with session.out.waiting("asking for the price"):
        prices = storing.run(session, narrator, lambda client: client.prices(name), purse)
    if not _agreed(session, prices, purse):
        return
    if max_cost is None:
        purse.bound(bound_of(prices))
    else:
        purse.bound(max_cost, fair(manifest, max_cost))
    allowed = purse.left
    kept = f"What has arrived is kept; `xmbl deal get {name}` goes on."
    with leaving(kept), narrator.telling():
        storing.run(session, narrator, lambda client: client.get(name, place), purse)
    paid = allowed - purse.left
    document = {"name": name, "path": str(place), "bytes": manifest.size, "paid_wei": paid}
    cost = f", {format_amount(paid)} promised" if paid else ""
    session.out.result(document, f"{place}  {format_size(manifest.size)}, complete{cost}")


def _agreed(session: Session, prices: "Sequence[Priced]", purse: "Purse") -> bool:
    """Show what it costs and ask, where it costs anything; whether to go on."""
    from xmbl.storage.pricing import bound_of, cost_of

    cost, bound = cost_of(prices), bound_of(prices)
    if cost or any(each.trouble for each in prices):
        session.out.table(_table(prices))
    if cost:
        more = f", or {format_amount(bound)} if holders break off" if bound > cost else ""
        session.out.note(f"It costs {format_amount(cost)} at most{more}.")
        _require_affordable(session, cost, purse)
    if session.choices.dry_run:
        _require_given(prices)
        document = {"dry_run": True, "cost_wei": cost, "holders": [_document(each) for each in prices]}
        session.out.result(document, "Everything is in order; nothing was paid.")
        return False
    if cost:
        require_agreement(session)
    return True


def _require_given(prices: "Sequence[Priced]") -> None:
    """`Refused` where a part has no holder that gives it."""
    given = {each.part for each in prices if not each.trouble}
    if not given or {each.part for each in prices} - given:
        raise Refused("Nobody gives all of it back at present; `xmbl deal show` says how its deals stand.")


def _require_affordable(session: Session, cost: int, purse: "Purse") -> None:
    if cost > purse.left:
        raise Refused(
            f"It may cost {format_amount(cost)}, above {format_amount(purse.left)}; allow more with"
            " --max-cost or `xmbl pay limits`."
        )
    held = session.payments().balance_of(session.address())
    check = enough("account in Payments", held, cost, "Fill it with `xmbl pay deposit`.")
    if check.error:
        raise check.error


def _table(prices: "Sequence[Priced]") -> Table:
    rows = [
        (
            str(each.number), each.operator, each.trouble or format_amount(each.egress),
            "-" if each.trouble else format_amount(each.cost),
        )
        for each in prices
    ]  # fmt: skip
    return Table(("REPLICA", "OPERATOR", "A MIB", "ALL OF IT"), rows, "Nobody holds it.")


def _document(priced: "Priced") -> dict[str, Any]:
    return {
        "replica": priced.number,
        "operator": priced.operator,
        "egress_wei": priced.egress,
        "cost_wei": priced.cost,
        "trouble": priced.trouble,
    }
