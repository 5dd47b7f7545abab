"""Prices of reads: whoever asks how often costs the chain little, and nobody else waits for it."""

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import trio
from trio.testing import MockClock

from tests.support.vouchers import DEAL, HOLDER, PRICE, READER, SIGNER, FakeLedger, signed, till
from xmbl.crypto.typed_data import recover
from xmbl.storage.egress import FRESH, Egress
from xmbl.storage.policy import StoragePolicy
from xmbl.storage.wire import PriceReply, PriceRequest

WILL = StoragePolicy(price=1, capacity=1, unpaid=1, egress=PRICE)
ASKED = PriceRequest(DEAL, READER.address)


class Selling:
    """An operator of one deal, at the price of `WILL`."""

    def __init__(self, folder: Path) -> None:
        self.ledger = FakeLedger()
        self.till, self.book = till(folder, self.ledger)
        parameters = SimpleNamespace(period=7_200)
        market = SimpleNamespace(
            block_number=self.ledger.block_number, parameters=parameters, digest=lambda hashed: hashed
        )
        deal = SimpleNamespace(deal=SimpleNamespace(terms=SimpleNamespace(payee=HOLDER)))
        journal = SimpleNamespace(deal=lambda _: deal)
        desk: Any = SimpleNamespace(operator=HOLDER, market=market, journal=journal)
        self.egress = Egress(desk, SIGNER, WILL, self.till)


async def together(selling: Selling, times: int) -> list[PriceReply]:
    """The price, asked for so often at once."""
    replies: list[PriceReply] = []

    async def ask() -> None:
        replies.append(await selling.egress.price(ASKED))

    async with trio.open_nursery() as nursery:
        for _ in range(times):
            nursery.start_soon(ask)
    return replies


def test_price__asked_again_and_again__looks_at_the_chain_once_a_while(tmp_path: Path) -> None:
    selling, clock = Selling(tmp_path), MockClock()

    async def scene() -> None:
        (reply, *others) = await together(selling, 30)
        assert all(other == reply for other in others)
        assert recover(reply.quote(HOLDER, DEAL).hash(), reply.signature) == SIGNER.address
        assert selling.ledger.asked == 1
        clock.jump(FRESH + 1)
        selling.ledger.block += 5
        (later,) = await together(selling, 1)
        assert (later.expiry, selling.ledger.asked) == (reply.expiry + 5, 2)

    trio.run(scene, clock=clock)


def test_price__while_a_voucher_is_being_kept__waits_for_it_beside_everybody_else(tmp_path: Path) -> None:
    selling, kept, go_on = Selling(tmp_path), signed(PRICE), threading.Event()
    best, keeping = selling.till.best, trio.Event()

    def keep() -> None:
        with selling.book.atomically():
            trio.from_thread.run_sync(keeping.set)
            assert go_on.wait(10)
            selling.book.hold(kept, READER.address, 0)

    def looked(*who: Any) -> Any:
        # what goes on meanwhile
        trio.from_thread.run_sync(go_on.set)
        return best(*who)

    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(trio.to_thread.run_sync, keep)
            await keeping.wait()
            (reply,) = await together(selling, 1)
            assert reply.held == kept

    selling.till.best = looked  # type: ignore[method-assign]
    trio.run(scene)
