"""An operator whose seats strangers have taken: who reads or stores gets in, who only sits makes room."""

import threading
from typing import Any

import pytest
import trio

from tests.support.crowds import looks, strangers
from tests.support.paid_reads import COST, PLAIN, SELLING, reading
from tests.support.paid_story import Story, whole
from tests.support.storage_peers import Meeting, meeting, play
from tests.support.uploads import DATA, root_of, stored
from xmbl.crypto.ingest import Ingested
from xmbl.errors import Crowded, PeerUnreachable, Refused
from xmbl.network.channel import Channel
from xmbl.storage import seats, server
from xmbl.storage.holdings import Arrival
from xmbl.storage.quotes import reach
from xmbl.storage.reading import Free
from xmbl.storage.server import StorageServer
from xmbl.storage.wire import (
    STORE,
    STREAM,
    LeafRequest,
    PaidRead,
    ReadReady,
    StoreReady,
    StoreReceipt,
    StoreRequest,
)

SEATS = 3


@pytest.fixture(autouse=True)
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few seats, and whoever doesn't use its own may lose it at once."""
    monkeypatch.setattr(server, "READS", SEATS)
    monkeypatch.setattr(server, "UPLOADS", SEATS)
    monkeypatch.setattr(seats, "GRACE", 0.0)


async def displaced(story: Story, idlers: list[Channel]) -> list[str]:
    """What those hear that lost their seats; the others are still served."""
    heard = []
    for idler in idlers:
        try:
            await looks(story, idler)
        except Refused as refused:
            heard.append(str(refused))
    return heard


def test_read__idlers_have_all_seats__gets_every_byte_and_one_of_them_is_told_why(story: Story) -> None:
    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met, strangers(met, SEATS) as idlers:
            for idler in idlers:
                await looks(story, idler)
            assert await whole(met, story, story.purse()) == PLAIN
            (heard,) = await displaced(story, idlers)
            assert "make room" in heard

    play(scene)
    assert story.promised() == story.held() == COST


def test_read__newcomers_without_end__take_no_seat_of_one_who_pays(story: Story) -> None:
    async def scene() -> None:
        async with (
            meeting(story.provider, will=SELLING) as met,
            reading(met, story.deal, story.purse()) as chunks,
        ):
            got = [await anext(chunks)]
            for _ in range(SEATS):
                async with strangers(met, SEATS) as idlers:
                    for idler in idlers:
                        await idler.send(LeafRequest(story.deal.root, 0).encode())
                    got.append(await anext(chunks))
            assert b"".join([*got, *[plain async for plain in chunks]]) == PLAIN

    play(scene)
    assert story.promised() == story.held() == COST


def test_read__all_seats_are_paid__a_newcomer_is_told_to_come_again(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READS", 1)

    async def scene() -> None:
        async with (
            meeting(story.provider, will=SELLING) as met,
            reading(met, story.deal, story.purse()) as chunks,
        ):
            got = await anext(chunks)
            async with strangers(met, 1) as (newcomer,):
                with pytest.raises(Refused, match="All 1 seats here are in use; ask again"):
                    await looks(story, newcomer)
            assert b"".join([got, *[plain async for plain in chunks]]) == PLAIN

    play(scene)


def test_read__one_who_pays_for_crumbs__makes_room(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "READS", 1)

    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met, strangers(met, 1) as (miser,):
            crumb = PaidRead(story.deal.id(), 0, 1, story.voucher(10**12))
            await miser.send(crumb.encode())
            assert ReadReady.decode(await miser.receive()).length == len(await miser.receive_bytes(1))
            assert await whole(met, story, story.purse()) == PLAIN
            with pytest.raises(Refused, match="make room"):
                await looks(story, miser)

    play(scene)


def test_read__a_reader_that_takes_nothing_of_its_range__makes_room_without_a_word(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READS", 1)
    # so that what it asked for is late at once
    monkeypatch.setattr(server, "LEAST_RATE", 2**60)
    monkeypatch.setattr(seats, "LEEWAY", 0.0)

    async def scene() -> None:
        async with meeting(story.provider) as met, strangers(met, 1) as (sleeper,):
            for _ in range(2):
                await sleeper.send(Free(story.deal.root).request(0, len(PLAIN)).encode())
            assert ReadReady.decode(await sleeper.receive()).length == len(PLAIN)
            assert await whole(met, story, None) == PLAIN
            with pytest.raises(PeerUnreachable):
                await sleeper.receive_bytes(len(PLAIN))

    play(scene)


def test_read__as_many_streams_as_a_peer_may_have__take_no_seat_of_others(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "READS_EACH", 1)

    async def scene() -> None:
        async with meeting(story.provider) as met, strangers(met, SEATS - 1) as idlers:
            for idler in idlers:
                await looks(story, idler)
            async with reach(met.host, met.peer, STREAM) as one, reach(met.host, met.peer, STREAM) as two:
                await looks(story, one)
                with pytest.raises(Refused, match="You have 1 streams"):
                    await looks(story, two)
            assert await displaced(story, idlers) == []

    play(scene)


async def begun(met: Meeting, channel: Channel, data: bytes) -> None:
    """An upload of which nothing has come yet."""
    offer = await met.offer(len(data))
    await channel.send(StoreRequest(offer.quote, offer.signature, len(data), b"").encode())
    StoreReady.decode(await channel.receive())


def test_store__uploads_that_send_nothing_have_all_seats__is_kept_and_signed_for(story: Story) -> None:
    async def scene() -> None:
        async with meeting(story.provider) as met, strangers(met, SEATS, STORE) as idlers:
            for idler in idlers:
                await begun(met, idler, DATA)
            receipt = await stored(met)
        assert story.provider.holdings.read(receipt.root, 0, len(DATA)) == DATA

    play(scene)


def test_store__an_upload_whose_bytes_come__makes_no_room(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOADS", 1)

    async def scene() -> None:
        async with meeting(story.provider) as met, strangers(met, 1, STORE) as (client,):
            await begun(met, client, DATA)
            await client.send_bytes(DATA[:1_500_000])
            with pytest.raises(Refused, match="All 1 seats here are in use"):
                await stored(met)
            await client.send_bytes(DATA[1_500_000:])
            assert StoreReceipt.decode(await client.receive()).root == root_of(DATA)

    play(scene)


def test_store__all_bytes_have_come__makes_no_room_until_it_is_signed_for(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOADS", 1)
    monkeypatch.setattr(seats, "PATIENCE", 0.0)
    keep, landed, disk = Arrival.keep, trio.Event(), threading.Event()

    def slowly(arrival: Arrival) -> Ingested:
        trio.from_thread.run_sync(landed.set)
        disk.wait(10)
        return keep(arrival)

    monkeypatch.setattr(Arrival, "keep", slowly)

    async def scene() -> None:
        async with meeting(story.provider) as met, strangers(met, 1, STORE) as (client,):
            await begun(met, client, DATA)
            await client.send_bytes(DATA)
            await landed.wait()
            with pytest.raises(Refused, match="All 1 seats here are in use"):
                await stored(met)
            disk.set()
            assert StoreReceipt.decode(await client.receive()).root == root_of(DATA)

    play(scene)


def test_store__bytes_held_already__make_no_room_until_they_are_signed_for(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOADS", 1)
    sign, signing, chain = StorageServer._sign_deal, trio.Event(), trio.Event()

    async def slowly(*what: Any) -> StoreReceipt:
        signing.set()
        await chain.wait()
        return await sign(*what)

    async def scene() -> None:
        async with meeting(story.provider) as met:
            root = (await stored(met)).root
            monkeypatch.setattr(StorageServer, "_sign_deal", slowly)
            offer = await met.offer(len(DATA))
            async with strangers(met, 1, STORE) as (client,):
                request = StoreRequest(offer.quote, offer.signature, len(DATA), root)
                await client.send(request.encode())
                assert StoreReady.decode(await client.receive()).held
                await signing.wait()
                with pytest.raises(Crowded, match="All 1 seats here are in use"):
                    await stored(met, DATA[:1000])
                chain.set()
                assert StoreReceipt.decode(await client.receive()).root == root

    play(scene)


def test_store__an_upload_that_makes_room__is_told_why_in_the_middle_of_its_bytes(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOADS", 1)
    # so that bytes buy no time
    monkeypatch.setattr(server, "UPLOAD_RATE", 2**60)
    monkeypatch.setattr(server, "UPLOAD_GRACE", 60.0)

    async def scene() -> None:
        async with meeting(story.provider) as met, strangers(met, 1, STORE) as (client,):
            await begun(met, client, DATA)
            await client.send_bytes(DATA[:1_200_000])
            # the newcomer's bytes have come
            await stored(met, DATA[:1000])
            for at in range(1_200_000, 1_500_000, 100_000):
                await client.send_bytes(DATA[at : at + 100_000])
                # by its answer the operator has read what was sent before
                await met.offer(1000)
            with pytest.raises(Crowded, match="make room"):
                StoreReceipt.decode(await client.receive())

    play(scene)
