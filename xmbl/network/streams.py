"""The border: a libp2p stream as a `Pipe`, and libp2p's many errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import cast

import trio
from libp2p.abc import INetStream
from libp2p.exceptions import BaseLibp2pError
from libp2p.network.stream.net_stream import NetStream
from libp2p.stream_muxer.exceptions import MuxedStreamEOF

from xmbl.errors import PeerUnreachable
from xmbl.network.yamux_stream import FIRST_WINDOW, YamuxStream

_FAREWELL = 5.0
"""Seconds that a peer has to end its side after we have ended ours."""


@contextmanager
def reaching(peer: str) -> Iterator[None]:
    """What libp2p and sockets raise inside means that `peer` is out of reach."""
    try:
        yield
    except (BaseLibp2pError, OSError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
        raise PeerUnreachable(f"{peer} can't be reached or hung up; try again later.") from error


class Stream:
    """One libp2p stream to `peer`; every failure is `PeerUnreachable`."""

    def __init__(self, stream: INetStream) -> None:
        self.peer = str(stream.muxed_conn.peer_id)
        self._stream = stream
        # libp2p's own stream takes a lock and gives way to every other task twice for each read and write
        self._muxed = cast("YamuxStream", cast("NetStream", stream).muxed_stream)

    async def read(self, most: int) -> bytes:
        """Between 1 and `most` bytes, or none when the peer has ended its side."""
        with reaching(self.peer):
            try:
                return await self._muxed.read(most)
            except MuxedStreamEOF:
                return b""

    async def write(self, data: bytes | memoryview) -> None:
        """Return when all of `data` has found room in the peer's window."""
        with reaching(self.peer):
            await self._muxed.write(data)

    @property
    def unread(self) -> bool:
        """Whether bytes have come that nobody has read."""
        return self._muxed.unread

    async def close(self, farewell: float = _FAREWELL) -> None:
        """End our side and give the peer a moment to read what is on its way and to end its own.

        Whether it does isn't told: who needs to know that its bytes arrived asks for an answer.
        """
        try:
            with trio.move_on_after(farewell), suppress(PeerUnreachable), reaching(self.peer):
                await self._stream.close()
                # it may have asked for more meanwhile: dropped for that, it would lose what is on its way
                while await self.read(FIRST_WINDOW):
                    pass
        finally:
            await self.abort()

    async def abort(self) -> None:
        """Drop the stream and what is on its way, even while being cancelled."""
        with trio.move_on_after(1) as scope:
            scope.shield = True
            await self._stream.reset()
