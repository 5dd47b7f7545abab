"""Yamux for connections to strangers: many streams over one connection, each with its own window.

py-libp2p's own implementation lets a peer send past the window, so that the reader's memory is the
peer's to fill; it gives up on a reader that pauses for five seconds; and a write that is cancelled
leaves half a frame behind, which breaks every other stream. Here the window is law, a sender waits
as long as its caller lets it, and only one task ever writes to the connection.

The wire is https://github.com/hashicorp/yamux/blob/master/spec.md, unchanged.
"""

import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable

import trio
from libp2p.abc import IMuxedConn, ISecureConn
from libp2p.connection_types import ConnectionType
from libp2p.peer.id import ID
from libp2p.stream_muxer.exceptions import MuxedConnUnavailable
from multiaddr import Multiaddr

from xmbl.network.yamux_stream import (
    ACK,
    CREDIT,
    DATA,
    FIN,
    GO_AWAY,
    HEADER,
    PING,
    RST,
    SYN,
    WINDOW,
    Violation,
    YamuxStream,
)

STREAMS = 32
"""Streams that the peer may hold open on one connection."""

IDLE = 120.0
"""Seconds after which a connection without a stream is closed."""

_AHEAD = 4
"""Frames of data that wait for the connection; a sender with more to say waits itself."""

_PIECE = 65_536
"""Bytes of a frame that are kept as one, more than a frame of ours has."""

_REPLIES = 1_024
"""Frames that we owe to a peer who doesn't read; one who is owed more is cut off."""

log = logging.getLogger(__name__)


class Yamux(IMuxedConn):
    """One connection to `peer_id`; whatever breaks it, `start` returns and `on_close` is told."""

    on_close: Callable[[], Awaitable[None]] | None = None

    def __init__(self, conn: ISecureConn, peer_id: ID) -> None:
        self.peer_id = peer_id
        self.event_started, self.event_closed = trio.Event(), trio.Event()
        self._session = conn
        self._streams: dict[int, YamuxStream] = {}
        self._next_id = 1 if conn.is_initiator else 2
        self._arriving, self._arrived = trio.open_memory_channel[YamuxStream](STREAMS)
        self._unparsed = b""
        self._replies: deque[bytes] = deque()
        self._waiting: deque[bytes] = deque()
        self._work, self._room = trio.lowlevel.ParkingLot(), trio.lowlevel.ParkingLot()
        self._closing, self._over = False, trio.Event()
        self._patience = trio.CancelScope()

    @property
    def is_initiator(self) -> bool:
        """Whether we dialled."""
        return self._session.is_initiator

    @property
    def is_established(self) -> bool:
        """Whether streams can be opened."""
        return self.event_started.is_set() and not self.is_closed

    @property
    def is_closed(self) -> bool:
        """Whether the connection is over."""
        return self._over.is_set()

    async def start(self) -> None:
        """Carry frames until the peer leaves, breaks the rules, is idle for too long or `close` is called."""
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._until_it_breaks, self._read_frames)
                nursery.start_soon(self._until_it_breaks, self._write_frames)
                self._patience.deadline = trio.current_time() + IDLE
                self.event_started.set()
                with self._patience:
                    await self._over.wait()
                nursery.cancel_scope.cancel()
        finally:
            await self._hang_up()

    async def close(self) -> None:
        """End the connection, with a moment for what is on its way."""
        try:
            if self.is_established:
                self._closing = True
                self._waiting.append(HEADER.pack(0, GO_AWAY, 0, 0, 0))
                self._work.unpark_all()
                with trio.move_on_after(1):
                    await self._over.wait()
        finally:
            self._over.set()
        if not self.event_started.is_set():
            await self._hang_up()

    async def open_stream(self) -> YamuxStream:
        """A new stream to the peer; it is announced at once and used before the peer has agreed."""
        await trio.lowlevel.checkpoint()
        if self.is_closed:
            raise MuxedConnUnavailable("the connection is closed")
        stream = self._add(self._next_id)
        self._next_id += 2
        self.reply(CREDIT, SYN, stream.stream_id, 0)
        return stream

    async def accept_stream(self) -> YamuxStream:
        """The next stream that the peer opens; `MuxedConnUnavailable` when the connection is over."""
        try:
            return await self._arrived.receive()
        except trio.EndOfChannel:
            raise MuxedConnUnavailable("the connection is closed") from None

    def get_transport_addresses(self) -> list[Multiaddr]:
        """The other end as a multiaddr."""
        return self._session.get_transport_addresses()

    def get_connection_type(self) -> ConnectionType:
        """Whether the connection is direct."""
        return self._session.get_connection_type()

    def get_remote_address(self) -> tuple[str, int] | None:
        """The other end's host and port."""
        return self._session.get_remote_address()

    async def send(self, frame: bytes) -> None:
        """Hand a frame to the writer; waits while the connection is slower than the sender."""
        while len(self._waiting) >= _AHEAD and not self.is_closed:
            await self._room.park()
        if self.is_closed:
            raise MuxedConnUnavailable("the connection is closed")
        self._waiting.append(frame)
        self._work.unpark_all()
        await trio.lowlevel.checkpoint()

    def reply(self, kind: int, flags: int, stream_id: int, length: int) -> None:
        """Send a frame without data ahead of the others; never waits."""
        if len(self._replies) >= _REPLIES:
            self._over.set()
        elif not self._closing:
            self._replies.append(HEADER.pack(0, kind, flags, stream_id, length))
            self._work.unpark_all()

    def forget(self, stream_id: int) -> None:
        """The stream is done on both sides."""
        self._streams.pop(stream_id, None)
        if not self._streams:
            self._patience.deadline = trio.current_time() + IDLE

    def _add(self, stream_id: int) -> YamuxStream:
        stream = self._streams[stream_id] = YamuxStream(stream_id, self, self)
        self._patience.deadline = math.inf
        return stream

    async def _until_it_breaks(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - whatever a connection dies of, only it dies
            log.info("connection to %s ended: %r", self.peer_id, error)
        self._over.set()

    async def _hang_up(self) -> None:
        self._over.set()
        for stream in list(self._streams.values()):
            stream.break_off()
        self._arriving.close()
        self._room.unpark_all()
        try:
            await self._session.close()
        finally:
            self.event_closed.set()
        if self.on_close is not None:
            await self.on_close()

    async def _write_frames(self) -> None:
        while self._replies or self._waiting or not self._closing:
            if self._replies:
                frame = b"".join(self._replies)
                self._replies.clear()
            elif self._waiting:
                frame = self._waiting.popleft()
                self._room.unpark()
            else:
                await self._work.park()
                continue
            await self._session.write(frame)

    async def _read_frames(self) -> None:
        while True:
            version, kind, flags, stream_id, length = HEADER.unpack(await self._take(HEADER.size))
            if version != 0 or kind > GO_AWAY:
                raise Violation(f"version {version}, kind {kind}")
            if kind == GO_AWAY:
                return
            if kind == PING:
                if flags & SYN:
                    self.reply(PING, ACK, 0, length)
            else:
                await self._heard(kind, flags, stream_id, length)

    async def _heard(self, kind: int, flags: int, stream_id: int, length: int) -> None:
        if flags & SYN:
            self._accept(stream_id)
        stream = self._streams.get(stream_id)
        if kind == DATA and length:
            await self._receive(stream, length)
        elif stream is not None and length:
            stream.credit(length)
        if stream is not None and flags & RST:
            stream.break_off()
        elif stream is not None and flags & FIN:
            stream.end()

    async def _receive(self, stream: YamuxStream | None, length: int) -> None:
        if stream is not None:
            stream.require_room(length)
            # piece by piece: a wide frame would be copied for each crumb that is read of it
            for at in range(0, length, _PIECE):
                stream.receive(await self._take(min(_PIECE, length - at)))
        elif length <= WINDOW:
            await self._take(length)
        else:
            raise Violation(f"{length} bytes for a stream that isn't open")

    def _accept(self, stream_id: int) -> None:
        ours = stream_id % 2 == self._next_id % 2
        if ours or not stream_id or stream_id in self._streams:
            raise Violation(f"stream {stream_id} can't be opened")
        if self._is_full():
            return self.reply(CREDIT, RST, stream_id, 0)
        self._arriving.send_nowait(self._add(stream_id))
        return self.reply(CREDIT, ACK, stream_id, 0)

    def _is_full(self) -> bool:
        theirs = sum(stream_id % 2 != self._next_id % 2 for stream_id in self._streams)
        return theirs >= STREAMS or self._arriving.statistics().current_buffer_used >= STREAMS

    async def _take(self, count: int) -> bytes:
        pieces, have = [self._unparsed], len(self._unparsed)
        while have < count:
            piece = await self._session.read()
            pieces.append(piece)
            have += len(piece)
        whole = b"".join(pieces)
        self._unparsed = whole[count:]
        return whole[:count]
