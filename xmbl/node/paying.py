"""Where a node's vouchers come together: the till that takes them, the book that keeps them, the agent that
redeems them."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import trio

from xmbl.node.config import NodeConfig
from xmbl.payments.agent import PaymentsAgent
from xmbl.payments.book import Book, book_path
from xmbl.payments.ledger import ChainLedger
from xmbl.payments.till import Till
from xmbl.payments.wire import Domain
from xmbl.storage.agent import FAILURES
from xmbl.storage.desk import Desk


@dataclass(frozen=True)
class Cashier:
    """An operator's income from vouchers."""

    book: Book
    till: Till
    agent: PaymentsAgent

    async def run(self, poll: float) -> None:
        """Redeem what is due every `poll` seconds until cancelled; what fails is tried again."""
        while True:
            with suppress(*FAILURES):
                await trio.to_thread.run_sync(self.agent.step)
            await trio.sleep(poll)


def cashiers_of(settings: NodeConfig, desks: Sequence[Desk]) -> list[Cashier]:
    """One for each desk; those whose deployments share a ledger share it."""
    found: dict[str, Cashier] = {}
    for desk in desks:
        if desk.market.payments.address not in found:
            found[desk.market.payments.address] = cashier_of(settings, desk)
    return [found[desk.market.payments.address] for desk in desks]


def cashier_of(settings: NodeConfig, desk: Desk) -> Cashier:
    """The till and the agent of the deployment of `desk`; close its book at the end."""
    market = desk.market
    # where `xmbl pay voucher list` looks too, for the operator's wallet
    book = Book(book_path(settings.vouchers, market.chain, desk.operator, market.payments.address))
    ledger = ChainLedger(market.chain, market.payments)
    domain = Domain.of(market.chain.chain_id, market.payments.address)
    till = Till(ledger, domain, book, desk.emit, margin=settings.payments.margin)
    return Cashier(book, till, PaymentsAgent(ledger, book, desk.outbox, settings.payments, desk.emit))
