"""A storage server and its clients as libp2p peers in one process, and servers that cheat."""

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
import trio

from tests.support.agent_world import Provider
from xmbl.errors import Refused
from xmbl.network.channel import Channel
from xmbl.network.host import Host, open_host
from xmbl.payments.book import Book
from xmbl.payments.ledger import ChainLedger
from xmbl.payments.till import Till
from xmbl.payments.wire import Domain
from xmbl.storage.desk import Desk
from xmbl.storage.egress import Egress
from xmbl.storage.policy import GIB, StoragePolicy
from xmbl.storage.quotes import Candidate, Offer, Wanted, ask
from xmbl.storage.server import StorageServer
from xmbl.storage.wire import QUOTE, STORE, STREAM, Refusal

WILL = StoragePolicy(price=10**15, capacity=GIB, unpaid=GIB // 2)
MARGIN = 40
"""Blocks: the devnet's are short."""

PER_GIB = 10**16
ANYWHERE = "/ip4/127.0.0.1/tcp/0"

Handlers = Mapping[str, Callable[[Channel], Awaitable[None]]]


@dataclass(frozen=True)
class Meeting:
    """A client's host, and the operator that it knows."""

    provider: Provider
    server: StorageServer
    host: Host
    peer: Candidate

    def wanted(self, size: int, **changed: int) -> Wanted:
        """What the client asks for, but for what is changed."""
        usual = Wanted(self.provider.client.address, size, self.provider.period + 4, PER_GIB)
        return replace(usual, **changed)

    async def offer(self, size: int, **changed: int) -> Offer:
        """The operator's checked offer for that."""
        return await ask(self.host, self.provider.market, self.peer, self.wanted(size, **changed))


@asynccontextmanager
async def meeting(
    provider: Provider,
    will: StoragePolicy = WILL,
    cheating: Handlers | None = None,
) -> AsyncIterator[Meeting]:
    """A server that serves, but for the protocols at which it cheats, and a client that knows it."""
    desk = Desk(
        provider.address, provider.market, provider.outbox, provider.journal, provider.holdings,
        provider.told.append,
    )  # fmt: skip
    book = Book(provider.folder / "vouchers.sqlite")
    till = till_of(desk, book)
    server = StorageServer(desk, provider.signer, will, Egress(desk, provider.signer, will, till), fresh=0)
    handlers: dict[str, Any] = {QUOTE: server.quote, STORE: server.store, STREAM: server.stream}
    handlers |= cheating or {}
    async with open_host(provider.seed, [ANYWHERE]) as serving:
        for protocol, handler in handlers.items():
            serving.serve(protocol, handler)
        peer = Candidate(
            provider.address, provider.signer.address, provider.address, tuple(serving.addresses)
        )
        async with open_host(secrets.token_bytes(32)) as host:
            yield Meeting(provider, server, host, peer)
    book.close()


def till_of(desk: Desk, book: Book) -> Till:
    """The till of an operator, on the real chain."""
    market = desk.market
    domain = Domain.of(market.chain.chain_id, market.payments.address)
    ledger = ChainLedger(market.chain, market.payments)
    return Till(ledger, domain, book, desk.emit, margin=MARGIN, fresh=0.0)


def play(story: Callable[[], Awaitable[None]]) -> None:
    """Run a story that must come to an end."""

    async def bounded() -> None:
        with trio.fail_after(20):
            await story()

    trio.run(bounded)


Work = Callable[[Meeting], Awaitable[Any]]
"""What a client tries."""


def complaint(provider: Provider, work: Work, kind: type[Exception] = Refused, **more: Any) -> str:
    """What a client hears whose `work` with an operator is refused; `more` is about their meeting."""
    heard: list[str] = []

    async def story() -> None:
        async with meeting(provider, **more) as met:
            with pytest.raises(kind) as refused:
                await work(met)
            heard.append(str(refused.value))

    play(story)
    return heard[0]


@asynccontextmanager
async def announced(
    provider: Provider, cheating: Handlers | None = None, will: StoragePolicy = WILL
) -> AsyncIterator[StorageServer]:
    """A server that the registry knows."""
    async with meeting(provider, will, cheating) as met:
        addresses = [address.split("/p2p/")[0] for address in met.peer.addresses]
        call = provider.market.registry.announce(provider.address, addresses)
        await trio.to_thread.run_sync(provider.world.send, provider.cold, call)
        yield met.server


async def silenced(provider: Provider) -> None:
    """The registry knows no address of it any more: later tests don't wait for it."""
    call = provider.market.registry.announce(provider.address, [])
    await trio.to_thread.run_sync(provider.world.send, provider.cold, call)


async def refusing(channel: Channel) -> None:
    """Says no once the upload is asked for."""
    await channel.receive()
    await channel.send(Refusal("My disk broke.", busy=False).encode())
