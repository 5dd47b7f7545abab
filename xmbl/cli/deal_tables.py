"""What the deal commands show: documents for scripts, tables for people."""

from typing import TYPE_CHECKING, Any

from xmbl.cli.output import Table, counted
from xmbl.units import format_amount, format_size

if TYPE_CHECKING:
    from xmbl.storage.manifest import Manifest
    from xmbl.storage.planning import Plan
    from xmbl.storage.standing import DealStanding
    from xmbl.storage.verification import Checked

SOON = 7
"""Periods before its end from which on a file is said to expire."""


def plan(planned: "Plan", price_unit: int) -> tuple[dict[str, Any], Table]:
    """What a put will do."""
    chosen = planned.chosen()
    prices = [offer.quote.terms.price * price_unit for offer in chosen]
    document = {
        "name": planned.manifest.name,
        "bytes": planned.source.size,
        "end_period": planned.manifest.end,
        "cost_wei": planned.cost,
        "offers": [
            {"operator": offer.candidate.operator, "price_wei": price}
            for offer, price in zip(chosen, prices, strict=True)
        ],
    }
    rows = [
        (offer.candidate.operator, format_size(offer.quote.terms.leaves * 256), format_amount(price))
        for offer, price in zip(chosen, prices, strict=True)
    ]
    return document, Table(("OPERATOR", "KEEPS", "A PERIOD"), rows, "")


def summary(manifest: "Manifest") -> dict[str, Any]:
    """A stored file without its secrets."""
    return {
        "name": manifest.name,
        "client": manifest.client,
        "bytes": manifest.size,
        "folder": manifest.folder,
        "copies": len(manifest.standing()) // len(manifest.parts),
        "complete": manifest.complete(),
        "end_period": manifest.end,
    }


def stored(manifests: "list[Manifest]", client: str, period: int) -> tuple[list[dict[str, Any]], Table]:
    """All that the wallet `client` has stored or was given to read, in the present period."""
    documents = [{**summary(each), "expiring": expiring(each.end, period)} for each in manifests]
    rows = [
        (
            each["name"],
            format_size(each["bytes"]),
            f"{each['copies']}{'' if each['complete'] else ', not all open: `xmbl deal repair`'}",
            until(each["end_period"], period, own=each["client"] == client),
            "you" if each["client"] == client else each["client"],
        )
        for each in documents
    ]
    headings = ("NAME", "SIZE", "COPIES", "UNTIL", "CLIENT")
    return documents, Table(headings, rows, "Nothing is stored: `xmbl deal put FILE`.")


def expiring(end: int, period: int) -> bool:
    """Whether something ends soon enough to think of it."""
    return end - period <= SOON


def until(end: int, period: int, *, own: bool = True) -> str:
    """The first period that isn't covered; where it is near, how far that is and what its client can do."""
    if end <= period:
        return f"period {end}, over"
    if not expiring(end, period):
        return f"period {end}"
    return f"period {end}, in {counted(end - period, 'period')}{': `xmbl deal extend`' if own else ''}"


def title(manifest: "Manifest", found: "list[DealStanding]", period: int) -> str:
    """A stored file in a line, with what its client has to do for it, if anything."""
    copies = summary(manifest)["copies"]
    lost = sum(each.is_lost(None) for each in found)
    repair = f", {counted(lost, 'replica')} lost: `xmbl deal repair`" if lost else ""
    ends = until(manifest.end, period, own=not lost)
    return f"{manifest.name}  {format_size(manifest.size)}, copies: {copies}, {ends}{repair}"


def standings(found: "list[DealStanding]") -> tuple[list[dict[str, Any]], Table]:
    """How deals stand, one row each."""
    rows = [
        (
            str(each.number),
            each.operator,
            state(each),
            str(len(each.proven)),
            str(len(each.missed)),
            until(each.over, each.period, own=False) if each.live else f"period {each.over}",
            "all" if each.closed else str(each.settled or "-"),
            format_amount(each.price),
            each.cid or "-",
        )
        for each in found
    ]
    headings = ("REPLICA", "OPERATOR", "STATE", "PROVEN", "MISSED", "UNTIL", "SETTLED", "A PERIOD", "CID")
    return [_standing(each) for each in found], Table(headings, rows, "No replica has a deal yet.")


def watched(found: "list[DealStanding]") -> Table:
    """How deals stand, narrow enough to be followed on a terminal."""
    table = standings(found)[1]
    rows = [
        (number, f"{operator[:10]}…", *rest) for number, operator, *rest in (row[:-1] for row in table.rows)
    ]
    return Table(table.headings[:-1], rows, table.empty)


def checked(found: "list[Checked]") -> tuple[list[dict[str, Any]], Table]:
    """What a look at the replicas' bytes gave."""
    documents = [
        {
            "number": each.number,
            "operator": each.operator,
            "leaves": each.leaves,
            "trouble": each.trouble,
            "busy": each.busy,
        }
        for each in found
    ]
    rows = [(str(each.number), each.operator, _found(each)) for each in found]
    return documents, Table(("REPLICA", "OPERATOR", "FOUND"), rows, "No replica has a deal yet.")


def healthy(found: "list[Checked]") -> bool | None:
    """Whether all that was asked for fits; None where nothing failed, but an operator was too busy to say."""
    if any(each.trouble and not each.busy for each in found):
        return False
    return None if any(each.busy for each in found) else True


def _found(checked: "Checked") -> str:
    fit = f"{checked.leaves} leaves fit"
    if checked.busy:
        return f"busy, {fit}: {checked.trouble}"
    return checked.trouble or fit


def state(standing: "DealStanding") -> str:
    """One word or two for how a deal stands."""
    from xmbl.storage.standing import Ending

    told = standing.ending in (Ending.CLIENT, Ending.OPERATOR) and standing.left and not standing.closed
    if standing.live or told:
        return _live(standing)
    ends = {Ending.MISSES: "ended early", Ending.FAILED: "failed", Ending.OPERATOR: "left"}
    if standing.ending in ends:
        return ends[standing.ending]
    if standing.closed:
        return "closed"
    return "over" if standing.first and standing.over <= standing.period else standing.state.name.lower()


def _live(standing: "DealStanding") -> str:
    from xmbl.storage.standing import Ending

    if standing.due:
        return f"challenged until block {standing.due}"
    if standing.ending in (Ending.CLIENT, Ending.OPERATOR):
        return "ending" if standing.ending is Ending.CLIENT else "leaving"
    return "in maintenance" if standing.period in standing.declared else "live"


def _standing(each: "DealStanding") -> dict[str, Any]:
    return {
        "number": each.number,
        "part": each.part,
        "operator": each.operator,
        "id": "0x" + each.id.hex(),
        "state": state(each),
        "replica": each.state.name.lower(),
        "first_period": each.first,
        "end_period": each.end,
        "over_period": each.over,
        "present_period": each.period,
        "periods_proven": len(each.proven),
        "periods_missed": len(each.missed),
        "periods_declared": len(each.declared),
        "ending": each.ending.value,
        "expiring": each.live and expiring(each.over, each.period),
        "challenge_due_block": each.due or None,
        "cid": each.cid,
        "settled_period": each.settled,
        "closed": each.closed,
        "price_wei": each.price,
    }
