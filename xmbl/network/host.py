"""The libp2p host of a node or a client: one identity, the protocols it serves, the peers it dials."""

import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import trio
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.peer.id import ID
from libp2p.protocol_muxer.exceptions import MultiselectClientError
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from xmbl.errors import NetworkError, PeerUnreachable, ProtocolError, UsageError
from xmbl.network.addresses import Address, parse_address
from xmbl.network.channel import PATIENCE, Channel
from xmbl.network.streams import Stream, reaching
from xmbl.network.swarm import Node, build

STREAMS = 256
"""Streams that peers may hold open here at once, and how many of them one peer."""
STREAMS_PER_PEER = 32

Handler = Callable[[Channel], Awaitable[None]]
"""Speaks one protocol with one peer; the stream is closed when it returns, dropped when it raises."""

log = logging.getLogger(__name__)


class Host:
    """A running host; `open_host` makes it."""

    def __init__(self, node: Node) -> None:
        self.peer_id = str(node.get_id())
        self._node = node
        self._network = node.get_network()
        self._network.set_stream_handler(self._accept)
        self._held: Counter[str] = Counter()
        self._dialling: dict[str, trio.Lock] = {}

    @property
    def addresses(self) -> list[str]:
        """The multiaddrs that it listens on, each with its /p2p/ part."""
        return [f"{address}/p2p/{self.peer_id}" for address in self._node.get_transport_addrs()]

    def serve(
        self, protocol: str, handler: Handler, *, deadline: float = 3_600.0, concurrent: int = STREAMS
    ) -> None:
        """Speak `protocol` with whoever asks: at most `concurrent` at once, each for `deadline` seconds."""
        limiter = trio.CapacityLimiter(concurrent)

        async def speak(stream: INetStream) -> None:
            pipe = Stream(stream)
            try:
                limiter.acquire_on_behalf_of_nowait(stream)
            except trio.WouldBlock:
                log.info("%s turned away from %s: %d are served already", pipe.peer, protocol, concurrent)
                return await pipe.abort()
            try:
                await _speak(pipe, handler, deadline)
            finally:
                limiter.release_on_behalf_of(stream)

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
        target = _target(address)
        stream = await self._open(target, protocol, timeout)
        try:
            yield Channel(stream, target.peer_id, patience)
        except BaseException:
            await stream.abort()
            raise
        await stream.close()

    async def _open(self, target: Address, protocol: str, timeout: float) -> Stream:
        try:
            with trio.fail_after(timeout), reaching(str(target)):
                return await self._negotiate(await self._connected(target), protocol)
        except trio.TooSlowError:
            raise PeerUnreachable(f"{target} didn't answer in {timeout:g} s; try again later.") from None

    async def _connected(self, target: Address) -> ID:
        peer = ID.from_string(target.peer_id)
        async with self._dialling.setdefault(target.peer_id, trio.Lock()):
            if not any(not c.is_closed for c in self._network.get_connections(peer)):
                await self._network.dial_addr(Multiaddr(target.socket()), peer)
        return peer

    async def _negotiate(self, peer: ID, protocol: str) -> Stream:
        stream = await self._network.new_stream(peer)
        try:
            await self._node.multiselect_client.select_one_of(
                [TProtocol(protocol)], MultiselectCommunicator(stream)
            )
        except MultiselectClientError as error:
            await Stream(stream).abort()
            raise ProtocolError(f"{peer} doesn't speak {protocol}; its software may be older.") from error
        except BaseException:
            await Stream(stream).abort()
            raise
        return Stream(stream)

    async def _accept(self, stream: INetStream) -> None:
        peer = str(stream.muxed_conn.peer_id)
        if self._held[peer] >= STREAMS_PER_PEER or self._held.total() >= STREAMS:
            return await Stream(stream).abort()
        self._held[peer] += 1
        try:
            await self._node._swarm_stream_handler(stream)
        except Exception:
            log.exception("a stream of %s failed", peer)
        finally:
            self._held[peer] -= 1


async def _speak(pipe: Stream, handler: Handler, deadline: float) -> None:
    try:
        with trio.fail_after(deadline):
            await handler(Channel(pipe, pipe.peer))
            await pipe.close()
    except (NetworkError, trio.TooSlowError) as error:
        log.info("%s: %s", pipe.peer, error)
        await pipe.abort()
    except BaseException:
        await pipe.abort()
        raise


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
    node = build(seed)
    network = node.get_network()
    async with background_trio_service(network):
        for address in listen:
            if not await network.listen(Multiaddr(parse_address(address).socket())):
                raise UsageError(f"Nothing can listen on {address}; is another program using the port?")
        yield Host(node)
