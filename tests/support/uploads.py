"""A client's upload, message by message, and what the server says to it."""

import secrets
from dataclasses import replace

from tests.support.agent_world import Provider
from tests.support.storage_peers import WILL, Meeting, Work, complaint
from xmbl.crypto.merkle import TreeBuilder
from xmbl.network.channel import Channel
from xmbl.storage.journal import DealState
from xmbl.storage.policy import StoragePolicy
from xmbl.storage.quotes import Offer, reach
from xmbl.storage.wire import STORE, StoreReady, StoreReceipt, StoreRequest

DATA = secrets.token_bytes(2_000_000)


def root_of(data: bytes) -> bytes:
    """What a deal for these bytes says."""
    builder = TreeBuilder()
    builder.update(data)
    return builder.finish().root


async def sent(channel: Channel, offer: Offer, data: bytes, **changed: object) -> StoreReceipt:
    """A client that stores `data` under `offer`, but for what it changes in its request."""
    request = replace(StoreRequest(offer.quote, offer.signature, len(data), b""), **changed)
    await channel.send(request.encode())
    if not StoreReady.decode(await channel.receive()).held:
        await channel.send_bytes(data)
    return StoreReceipt.decode(await channel.receive())


async def stored(
    met: Meeting, data: bytes = DATA, offer: Offer | None = None, **changed: object
) -> StoreReceipt:
    """The same on a stream of its own; under a fresh offer if none is given."""
    offer = offer or await met.offer(len(data))
    async with reach(met.host, met.peer, STORE) as channel:
        return await sent(channel, offer, data, **changed)


def refusal(provider: Provider, work: Work, will: StoragePolicy = WILL) -> str:
    """What the server says no to, and why; nothing of it is kept."""
    reason = complaint(provider, work, will=will)
    assert provider.journal.deals(DealState.SIGNED) == []
    assert provider.holdings.used() == 0
    return reason
