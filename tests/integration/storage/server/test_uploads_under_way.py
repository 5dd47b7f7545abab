"""What happens to an upload while its bytes come: dying clients, slow ones, and a chain that moves on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import pytest

from tests.support.agent_world import Provider
from tests.support.storage_peers import WILL, Meeting, meeting, play
from tests.support.storage_world import STAKE
from tests.support.uploads import DATA, refusal, stored
from xmbl.errors import NetworkError, PeerUnreachable, Refused
from xmbl.network.channel import Channel
from xmbl.storage import server
from xmbl.storage.quotes import Offer, reach
from xmbl.storage.wire import STORE, STREAM, LeafReply, LeafRequest, StoreReady, StoreReceipt, StoreRequest


@asynccontextmanager
async def uploading(met: Meeting, offer: Offer, data: bytes = DATA) -> AsyncIterator[Channel]:
    """An upload of which nothing has come yet."""
    async with reach(met.host, met.peer, STORE) as channel:
        await channel.send(StoreRequest(offer.quote, offer.signature, len(data), b"").encode())
        StoreReady.decode(await channel.receive())
        yield channel


async def finished(channel: Channel, data: bytes = DATA) -> StoreReceipt:
    """All the bytes, and what is signed for them."""
    await channel.send_bytes(data)
    return StoreReceipt.decode(await channel.receive())


def test_store__hung_up_in_the_middle__leaves_nothing(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            with suppress(NetworkError):
                async with uploading(met, offer) as channel:
                    await channel.send_bytes(DATA[:1_000_000])
                    raise PeerUnreachable("the client's machine died")
            # the next upload waits for nothing of the first
            await stored(met, DATA[:1000], await met.offer(1000))
        assert provider.holdings.used() == 1000

    play(story)


def test_store__more_bytes_than_declared__keeps_what_was_declared(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(1000)
            with suppress(NetworkError):
                async with uploading(met, offer, DATA[:1000]) as channel:
                    await channel.send_bytes(DATA)
                    await channel.receive()
        assert provider.holdings.used() in (0, 1000)

    play(story)


def test_store__the_period_rolls_over_meanwhile__keeps_no_bytes(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        async with uploading(met, await met.offer(len(DATA), end=provider.period + 2)) as channel:
            provider.to_period(provider.period + 1)
            await finished(channel)

    assert "ask for a later end" in refusal(provider, work)


def test_store__the_same_bytes_are_signed_for_already__are_kept_when_signing_fails(
    provider: Provider,
) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            long = await met.offer(len(DATA))
            short = await met.offer(len(DATA), end=provider.period + 2)
            async with uploading(met, short) as channel:
                receipt = await stored(met, offer=long)
                provider.to_period(provider.period + 1)
                with pytest.raises(Refused):
                    await finished(channel)
        assert provider.holdings.roots() == [receipt.root]

    play(story)


def test_store__uploads_that_run__count_as_unpaid(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider, replace(WILL, unpaid=3_000_000)) as met:
            first, second = await met.offer(len(DATA)), await met.offer(len(DATA))
            async with uploading(met, first) as channel:
                with pytest.raises(Refused, match="Too many bytes wait here"):
                    await stored(met, offer=second)
                assert await finished(channel)

    play(story)


def test_store__stake_that_went_meanwhile__isnt_promised_again(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            staking, deals = provider.market.staking, provider.market.deals.address
            async with uploading(met, offer) as channel:
                provider.world.send(provider.cold, staking.authorize(deals, 0))
                try:
                    with pytest.raises(Refused, match="no stake left"):
                        await finished(channel)
                finally:
                    provider.world.send(provider.cold, staking.authorize(deals, STAKE))
        assert provider.holdings.used() == 0

    play(story)


def test_store__too_many_streams_of_one_peer__are_refused(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOADS_EACH", 1)
    monkeypatch.setattr(server, "READS_EACH", 1)

    async def story() -> None:
        async with meeting(provider) as met:
            first, second = await met.offer(len(DATA)), await met.offer(len(DATA))
            async with uploading(met, first) as channel:
                with pytest.raises(Refused, match="You have 1 streams"):
                    await stored(met, offer=second)
                await finished(channel)
            await stored(met, offer=second)
            async with reach(met.host, met.peer, STREAM) as one, reach(met.host, met.peer, STREAM) as two:
                root = provider.holdings.roots()[0]
                await one.send(LeafRequest(root, 0).encode())
                LeafReply.decode(await one.receive())
                with pytest.raises(Refused, match="You have 1 streams"):
                    LeafReply.decode(await two.receive())

    play(story)


def test_store__slower_than_the_least_rate__is_refused_and_leaves_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOAD_GRACE", 0.0)
    monkeypatch.setattr(server, "UPLOAD_RATE", 2**24)

    async def work(met: Meeting) -> None:
        async with uploading(met, await met.offer(len(DATA))) as channel:
            StoreReceipt.decode(await channel.receive())

    assert "too slow" in refusal(provider, work)
