"""What storing would cost: the offers for every part of a file, summed for the copies and periods asked, and
what stands behind each operator."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import Table, counted
from xmbl.units import STAKE_UNIT, format_amount

if TYPE_CHECKING:
    from xmbl.storage.backing import Backing
    from xmbl.storage.quotes import Offer
    from xmbl.storage.rules import Parameters

LEGEND = (
    "READING: what a MiB costs to bring back, as it is now. RING: what all its deals pay it a period by now."
    " SHARE: your part of that. COVER: what you would be owed if it lost all of a copy today. π: what a miss"
    " costs it, in periods' pay. MISSED: of those of its last periods in which it had a deal."
)
"""The headings that don't explain themselves."""


@dataclass(frozen=True)
class Question:
    """What is asked for: how many parts there are of each size in bytes, `copies` of each, for `periods`."""

    parts: Counter[int]
    copies: int
    periods: int


def parts_of(size: int, largest: int) -> Counter[int]:
    """How many deals of how many plain bytes a file of `size` bytes is, where a deal holds `largest`."""
    full, rest = divmod(size, largest)
    return +Counter({largest: full}) + Counter([rest] if rest or not full else [])


def no_limit(parameters: "Parameters") -> int:
    """Wei a GiB and period that no offer can pass: the dearest price of the smallest deal."""
    from xmbl.crypto.tree_levels import LEAF_BYTES
    from xmbl.storage.rules import MAX_PRICE

    return (MAX_PRICE + 1) * parameters.price_unit * (2**30 // LEAF_BYTES)


@dataclass(frozen=True)
class Bid:
    """What an operator asks for a copy of everything: `price` in price units a period, `collateral` in units
    of 10^9 wei and `egress` in wei for a MiB that is read, and what stands behind it."""

    operator: str
    price: int
    collateral: int
    egress: int
    backing: "Backing"


def bids(
    question: Question,
    found: "list[list[Offer]]",
    backings: "Callable[[Iterable[str]], Mapping[str, Backing]]",
) -> list[Bid]:
    """The bids of whoever takes every part, cheapest first. `found` has the offers for each size of the
    question; `backings` looks up what stands behind several operators."""
    quotes = [{each.candidate.operator: each.quote for each in one} for one in found]
    takers = [who for who in quotes[0] if all(who in each for each in quotes)]
    behind, counts = backings(takers), list(question.parts.values())
    made = [
        Bid(
            who,
            sum(one[who].terms.price * count for one, count in zip(quotes, counts, strict=True)),
            sum(one[who].terms.collateral * count for one, count in zip(quotes, counts, strict=True)),
            max(one[who].egress for one in quotes),
            behind[who],
        )
        for who in takers
    ]
    return sorted(made, key=lambda bid: bid.price)


def quoted(
    question: Question, offered: list[Bid], parameters: "Parameters"
) -> tuple[dict[str, Any], Table, str]:
    """What all copies cost, and each bid with what stands behind it: the document, the table, sentences."""
    total = _total(offered, question, parameters.price_unit)
    document = {
        "parts": sum(question.parts.values()),
        "copies": question.copies,
        "periods": question.periods,
        "offers": [_document(bid, question.periods, parameters) for bid in offered],
        "total_wei": total,
    }
    return document, _table(offered, question.periods, parameters), _sentence(question, len(offered), total)


def _total(offered: list[Bid], question: Question, price_unit: int) -> int | None:
    """What the cheapest so many bids cost together, in wei; None where there are too few."""
    if len(offered) < question.copies:
        return None
    return sum(bid.price for bid in offered[: question.copies]) * price_unit * question.periods


def _document(bid: Bid, periods: int, parameters: "Parameters") -> dict[str, Any]:
    price, behind = bid.price * parameters.price_unit, bid.backing
    return {
        "operator": bid.operator,
        "price_wei": price,
        "total_wei": price * periods,
        "egress_wei": bid.egress,
        "collateral_wei": bid.collateral * STAKE_UNIT,
        "penalty_wei": bid.collateral // parameters.limit * STAKE_UNIT,
        "cover_wei": behind.cover(bid.collateral),
        "ring_wei": behind.weight * parameters.price_unit,
        "ring_share_basis_points": behind.share(bid.price),
        "periods_proven": behind.proven,
        "periods_missed": behind.missed,
    }


def _table(offered: list[Bid], periods: int, parameters: "Parameters") -> Table:
    rows = [
        (
            bid.operator,
            format_amount(bid.price * parameters.price_unit),
            format_amount(bid.price * parameters.price_unit * periods),
            format_amount(bid.egress) if bid.egress else "free",
            format_amount(bid.backing.weight * parameters.price_unit),
            f"{bid.backing.share(bid.price) / 100:.1f}%",
            format_amount(bid.backing.cover(bid.collateral)),
            f"{_penalty(bid, parameters):.1f}",
            f"{bid.backing.missed} of {bid.backing.proven + bid.backing.missed}",
        )
        for bid in offered
    ]
    headings = (
        "OPERATOR", "A COPY A PERIOD", f"A COPY {counted(periods, 'PERIOD').upper()}",
        "READING", "RING", "SHARE", "COVER", "π", "MISSED",
    )  # fmt: skip
    return Table(headings, rows, "Nobody takes all of it; each operator's reason stands above.")


def _penalty(bid: Bid, parameters: "Parameters") -> float:
    """What a miss costs the operator, in periods' pay, at the market's rate."""
    return (
        bid.collateral * STAKE_UNIT / parameters.limit / (bid.price * parameters.price_unit * parameters.rate)
    )


def _sentence(question: Question, offers: int, total: int | None) -> str:
    many = f"{question.copies} {'copy' if question.copies == 1 else 'copies'}"
    parts = sum(question.parts.values())
    cut = f", each in {counted(parts, 'part')}," if parts > 1 else ""
    if total is None:
        return f"{many} can't be had: {counted(offers, 'operator')} would take all of it; ask for fewer."
    return f"{many}{cut} for {counted(question.periods, 'period')}: {format_amount(total)}."
