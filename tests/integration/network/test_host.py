"""A host among others: its places, its end, and peers with py-libp2p's own parts."""

import gc
import logging
from collections.abc import Awaitable, Callable

import pytest
import trio
from libp2p import new_host
from libp2p.abc import INetStream
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.custom_types import TProtocol
from libp2p.host.ping import ID as PING
from libp2p.io.utils import read_exactly
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr
from trio.testing import MockClock

from tests.support.hostile_client import Frames, muxed_session, raw_socket
from tests.support.network_peer import ANYWHERE, ECHO, SINK, ask, echo, echoed, seed, sink, uploaded
from xmbl.errors import PeerUnreachable
from xmbl.network import frames
from xmbl.network.host import STREAMS, Host, open_host
from xmbl.network.swarm import CONNECTIONS
from xmbl.network.yamux import STREAMS as STREAMS_OF_ONE
from xmbl.network.yamux_stream import CREDIT, RST, SYN

FAST = 20.0
"""How much faster the clock runs where a deadline is waited for."""


def with_server(work: Callable[[Host], Awaitable[None]], rate: float = 1.0) -> None:
    """Run a test against a host in this process, which must leave nothing behind."""

    async def server() -> None:
        before = trio.lowlevel.current_statistics().tasks_living
        with trio.fail_after(30 * rate):
            async with open_host(seed(1), [ANYWHERE]) as host:
                host.serve(ECHO, echo)
                host.serve(SINK, sink)
                await work(host)
            while trio.lowlevel.current_statistics().tasks_living > before:
                await trio.sleep(0.01)

    trio.run(server, clock=MockClock(rate=rate))
    gc.collect()


def test_open_host__served_and_left__no_task_no_socket_left() -> None:
    async def work(server: Host) -> None:
        async with open_host(seed(2)) as client:
            await uploaded(client, server.addresses[0], bytes(1_000_000))
        async with open_host(seed(2)) as client, client.dial(server.addresses[0], ECHO):
            pass

    with_server(work)


def test_open_host__client_that_listens_nowhere__has_no_address() -> None:
    async def work(server: Host) -> None:
        async with open_host(seed(2)) as client:
            assert client.addresses == []
            assert server.addresses[0].endswith(f"/p2p/{server.peer_id}")

    with_server(work)


def test_serve__peers_in_both_directions__each_reaches_the_other() -> None:
    async def work(server: Host) -> None:
        async with open_host(seed(2), [ANYWHERE]) as other:
            other.serve(ECHO, echo)
            async with trio.open_nursery() as nursery:
                nursery.start_soon(echoed, other, server.addresses[0])
                nursery.start_soon(echoed, server, other.addresses[0])
            await echoed(server, other.addresses[0])

    with_server(work)


def test_listener__more_connections_in_turn_than_places__all_are_served() -> None:
    async def work(server: Host) -> None:
        async with trio.open_nursery() as nursery:
            for _ in range(4):
                nursery.start_soon(come_and_go, server.addresses[0], CONNECTIONS // 4 + 5)
        async with open_host(seed(2)) as client:
            await echoed(client, server.addresses[0])

    async def come_and_go(address: str, times: int) -> None:
        for _ in range(times):
            async with muxed_session(address):
                pass

    with_server(work)


def test_listener__all_places_for_streams_taken__next_one_turned_away_until_they_are_free() -> None:
    async def work(server: Host) -> None:
        async with open_host(seed(2)) as client:
            await echoed(client, server.addresses[0])
            async with trio.open_nursery() as nursery:
                for _ in range(STREAMS // STREAMS_OF_ONE):
                    await nursery.start(hold_streams, server.addresses[0])
                with pytest.raises(PeerUnreachable):
                    await echoed(client, server.addresses[0])
                nursery.cancel_scope.cancel()
            await trio.sleep(0.1)
            await echoed(client, server.addresses[0])

    async def hold_streams(address: str, task_status: trio.TaskStatus[None]) -> None:
        async with muxed_session(address) as session:
            for stream_id in range(1, 2 * STREAMS_OF_ONE, 2):
                await session.send(CREDIT, SYN, stream_id, 0)
            for _ in range(2 * STREAMS_OF_ONE):  # each is agreed to, and greeted by multistream
                await session.receive()
            task_status.started()
            await trio.sleep_forever()

    with_server(work)


def test_listener__handshake_drips__dropped_at_its_deadline() -> None:
    async def work(server: Host) -> None:
        async with raw_socket(server.addresses[0]) as stream:
            await stream.send_all(b"\x13/multi")
            while await stream.receive_some():
                pass
        assert 9 < trio.current_time() - started[0] < 15

    started = [0.0]

    async def timed(server: Host) -> None:
        started[0] = trio.current_time()
        await work(server)

    with_server(timed, rate=FAST)


def test_listener__protocol_never_named__stream_reset_at_its_deadline() -> None:
    async def work(server: Host) -> None:
        async with muxed_session(server.addresses[0]) as session:
            await session.send(CREDIT, SYN, 1, 0)
            await until_reset(session)

    with_server(work, rate=FAST)


async def until_reset(session: Frames) -> None:
    flags = 0
    while not flags & RST:
        _, flags, _, _, _ = await session.receive()


def test_dial__shipped_libp2p_serves__spoken_with() -> None:
    async def answer(stream: INetStream) -> None:
        size = frames.body_bytes(await read_exactly(stream, frames.HEADER_BYTES))
        await stream.write(frames.pack({"heard": frames.unpack(await read_exactly(stream, size))}))
        await stream.close()

    async def work(host: Host) -> None:
        shipped = new_host(key_pair=create_new_key_pair(seed(5)))
        async with shipped.run([Multiaddr(ANYWHERE)]):
            shipped.set_stream_handler(TProtocol(ECHO), answer)
            address = str(shipped.get_addrs()[0])
            assert await ask(host, address, ECHO, {"x": bytes(50_000)}) == {"heard": {"x": bytes(50_000)}}
            await shipped.close()

    with_server(work)


def test_serve__shipped_libp2p_dials__spoken_with() -> None:
    async def work(host: Host) -> None:
        shipped = new_host(key_pair=create_new_key_pair(seed(5)))
        async with shipped.run([Multiaddr(ANYWHERE)]):
            peer = info_from_p2p_addr(Multiaddr(host.addresses[0]))
            await shipped.connect(peer)
            stream = await shipped.new_stream(peer.peer_id, [TProtocol(SINK)])
            await stream.write(frames.pack({"bytes": 3_000_000}) + bytes(3_000_000))
            size = frames.body_bytes(await read_exactly(stream, frames.HEADER_BYTES))
            assert len(frames.unpack(await read_exactly(stream, size))["sha256"]) == 32
            await stream.close()
            ping = await shipped.new_stream(peer.peer_id, [PING])
            await ping.write(bytes(range(32)))
            assert await read_exactly(ping, 32) == bytes(range(32))
            await ping.close()
            await shipped.close()

    with_server(work)


def test_open_host__libp2p_complains__nothing_on_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    async def work(server: Host) -> None:
        async with open_host(seed(2)) as client:
            wrong = server.addresses[0].replace(server.peer_id, client.peer_id)
            with pytest.raises(PeerUnreachable, match="Somebody else"):
                await echoed(client, wrong)
        logging.getLogger("libp2p.network").error("a complaint of libp2p")

    with_server(work)
    assert capfd.readouterr().err == ""
