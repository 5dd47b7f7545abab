"""The libp2p host of a node or a client: one identity, the protocols it serves, the peers it dials."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.exceptions import BaseLibp2pError
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from xmbl.errors import PeerUnreachable, UsageError, XmblError
from xmbl.network.addresses import Address, parse_address
from xmbl.network.channel import PATIENCE, Channel
from xmbl.network.dialler import Dialler
from xmbl.network.sockets import Short
from xmbl.network.streams import Stream
from xmbl.network.swarm import Network, Node, build, quieten

STREAMS = 256
"""Streams that all peers together may hold open here; `yamux.STREAMS` is what one of them may."""

NEGOTIATION = 10
"""Seconds that a peer has to say which protocol a stream is for."""

LAST_WORDS = 15.0
"""Seconds in which what a handler said last reaches its peer: over a line of 32 KiB a second it takes ten."""

Handler = Callable[[Channel], Awaitable[None]]
"""Speaks one protocol with one peer; the stream is ended when it returns, dropped when it raises."""

log = logging.getLogger(__name__)


class Host:
    """A running host; `open_host` makes it."""

    def __init__(self, node: Node, network: Network) -> None:
        self.peer_id = str(node.get_id())
        self._node = node
        self._network = network
        self._dialler = Dialler(network)
        self._room = trio.CapacityLimiter(STREAMS)
        network.set_stream_handler(self._accept)

    @property
    def connections(self) -> int:
        """How many connections to peers are open, in and out."""
        return len(self._network.get_connections())

    @property
    def addresses(self) -> list[str]:
        """The multiaddrs that it listens on, each with its /p2p/ part."""
        return [f"{address}/p2p/{self.peer_id}" for address in self._node.get_transport_addrs()]

    def serve(
        self, protocol: str, handler: Handler, *, deadline: float = 3_600.0, concurrent: int = STREAMS
    ) -> None:
        """Speak `protocol` with whoever asks: `concurrent` of them at once, each for `deadline` seconds.

        Who comes when all places are taken is hung up on. Nothing that a handler raises harms the host.
        """
        room = trio.CapacityLimiter(concurrent)

        async def speak(stream: INetStream) -> None:
            with trio.fail_after(deadline):
                room.acquire_on_behalf_of_nowait(stream)
                try:
                    await handler(Channel(Stream(stream), str(stream.muxed_conn.peer_id)))
                    await Stream(stream).close(LAST_WORDS)
                finally:
                    room.release_on_behalf_of(stream)

        self._node.set_stream_handler(TProtocol(protocol), speak)

    @asynccontextmanager
    async def dial(
        self, address: str, protocol: str, timeout: float = 10.0, patience: float = PATIENCE
    ) -> AsyncIterator[Channel]:
        """A channel of `protocol` to the peer that `address` names in its /p2p/ part.

        A connection that is open already is used again. `PeerUnreachable` if that peer isn't there within
        `timeout` seconds, `ProtocolError` if it doesn't speak the protocol. Leaving the block ends the
        stream; leaving it by an exception drops it.
        """
        stream = await self._dialler.open(_target(address), protocol, timeout)
        try:
            yield Channel(stream, stream.peer, patience)
        except BaseException:
            await stream.abort()
            raise
        await stream.close()

    async def _accept(self, stream: INetStream) -> None:
        peer = str(stream.muxed_conn.peer_id)
        try:
            self._room.acquire_on_behalf_of_nowait(stream)
            try:
                await self._answer(stream)
            finally:
                self._room.release_on_behalf_of(stream)
        except trio.WouldBlock:
            log.info("%s turned away: as many are served as there may be", peer)
        except (XmblError, BaseLibp2pError, trio.TooSlowError) as error:
            log.info("a stream of %s failed: %r", peer, error)
        except Exception:
            log.exception("a stream of %s failed by a mistake here", peer)
        finally:
            await Stream(stream).abort()

    async def _answer(self, stream: INetStream) -> None:
        communicator = MultiselectCommunicator(Short(stream, False))
        try:
            _, handler = await self._node.multiselect.negotiate(communicator, NEGOTIATION)
        except UnicodeDecodeError as error:
            raise BaseLibp2pError("the name of a protocol isn't text") from error
        if handler is not None:
            await handler(stream)


def _target(address: str) -> Address:
    try:
        target = parse_address(address)
    except UsageError as error:
        raise PeerUnreachable(str(error)) from error
    if not target.peer_id:
        raise PeerUnreachable(f"{address} doesn't say whom to expect; end it with /p2p/ and a peer id.")
    return target


@asynccontextmanager
async def open_host(seed: bytes, listen: Sequence[str] = ()) -> AsyncIterator[Host]:
    """A host that lives as long as the block, with the identity of a 32-byte ed25519 seed.

    It listens on the multiaddrs `listen`; `UsageError` if that can't be. A client listens on none.
    """
    quieten()
    addresses = [parse_address(text) for text in listen]
    node, network = build(seed)
    raised: BaseException | None = None
    async with background_trio_service(network):
        try:
            await _listen(network, addresses)
            yield Host(node, network)
        except BaseException as error:  # noqa: BLE001 - raised again below, outside of libp2p's nursery
            raised = error
        finally:
            await _stop(network)
    if raised is not None:
        raise raised


async def _listen(network: Network, addresses: list[Address]) -> None:
    for address in addresses:
        await _require_free(address)
        if not await network.listen(Multiaddr(address.socket())):
            raise UsageError(f"Nothing can listen on {address}; give an address of this machine.")


async def _require_free(address: Address) -> None:
    """libp2p would share a port with another process, and each connection would reach either."""
    family = trio.socket.AF_INET6 if address.kind == "ip6" else trio.socket.AF_INET
    with trio.socket.socket(family) as probe:
        probe.setsockopt(trio.socket.SOL_SOCKET, trio.socket.SO_REUSEADDR, 1)
        try:
            await probe.bind((address.host, address.port))
        except OSError as error:
            raise UsageError(f"Can't listen on {address}: {error.strerror}; give another one.") from error


async def _stop(network: Network) -> None:
    """Say goodbye to every peer at once, even while being cancelled; then libp2p stops its tasks."""
    with trio.move_on_after(5) as scope:
        scope.shield = True
        async with trio.open_nursery() as nursery:
            for connection in network.get_connections():
                nursery.start_soon(connection.close)
        await network.close()
