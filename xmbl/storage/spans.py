"""When operators had deals to prove, from the market's events alone: a period without a proof is a miss only
where a deal was live. Records don't tell, since those of closed deals are cleared.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from xmbl.chain.deals import Closed, Extended, Opened, Terminated
from xmbl.errors import ChainError
from xmbl.storage.market import Market
from xmbl.storage.rules import Record, ends


@dataclass(slots=True)
class Span:
    """A deal lasts from period `first` up to `end`, which it doesn't cover any more, if misses don't end it
    before."""

    first: int
    end: int


def spans(market: Market) -> Mapping[str, list[Span]]:
    """Those of all deals that ever were opened, by operator; reads the chain."""
    kinds: tuple[type[Opened | Extended | Terminated | Closed], ...] = (Opened, Extended, Terminated, Closed)
    by_deal: dict[bytes, Span] = {}
    found: dict[str, list[Span]] = {}
    for event in market.deals.all_history(kinds, market.since):
        if event.id not in by_deal and not isinstance(event, Opened):
            raise ChainError(
                "The RPC endpoint gave the end of a deal and not its beginning; use another, and delete the"
                " `cache` folder, which `xmbl config path` names."
            )
        period = event.block // market.parameters.period
        match event:
            case Opened():
                span = by_deal[event.id] = Span(period + 1, event.terms.end)
                found.setdefault(event.operator, []).append(span)
            case Closed():
                # a deal whose client complained with success is closed before its end
                by_deal[event.id].end = min(by_deal[event.id].end, period)
            case _:
                by_deal[event.id].end = event.end
    return found


def live_in(deals: Iterable[Span], kept: Container[int], limit: int, first: int, last: int) -> set[int]:
    """Which of the periods from `first` up to `last`, the present one, had a live deal; `kept` are those that
    weren't missed, of which `limit` end a deal."""
    return {
        period
        for span in deals
        if span.end > first
        for period in range(max(first, span.first), min(_over(span, kept, limit, last), last))
    }


def _over(span: Span, kept: Container[int], limit: int, last: int) -> int:
    unsettled = Record(0, 0, 0, 0, span.first, span.end, span.first, 0)
    return ends(unsettled, kept, last, limit)[0]
