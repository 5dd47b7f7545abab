"""Reaching peers over real sockets, and what is said of those who can't be reached."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest
import trio

from tests.support import network_peer as peer
from tests.support.network_peer import Provider, as_client, echoed, running_provider, seed
from xmbl.errors import PeerUnreachable, ProtocolError, UsageError
from xmbl.network.addresses import node_key_of, parse_address
from xmbl.network.host import Host, open_host


@contextmanager
def mute_listener() -> Iterator[str]:
    """A TCP server that says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"/ip4/127.0.0.1/tcp/{server.getsockname()[1]}"


def test_dial__right_peer__speaks_with_the_one_in_the_address(provider: Provider) -> None:
    async def work(host: Host) -> None:
        async with host.dial(provider.address, peer.ECHO) as channel:
            assert provider.address.endswith(channel.remote_peer)
            assert len(node_key_of(channel.remote_peer)) == 32
        await echoed(host, provider.address)

    as_client(work)


def test_dial__somebody_else_at_the_address__unreachable(provider: Provider) -> None:
    async def work(host: Host) -> None:
        own = parse_address(provider.address).socket() + f"/p2p/{host.peer_id}"
        async with open_host(seed(98)) as other:
            with pytest.raises(PeerUnreachable, match="Somebody else answers"):
                await echoed(other, own)
            await echoed(other, provider.address)

    as_client(work)


def test_dial__no_peer_id__unreachable(provider: Provider) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(PeerUnreachable, match="doesn't say whom to expect"):
            await echoed(host, parse_address(provider.address).socket())

    as_client(work)


def test_dial__no_multiaddr__unreachable() -> None:
    async def work(host: Host) -> None:
        with pytest.raises(PeerUnreachable, match="not a TCP multiaddr"):
            await echoed(host, "https://example.org")

    as_client(work)


def test_dial__name_of_the_host__resolved(provider: Provider) -> None:
    async def work(host: Host) -> None:
        await echoed(host, provider.address.replace("/ip4/127.0.0.1", "/dns4/localhost"))
        with pytest.raises(PeerUnreachable, match=r"name nowhere\.invalid can't be resolved"):
            async with open_host(seed(98)) as other:
                await echoed(other, provider.address.replace("/ip4/127.0.0.1", "/dns/nowhere.invalid"))

    as_client(work)


def test_dial__peer_gone_and_back_with_the_same_key__reached_again() -> None:
    async def work(host: Host) -> None:
        with running_provider(7) as provider:
            address, listen = provider.address, parse_address(provider.address).socket()
            await echoed(host, address)
            provider.kill()
        for _ in range(2):
            with pytest.raises(PeerUnreachable, match="Nobody answers"):
                await echoed(host, address)
        with running_provider(7, listen) as provider:
            assert provider.address == address
            await echoed(host, address)
            provider.kill()
        with running_provider(7, listen):
            await echoed(host, address)

    as_client(work)


def test_dial__unknown_protocol__protocol_error(provider: Provider) -> None:
    async def work(host: Host) -> None:
        with pytest.raises(ProtocolError, match="doesn't speak /test/unheard-of/1"):
            async with host.dial(provider.address, "/test/unheard-of/1"):
                pass

    as_client(work)


def test_dial__many_times__one_connection_and_nothing_left_behind(provider: Provider) -> None:
    async def work(host: Host) -> None:
        await echoed(host, provider.address)
        before = await peer.ask(host, provider.address, peer.STATE, {})
        for _ in range(100):
            await echoed(host, provider.address)
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(echoed, host, provider.address)
        after = await peer.ask(host, provider.address, peer.STATE, {})
        assert after["tasks"] == before["tasks"]
        assert after["threads"] == before["threads"]

    as_client(work)


def test_dial__many_at_once_before_there_is_a_connection__one_connection(provider: Provider) -> None:
    async def work(host: Host) -> None:
        before = host.connections
        async with trio.open_nursery() as nursery:
            for _ in range(20):
                nursery.start_soon(echoed, host, provider.address)
        assert (before, host.connections) == (0, 1)

    as_client(work)


def test_dial__silent_listener__unreachable_in_time() -> None:
    async def work(host: Host) -> None:
        with mute_listener() as address, pytest.raises(PeerUnreachable, match=r"didn't answer in 0\.5 s"):
            await echoed(host, f"{address}/p2p/{host.peer_id}", timeout=0.5)

    as_client(work)


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", bytes(4_096), b"\xff" * 70_000]
)
def test_dial__something_else_listens__unreachable(greeting: bytes) -> None:
    async def server(stream: trio.SocketStream) -> None:
        async with stream:
            await stream.send_all(greeting)

    async def work(host: Host) -> None:
        async with trio.open_nursery() as nursery:
            listeners = await nursery.start(partial(trio.serve_tcp, server, 0, host="127.0.0.1"))
            port = listeners[0].socket.getsockname()[1]
            with pytest.raises(PeerUnreachable, match="Nobody answers"):
                await echoed(host, f"/ip4/127.0.0.1/tcp/{port}/p2p/{host.peer_id}")
            nursery.cancel_scope.cancel()

    as_client(work)


def test_dial__peer_frozen__unreachable_and_reachable_when_it_thaws() -> None:
    async def work(host: Host) -> None:
        with running_provider(7) as provider:
            await echoed(host, provider.address)
            provider.process.send_signal(signal.SIGSTOP)
            with pytest.raises(PeerUnreachable, match=r"didn't answer in 0\.3 s"):
                await echoed(host, provider.address, timeout=0.3)
            provider.process.send_signal(signal.SIGCONT)
            await echoed(host, provider.address)

    as_client(work)


def test_open_host__port_taken__refused(provider: Provider) -> None:
    async def listen_twice() -> None:
        async with open_host(seed(98), [parse_address(provider.address).socket()]):
            pass

    with pytest.raises(UsageError, match="Can't listen on /ip4"):
        trio.run(listen_twice)


def test_open_host__error_in_the_block__comes_out_as_it_is() -> None:
    async def fail() -> None:
        async with open_host(seed(98)):
            raise UsageError("mine")

    with pytest.raises(UsageError, match="mine"):
        trio.run(fail)


def test_open_host__cancelled_while_streaming__stops_at_once(provider: Provider) -> None:
    async def work(host: Host) -> None:
        with trio.move_on_after(0.2) as scope:
            async with open_host(seed(98)) as other, other.dial(provider.address, peer.HANG) as channel:
                await channel.receive()
        assert scope.cancelled_caught
        await echoed(host, provider.address)

    as_client(work)
