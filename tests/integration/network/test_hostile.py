"""Peers that break the rules at every layer: they lose their connection, and nobody else notices."""

from collections.abc import Awaitable, Callable

import pytest
import trio
from libp2p.io.exceptions import IOException
from libp2p.utils.varint import encode_delim, encode_uvarint

from tests.support import network_peer as peer
from tests.support.hostile_client import Frames, muxed_session, raw_socket, secure_session
from tests.support.network_peer import Provider, ask, echoed, seed
from xmbl.errors import PeerUnreachable
from xmbl.network.host import Host, open_host
from xmbl.network.yamux import STREAMS
from xmbl.network.yamux_stream import ACK, CREDIT, DATA, FIN, FIRST_WINDOW, PING, RST, SYN, WINDOW

MULTISTREAM = encode_delim(b"/multistream/1.0.0")


def attack(provider: Provider, work: Callable[[], Awaitable[None]]) -> None:
    """Carry out an attack while an honest client is served, and see that nothing of it stays."""

    async def both() -> None:
        with trio.fail_after(30):
            async with open_host(seed(99)) as client:
                before = await ask(client, provider.address, peer.STATE, {})
                await work()
                await settled(client, provider, before)

    trio.run(both)


async def settled(client: Host, provider: Provider, before: dict[str, int]) -> None:
    """Return when the peer has no more tasks than before: `attack` limits how long that may take."""
    while True:
        after = await ask(client, provider.address, peer.STATE, {})
        assert after["memory"] - before["memory"] < 32 * 2**20
        if after["tasks"] <= before["tasks"]:
            return
        await trio.sleep(0.05)


async def say(host: Host, address: str, message: bytes) -> None:
    """Speak raw bytes where a frame is expected, and wait for what comes of it."""
    async with host.dial(address, peer.ECHO) as channel:
        await channel.send_bytes(message)
        await channel.receive()


@pytest.mark.parametrize(
    "garbage",
    [
        b"",
        b"\x00",
        b"GET / HTTP/1.1\r\n\r\n",
        bytes(100_000),
        b"\xff" * 100_000,
        MULTISTREAM + b"\xff" * 20,
        MULTISTREAM + encode_uvarint(2**62) + b"x" * 100_000,
        MULTISTREAM + encode_delim(b"/noise") + b"\xff\xff" + bytes(70_000),
        MULTISTREAM + encode_delim(b"\xff\xfe"),
        MULTISTREAM + encode_delim(b"/plaintext/2.0.0") + encode_delim(b"/tls/1.0.0"),
    ],
    ids=range(10),
)
def test_listener__garbage_instead_of_a_handshake__dropped(provider: Provider, garbage: bytes) -> None:
    async def work() -> None:
        async with raw_socket(provider.address) as stream:
            try:
                await stream.send_all(garbage)
                await stream.send_eof()
                while await stream.receive_some(65_536):
                    pass
            except trio.BrokenResourceError:
                return

    attack(provider, work)


def test_listener__a_hundred_slow_handshakes__others_are_served(provider: Provider) -> None:
    async def work() -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(100):
                nursery.start_soon(loris)
            await trio.sleep(0.3)
            async with open_host(seed(98)) as honest:
                await echoed(honest, provider.address)
            nursery.cancel_scope.cancel()

    async def loris() -> None:
        async with raw_socket(provider.address) as stream:
            for byte in MULTISTREAM:
                await stream.send_all(bytes([byte]))
                await trio.sleep(0.5)

    attack(provider, work)


@pytest.mark.parametrize(
    "garbage",
    [
        encode_uvarint(2**62) + bytes(60_000),
        b"\xff" * 60_000,
        encode_delim(b"\xff"),
        encode_delim(b"/mplex/6.7.0"),
    ],
    ids=["endless", "no varint", "no text", "other"],
)
def test_session__garbage_instead_of_a_multiplexer__dropped(provider: Provider, garbage: bytes) -> None:
    async def work() -> None:
        async with secure_session(provider.address) as session:
            await session.write(MULTISTREAM + garbage)

    attack(provider, work)


async def overrun(frames: Frames) -> None:
    # announced at once: between two frames the peer might read, and grant more
    await frames.send(DATA, SYN, 1, FIRST_WINDOW + 1)


async def huge_frame(frames: Frames) -> None:
    await frames.send(DATA, SYN, 1, 2**32 - 1)


async def huge_frame_to_nobody(frames: Frames) -> None:
    await frames.send(DATA, 0, 1, WINDOW + 1)


async def other_version(frames: Frames) -> None:
    await frames.send_raw(b"\x01" + bytes(11))


async def unknown_kind(frames: Frames) -> None:
    await frames.send(9, 0, 1, 0)


async def our_parity(frames: Frames) -> None:
    await frames.send(CREDIT, SYN, 2, 0)


async def stream_zero(frames: Frames) -> None:
    await frames.send(CREDIT, SYN, 0, 0)


async def same_stream_twice(frames: Frames) -> None:
    await frames.send(CREDIT, SYN, 1, 0)
    await frames.send(CREDIT, SYN, 1, 0)


@pytest.mark.parametrize(
    "violation",
    [
        overrun,
        huge_frame,
        huge_frame_to_nobody,
        other_version,
        unknown_kind,
        our_parity,
        stream_zero,
        same_stream_twice,
    ],
)
def test_connection__rules_of_yamux_broken__hung_up(
    provider: Provider, violation: Callable[[Frames], Awaitable[None]]
) -> None:
    async def work() -> None:
        async with muxed_session(provider.address) as frames:
            await violation(frames)
            await frames.until_hung_up()

    attack(provider, work)


def test_connection__pings_whose_answers_are_never_read__hung_up(provider: Provider) -> None:
    async def work() -> None:
        async with muxed_session(provider.address) as frames:
            with pytest.raises(IOException):
                await frames.send_forever(PING, SYN, 0, 7)

    attack(provider, work)


def test_connection__more_streams_than_allowed__the_others_are_reset(provider: Provider) -> None:
    async def work() -> None:
        async with muxed_session(provider.address) as frames:
            ids = range(1, 2 * STREAMS + 1, 2)
            for stream_id in [*ids, 2 * STREAMS + 1]:
                await frames.send(CREDIT, SYN, stream_id, 0)
            answers = {}
            while len(answers) < STREAMS + 1:
                kind, flags, stream_id, _, _ = await frames.receive()
                if kind == CREDIT:
                    answers[stream_id] = flags
            assert answers == {**dict.fromkeys(ids, ACK), 2 * STREAMS + 1: RST}

    attack(provider, work)


def test_connection__streams_opened_and_dropped_by_thousands__nothing_stays(provider: Provider) -> None:
    async def work() -> None:
        async with muxed_session(provider.address) as frames:
            for stream_id in range(1, 4_000, 2):
                await frames.send(CREDIT, SYN, stream_id, 0)
                await frames.send(CREDIT, RST if stream_id % 4 == 1 else FIN, stream_id, 0)

    attack(provider, work)


@pytest.mark.parametrize(
    "name",
    [
        b"\xff" * 40,
        encode_uvarint(2**62) + b"x" * 1_000,
        encode_delim(b"\xff"),
        encode_delim(b"x" * 2_000),
        b"\x01x",
    ],
    ids=["no varint", "endless", "no text", "long", "no newline"],
)
def test_stream__garbage_instead_of_a_protocol__reset(provider: Provider, name: bytes) -> None:
    async def work() -> None:
        async with muxed_session(provider.address) as frames:
            data = MULTISTREAM + name
            await frames.send(DATA, SYN, 1, len(data), data)
            flags = 0
            while not flags & RST:
                _, flags, stream_id, _, _ = await frames.receive()
                assert stream_id == 1

    attack(provider, work)


@pytest.mark.parametrize(
    "message",
    [
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x02\x02\xa0",
        b"\x00\x00\x00\x02\x01\x80",
        b"\x00\x00\x00\x03\x01\xa0\xa0",
        b"\x00\x00\x10\x00" + b"\x01" + b"\x81" * 4_095,
        b"\x00\x00\x00\x09\x01\xa1\x61x\xfb" + bytes(4),
    ],
    ids=["oversized", "empty", "version", "no map", "rest", "deep", "cut"],
)
def test_channel__garbage_instead_of_a_message__hung_up(provider: Provider, message: bytes) -> None:
    async def work() -> None:
        async with open_host(seed(98)) as hostile:
            with pytest.raises(PeerUnreachable):
                await say(hostile, provider.address, message)

    attack(provider, work)


def test_channel__dropped_in_every_middle__nothing_stays(provider: Provider) -> None:
    async def work() -> None:
        async with open_host(seed(98)) as hostile:
            for protocol in (peer.ECHO, peer.SINK, peer.SOURCE) * 5:
                with pytest.raises(KeyError):
                    await start_and_drop(hostile, protocol)

    async def start_and_drop(hostile: Host, protocol: str) -> None:
        async with hostile.dial(provider.address, protocol) as channel:
            await channel.send({"bytes": 2**30, "go": False})
            raise KeyError(protocol)

    attack(provider, work)


def test_channel__half_closed_in_the_middle__handler_ends(provider: Provider) -> None:
    async def work() -> None:
        async with muxed_session(provider.address) as frames:
            data = MULTISTREAM + encode_delim(peer.SINK.encode()) + b"\x00\x00\x00\x09\x01"
            await frames.send(DATA, SYN | FIN, 1, len(data), data)
            flags = 0
            while not flags & RST:
                _, flags, _, _, _ = await frames.receive()

    attack(provider, work)
