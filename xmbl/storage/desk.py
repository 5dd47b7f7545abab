"""What everything on an operator's side works with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from xmbl.chain.outbox import Outbox
from xmbl.events import Emit
from xmbl.storage.events import BytesDropped
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.market import Market


@dataclass(frozen=True)
class Desk:
    """One operator's market, transactions, memory and bytes; `emit` may be called from any thread.

    `beside` are the journals of other deployments whose deals lie in the same holdings.
    """

    operator: str
    market: Market
    outbox: Outbox
    journal: Journal
    holdings: Holdings
    emit: Emit
    beside: tuple[Journal, ...] = ()

    def key(self, action: str, *about: object) -> str:
        """The outbox's key of a transaction: the agent may work in two deployments of the market at once."""
        return ":".join(str(part) for part in (action, self.market.deals.address, self.operator, *about))

    @contextmanager
    def deciding(self) -> Iterator[None]:
        """What is changed inside is kept together or not at all, and nobody else binds or drops bytes."""
        with self.holdings.deciding, self.journal.atomically():
            yield

    def drop_unneeded(self, root: bytes, reason: str) -> None:
        """Drop bytes that no signed or open deal needs. To be said while `deciding`: so no deal is signed for
        them meanwhile."""
        needed = any(journal.holders(root) for journal in (self.journal, *self.beside))
        if not needed and self.holdings.has(root):
            self.holdings.drop(root)
            self.emit(BytesDropped(root, reason))
