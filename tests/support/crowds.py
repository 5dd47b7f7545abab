"""Strangers that take an operator's seats."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from tests.support.paid_story import Story
from tests.support.storage_peers import Meeting
from xmbl.network.channel import Channel
from xmbl.network.host import open_host
from xmbl.storage.quotes import reach
from xmbl.storage.wire import STREAM, LeafReply, LeafRequest


@asynccontextmanager
async def strangers(met: Meeting, count: int, protocol: str = STREAM) -> AsyncIterator[list[Channel]]:
    """Streams to the operator, each of an identity of its own."""
    async with AsyncExitStack() as stack:
        hosts = [await stack.enter_async_context(open_host(secrets.token_bytes(32))) for _ in range(count)]
        yield [await stack.enter_async_context(reach(host, met.peer, protocol)) for host in hosts]


async def looks(story: Story, channel: Channel) -> None:
    """What costs a reader nothing."""
    await channel.send(LeafRequest(story.deal.root, 0).encode())
    LeafReply.decode(await channel.receive())
