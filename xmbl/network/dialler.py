"""Reaching one peer: the connection to it, made or used again, and the protocol agreed on."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from socket import AF_INET, AF_INET6, AF_UNSPEC, SOCK_STREAM

import trio
from libp2p.abc import INetConn, INetStream
from libp2p.custom_types import TProtocol
from libp2p.network.exceptions import SwarmException
from libp2p.peer.id import ID
from libp2p.protocol_muxer.exceptions import MultiselectClientError, ProtocolNotSupportedError
from libp2p.protocol_muxer.multiselect_client import MultiselectClient
from libp2p.protocol_muxer.multiselect_communicator import MultiselectCommunicator
from libp2p.security.noise.exceptions import PeerIDMismatchesPubkey
from multiaddr import Multiaddr

from xmbl.errors import PeerUnreachable, ProtocolError
from xmbl.network.addresses import Address
from xmbl.network.sockets import Short
from xmbl.network.streams import Stream, reaching
from xmbl.network.swarm import Network

_FAMILIES = {"dns": AF_UNSPEC, "dns4": AF_INET, "dns6": AF_INET6}

log = logging.getLogger(__name__)


class Dialler:
    """Opens streams to peers; one dial to a peer at a time."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._dialling: dict[str, trio.Lock] = {}

    async def open(self, target: Address, protocol: str, timeout: float) -> Stream:
        """A stream that speaks `protocol` with the peer whom `target` names, within `timeout` seconds.

        A connection that is open is used again; one that turns out to be dead is replaced.
        """
        peer = ID.from_string(target.peer_id)
        try:
            with trio.fail_after(timeout):
                return await self._open(target, peer, protocol)
        except trio.TooSlowError:
            await self._drop_idle(peer)
            raise PeerUnreachable(f"{target} didn't answer in {timeout:g} s; try again later.") from None

    async def _open(self, target: Address, peer: ID, protocol: str) -> Stream:
        if self._connections(peer):
            try:
                return await self._negotiate(target, peer, protocol)
            except PeerUnreachable as error:
                log.info("the connection to %s is dead, dialling again: %s", peer, error.__cause__)
                await self._drop_idle(peer)
        await self._connect(target, peer)
        return await self._negotiate(target, peer, protocol)

    def _connections(self, peer: ID) -> list[INetConn]:
        return [conn for conn in self._network.get_connections(peer) if not conn.is_closed]

    async def _drop_idle(self, peer: ID) -> None:
        for conn in self._connections(peer):
            if not conn.get_streams():
                await conn.close()

    async def _connect(self, target: Address, peer: ID) -> None:
        lock = self._dialling.setdefault(target.peer_id, trio.Lock())
        try:
            async with lock:
                if not self._connections(peer):
                    await self._dial(target, peer)
        finally:
            if not lock.statistics().tasks_waiting:
                self._dialling.pop(target.peer_id, None)

    async def _dial(self, target: Address, peer: ID) -> None:
        for address in await _resolve(target):
            try:
                await self._network.dial_addr(address, peer)
            except SwarmException as error:
                failure = error
            else:
                return
        if any(isinstance(cause, PeerIDMismatchesPubkey) for cause in _causes(failure)):
            raise PeerUnreachable(f"Somebody else answers at {target}; ask for its new address.") from failure
        raise PeerUnreachable(f"Nobody answers at {target}; try again later.") from failure

    async def _negotiate(self, target: Address, peer: ID, protocol: str) -> Stream:
        with reaching(str(target)):
            stream = await self._network.new_stream(peer)
        try:
            with _agreeing(target, protocol):
                await _select(stream, protocol)
        except BaseException:
            await Stream(stream).abort()
            raise
        return Stream(stream)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


async def _select(stream: INetStream, protocol: str) -> None:
    client, communicator = MultiselectClient(), MultiselectCommunicator(Short(stream, True))
    await client.handshake(communicator)
    await client.try_select(communicator, TProtocol(protocol))


@contextmanager
def _agreeing(target: Address, protocol: str) -> Iterator[None]:
    try:
        with reaching(str(target)):
            yield
    except PeerUnreachable as failure:
        error = failure.__cause__
        if isinstance(error, ProtocolNotSupportedError):
            raise ProtocolError(f"{target} doesn't speak {protocol}; its software may be older.") from error
        if isinstance(error, MultiselectClientError) and error.__cause__ is None:
            raise ProtocolError(f"{target} answers, but not as libp2p peers do.") from error
        raise
    except UnicodeDecodeError as error:
        raise ProtocolError(f"{target} answers, but not as libp2p peers do.") from error


async def _resolve(target: Address) -> list[Multiaddr]:
    """The addresses that a name stands for now, of every family that its kind allows."""
    if target.kind not in _FAMILIES:
        return [Multiaddr(target.socket())]
    try:
        found = await trio.socket.getaddrinfo(target.host, target.port, _FAMILIES[target.kind], SOCK_STREAM)
    except OSError as error:
        raise PeerUnreachable(f"The name {target.host} can't be resolved; check it.") from error
    kinds = {AF_INET: "ip4", AF_INET6: "ip6"}
    return [Multiaddr(str(Address(kinds[f], s[0], target.port))) for f, _, _, _, s in found if f in kinds]
