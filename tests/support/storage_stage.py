"""Operators that serve in the test's process and a client that stores with them."""

import secrets
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import trio
from eth_account.signers.local import LocalAccount

from tests.support.agent_world import Provider
from tests.support.storage_peers import Handlers, announced, silenced
from tests.support.storage_world import PER_GIB, Told, World, client_home, client_of
from xmbl.chain.deals import Opened
from xmbl.events import Event
from xmbl.storage.client import StorageClient
from xmbl.storage.manifest import Manifest
from xmbl.storage.planning import Order

LIMIT = 100 * PER_GIB
DATA = secrets.token_bytes(700_000)
ORDER = Order("file", 2, 3, LIMIT)
ONE_COPY = replace(ORDER, copies=1)


class Stage:
    """Operators that serve, and a client; `told` is what it was told."""

    def __init__(self, world: World, providers: Sequence[Provider], account: LocalAccount) -> None:
        self.world = world
        self.providers = providers
        self.account = account
        self.told = Told()

    @property
    def home(self) -> Path:
        """The client's files."""
        return client_home(self.world, self.account)

    @asynccontextmanager
    async def serving(self, *cheating: Handlers | None) -> AsyncIterator[None]:
        """As many operators as are named here serve; None is an honest one."""
        async with AsyncExitStack() as stack:
            for provider, cheats in zip(self.providers, cheating, strict=False):
                await stack.enter_async_context(announced(provider, cheats))
            for provider in self.providers[len(cheating) :]:
                await silenced(provider)
            yield

    @asynccontextmanager
    async def client(self) -> AsyncIterator[StorageClient]:
        """The client; each has its own host, all have the same files."""
        async with client_of(self.world, self.account, self.told) as client:
            yield client

    @asynccontextmanager
    async def meeting(self, *cheating: Handlers | None) -> AsyncIterator[StorageClient]:
        """Both."""
        async with self.serving(*cheating), self.client() as client:
            yield client

    @contextmanager
    def dying_at(self, kind: type[Event]) -> Iterator[None]:
        """What is done inside ends when the client is told something of this kind."""
        with trio.CancelScope() as scope:
            self.told.on(kind, scope.cancel)
            yield

    def opened(self) -> list[Opened]:
        """The client's deals on chain."""
        market = self.world.market()
        found = market.deals.events(Opened, market.since)
        return [event for event in found if event.client == self.account.address]

    def to_next_period(self) -> None:
        """At its beginning there is time for everything."""
        self.world.to_period(self.world.market().period() + 1, block=0)


async def stored(client: StorageClient, source: Any, order: Order = ORDER) -> None:
    """Store something as ordered."""
    plan = await client.plan(source, order)
    await client.fund(plan.cost)
    await client.put(plan)


async def resumed(client: StorageClient) -> Manifest:
    """Go on with what was ordered, with the money for it."""
    await client.fund(await client.cost_to_mend("file"))
    return await client.resume("file")
