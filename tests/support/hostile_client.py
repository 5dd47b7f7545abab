"""A client that keeps to libp2p only as far as it likes: a session with a peer, and any bytes on it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import cast

import trio
from libp2p.abc import IRawConnection, ISecureConn
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.io.trio import TrioTCPStream
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.peer.id import ID
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise

from xmbl.network.addresses import parse_address
from xmbl.network.sockets import Short
from xmbl.network.swarm import YAMUX, Upgrader
from xmbl.network.yamux import Yamux
from xmbl.network.yamux_stream import HEADER


@asynccontextmanager
async def raw_socket(address: str) -> AsyncIterator[trio.SocketStream]:
    """A TCP connection to the peer, before anything is agreed."""
    target = parse_address(address)
    async with await trio.open_tcp_stream(target.host, target.port) as stream:
        yield stream


@asynccontextmanager
async def secure_session(address: str) -> AsyncIterator[ISecureConn]:
    """An encrypted session with the peer, before a multiplexer is agreed on."""
    keys = create_new_key_pair()
    noise = Noise(keys, noise_privkey=create_noise_key_pair().private_key)
    async with raw_socket(address) as stream:
        connection = RawConnection(TrioTCPStream(stream), True)
        peer = ID.from_string(parse_address(address).peer_id)
        yield await Upgrader({NOISE: noise}, {YAMUX: Yamux}).upgrade_security(connection, True, peer)


@asynccontextmanager
async def muxed_session(address: str) -> AsyncIterator["Frames"]:
    """A session on which the peer now expects frames of Yamux."""
    async with secure_session(address) as session:
        upgrader = Upgrader({}, {YAMUX: Yamux})
        await upgrader.muxer_multistream.select_transport(cast(IRawConnection, Short(session, True)))
        yield Frames(session)


class Frames:
    """Writes and reads frames as it is told, whatever the rules."""

    def __init__(self, session: ISecureConn) -> None:
        self._session = session

    async def send(self, kind: int, flags: int, stream_id: int, length: int, data: bytes = b"") -> None:
        """One frame, whose length needn't be that of its data."""
        await self._session.write(HEADER.pack(0, kind, flags, stream_id, length) + data)

    async def send_forever(self, kind: int, flags: int, stream_id: int, length: int) -> None:
        """The same frame, until the peer hangs up."""
        while True:
            await self.send(kind, flags, stream_id, length)

    async def send_raw(self, data: bytes) -> None:
        """Bytes that needn't be a frame."""
        await self._session.write(data)

    async def receive(self) -> tuple[int, int, int, int, bytes]:
        """Kind, flags, stream, length and data of the peer's next frame."""
        _, kind, flags, stream_id, length = HEADER.unpack(await self._exactly(HEADER.size))
        data = await self._exactly(length) if kind == 0 else b""
        return kind, flags, stream_id, length, data

    async def _exactly(self, count: int) -> bytes:
        data = await self._session.read(count) if count else b""
        if len(data) < count:
            raise EOFError
        return data

    async def until_hung_up(self) -> None:
        """Return when the peer has closed the connection."""
        try:
            while await self._session.read():
                pass
        except Exception:  # noqa: BLE001 - libp2p has many ways to say it
            return
