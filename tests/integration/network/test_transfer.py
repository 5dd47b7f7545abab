"""Messages and bytes between two processes: whole, bounded, and with an end to every wait."""

import hashlib
import signal
from contextlib import suppress

import pytest
import trio

from tests.support import network_peer as peer
from tests.support.network_peer import CHUNK, Provider, as_client, ask, echoed, running_provider, uploaded
from xmbl.errors import PeerUnreachable, ProtocolError
from xmbl.network.channel import Channel
from xmbl.network.host import Host
from xmbl.network.yamux_stream import WINDOW

ENDLESS = {"bytes": 2**40, "go": False}


class LeftInTheMiddle(Exception):
    """Drops a stream, where leaving its block in peace would wait for the peer."""


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK + 1, 20_000_000])
def test_send_bytes__any_size__arrives_whole(provider: Provider, size: int) -> None:
    data = hashlib.shake_256(b"%d" % size).digest(size)
    as_client(lambda host: uploaded(host, provider.address, data))


def test_receive_bytes__any_cut__arrives_whole(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with host.dial(provider.address, peer.SOURCE) as channel:
            await channel.send({"bytes": 3_000_000})
            for count in (0, 1, 70_000, 2_000_000, 929_999):
                assert await channel.receive_bytes(count) == bytes(count)
            await channel.receive_end()

    as_client(work)


def test_send_bytes__two_at_once__both_arrive(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with trio.open_nursery() as nursery:
            for fill in (b"a", b"b"):
                nursery.start_soon(uploaded, host, provider.address, fill * 5_000_000)

    as_client(work)


def test_send_bytes__receiver_pauses__sender_waits_with_little_on_its_way(provider: Provider) -> None:
    async def work(host: Host) -> None:
        before = await ask(host, provider.address, peer.STATE, {})
        async with host.dial(provider.address, peer.STALL, patience=0.5) as channel:
            await channel.send(ENDLESS)
            sent = await sent_until_it_waits(channel)
            after = await ask(host, provider.address, peer.STATE, {})
            assert sent <= WINDOW
            assert after["memory"] - before["memory"] <= 2 * WINDOW
            raise LeftInTheMiddle

    with pytest.raises(LeftInTheMiddle):
        as_client(work)


async def sent_until_it_waits(channel: Channel) -> int:
    sent = 0
    with suppress(PeerUnreachable):
        while True:
            await channel.send_bytes(bytes(CHUNK))
            sent += CHUNK
    return sent


def test_send_bytes__receiver_goes_on_after_a_pause__all_arrives(provider: Provider) -> None:
    async def stalled_upload(host: Host) -> None:
        async with host.dial(provider.address, peer.STALL) as channel:
            await channel.send({"go": False, "bytes": 3 * WINDOW})
            await channel.send_bytes(bytes(3 * WINDOW))
            assert await channel.receive() == {"done": True}

    async def work(host: Host) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stalled_upload, host)
            await trio.sleep(0.5)
            assert await ask(host, provider.address, peer.STALL, {"go": True}) == {"done": True}

    as_client(work)


def test_receive__silent_peer__unreachable(provider: Provider) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(PeerUnreachable, match=r"Waited 0\.2 s for .*, for a message"):
            await ask(host, provider.address, peer.HANG, {}, patience=0.2)

    as_client(work)


def test_receive__peer_ends_without_a_word__unreachable(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with host.dial(provider.address, peer.ECHO) as channel:
            await channel.send({})
            await channel.receive()
            with pytest.raises(PeerUnreachable, match="hung up 4 bytes early"):
                await channel.receive()

    as_client(work)


def test_receive__longer_than_asked_for__protocol_error(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with host.dial(provider.address, peer.ECHO) as channel:
            await channel.send({"x": bytes(1_000)})
            with pytest.raises(
                ProtocolError, match="announced a message of 1,007 bytes; 2 to 100 are allowed"
            ):
                await channel.receive(limit=100)

    as_client(work)


def test_receive_end__peer_goes_on__protocol_error(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with host.dial(provider.address, peer.SOURCE) as channel:
            await channel.send({"bytes": 10})
            with pytest.raises(ProtocolError, match="went on sending"):
                await channel.receive_end()

    as_client(work)


@pytest.mark.parametrize("protocol", [peer.RAISE, peer.SHORT_HANG])
def test_serve__handler_fails_or_is_too_slow__stream_dropped_host_well(
    provider: Provider, protocol: str
) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(PeerUnreachable, match="can't be reached or hung up"):
            await ask(host, provider.address, protocol, {})
        await echoed(host, provider.address)

    as_client(work)


def test_serve__more_than_its_places__turned_away_then_served(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with (
            host.dial(provider.address, peer.SINK) as first,
            host.dial(provider.address, peer.SINK) as second,
        ):
            with pytest.raises(PeerUnreachable):
                await uploaded(host, provider.address, b"third")
            for channel in (first, second):
                await channel.send({"bytes": 0})
                await channel.receive()
        await uploaded(host, provider.address, b"third")

    as_client(work)


def test_send_bytes__peer_killed_in_the_middle__unreachable_and_host_well(provider: Provider) -> None:
    async def send_to(host: Host, victim: Provider) -> None:
        async with host.dial(victim.address, peer.SINK) as channel:
            await channel.send(ENDLESS)
            await channel.send_bytes(bytes(10 * CHUNK))
            victim.kill()
            await peer.send_forever(channel)

    async def work(host: Host) -> None:
        with running_provider(7) as victim, pytest.raises(PeerUnreachable):
            await send_to(host, victim)
        await echoed(host, provider.address)

    as_client(work)


def test_receive_bytes__peer_killed_in_the_middle__unreachable_and_host_well(provider: Provider) -> None:
    async def receive_from(host: Host, victim: Provider) -> None:
        async with host.dial(victim.address, peer.SOURCE) as channel:
            await channel.send(ENDLESS)
            await channel.receive_bytes(CHUNK)
            victim.kill()
            await peer.receive_forever(channel)

    async def work(host: Host) -> None:
        with running_provider(7) as victim, pytest.raises(PeerUnreachable):
            await receive_from(host, victim)
        await echoed(host, provider.address)

    as_client(work)


def test_send_bytes__peer_frozen_in_the_middle__unreachable_in_time(provider: Provider) -> None:
    async def send_to(host: Host, victim: Provider) -> None:
        async with host.dial(victim.address, peer.SINK, patience=0.5) as channel:
            await channel.send(ENDLESS)
            victim.process.send_signal(signal.SIGSTOP)
            await peer.send_forever(channel)

    async def work(host: Host) -> None:
        with running_provider(7) as victim:
            with pytest.raises(PeerUnreachable, match=r"Waited 0\.5 s"):
                await send_to(host, victim)
            victim.kill()
        await echoed(host, provider.address)

    as_client(work)


def test_send_bytes__cancelled_in_the_middle__other_streams_go_on(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(uploaded, host, provider.address, bytes(20_000_000))
            for wait in (0.0, 0.005, 0.01, 0.02):
                with trio.move_on_after(wait):
                    async with host.dial(provider.address, peer.SOURCE) as channel:
                        await channel.send(ENDLESS)
                        await peer.send_forever(channel)
        await echoed(host, provider.address)

    as_client(work)
