"""What everything on an operator's side works with."""

from dataclasses import dataclass

from xmbl.chain.outbox import Outbox
from xmbl.events import Emit
from xmbl.storage.events import BytesDropped
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

    def drop_unneeded(self, root: bytes, reason: str) -> None:
        """Drop bytes that no signed or open deal needs. To be said inside of a batch of the journal: so no
        deal is signed for them meanwhile."""
        if not self.journal.holders(root) and self.holdings.has(root):
            self.holdings.drop(root)
            self.emit(BytesDropped(root, reason))
