"""What everything on an operator's side works with."""

from dataclasses import dataclass

from xmbl.chain.outbox import Outbox
from xmbl.storage.events import Emit
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.market import Market


@dataclass(frozen=True)
class Desk:
    """One operator's market, transactions, memory and bytes; `emit` may be called from any thread."""

    operator: str
    market: Market
    outbox: Outbox
    journal: Journal
    holdings: Holdings
    emit: Emit
