"""What storing would cost: the offers for every part of a file, summed for the copies and periods asked."""

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import Table, counted
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.storage.quotes import Offer
    from xmbl.storage.rules import Parameters


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


def quoted(
    question: Question, found: "list[list[Offer]]", price_unit: int
) -> tuple[dict[str, Any], Table, str]:
    """The offers of whoever takes every part, cheapest first, and what all copies cost: the document, the
    table and a sentence. `found` has the offers for each size of the question."""
    prices = [{each.candidate.operator: each.quote.terms.price * price_unit for each in one} for one in found]
    counts = list(question.parts.values())
    everywhere = set.intersection(*(set(one) for one in prices))
    periodic = {who: sum(one[who] * n for one, n in zip(prices, counts, strict=True)) for who in everywhere}
    offers = sorted(periodic.items(), key=lambda item: item[1])
    total = _total(offers, question)
    document = {
        "parts": sum(counts),
        "copies": question.copies,
        "periods": question.periods,
        "offers": [
            {"operator": who, "price_wei": price, "total_wei": price * question.periods}
            for who, price in offers
        ],
        "total_wei": total,
    }
    return document, _table(offers, question.periods), _sentence(question, len(offers), total)


def _total(offers: list[tuple[str, int]], question: Question) -> int | None:
    """What the cheapest so many offers cost together, in wei; None where there are too few."""
    if len(offers) < question.copies:
        return None
    return sum(price for _, price in offers[: question.copies]) * question.periods


def _table(offers: list[tuple[str, int]], periods: int) -> Table:
    rows = [(who, format_amount(price), format_amount(price * periods)) for who, price in offers]
    headings = ("OPERATOR", "A COPY A PERIOD", f"A COPY {counted(periods, 'PERIOD').upper()}")
    return Table(headings, rows, "Nobody takes all of it; each operator's reason stands above.")


def _sentence(question: Question, offers: int, total: int | None) -> str:
    many = f"{question.copies} {'copy' if question.copies == 1 else 'copies'}"
    parts = sum(question.parts.values())
    cut = f", each in {counted(parts, 'part')}," if parts > 1 else ""
    if total is None:
        return f"{many} can't be had: {counted(offers, 'operator')} would take all of it; ask for fewer."
    return f"{many}{cut} for {counted(question.periods, 'period')}: {format_amount(total)}."
