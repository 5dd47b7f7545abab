"""One stream of a Yamux connection: what may be sent, what was received, and who has ended it."""

import struct
from collections import deque
from typing import Protocol

import trio
from libp2p.abc import IMuxedConn, IMuxedStream
from libp2p.stream_muxer.exceptions import MuxedStreamClosed, MuxedStreamEOF, MuxedStreamReset

FIRST_WINDOW = 262_144
"""Bytes that may be on their way in a stream before its reader has taken any: fixed by the wire."""

WINDOW = 4_194_304
"""Bytes to which the window of a stream grows whose reader keeps up."""

HEADER = struct.Struct("!BBHII")
"""Version, kind, flags, stream and length of a frame."""

DATA, CREDIT, PING, GO_AWAY = range(4)
SYN, ACK, FIN, RST = 1, 2, 4, 8

_FRAME = 65_519 - HEADER.size
"""Bytes of data in one frame of ours: header and data fill one Noise message."""

_CRUMB = 4_096
"""Pieces that are smaller together are kept as one: else their upkeep is larger than they are."""


class Violation(Exception):
    """The peer did what the wire forbids."""


class Carrier(Protocol):
    """What a stream needs of its connection."""

    async def send(self, frame: bytes) -> None:
        """Hand over a frame; waits while the connection is slower than the sender."""

    def reply(self, kind: int, flags: int, stream_id: int, length: int) -> None:
        """Hand over a frame without data, ahead of the others and without waiting."""

    def forget(self, stream_id: int) -> None:
        """The stream is done on both sides."""

    def get_remote_address(self) -> tuple[str, int] | None:
        """The other end's host and port."""


class YamuxStream(IMuxedStream):
    """One stream; `read` and `write` wait without a limit of their own."""

    def __init__(self, stream_id: int, connection: IMuxedConn, carrier: Carrier) -> None:
        self.stream_id = stream_id
        self.muxed_conn = connection
        self._carrier = carrier
        self._unread: deque[bytes] = deque()
        self._credit = self._allowed = self._window = FIRST_WINDOW
        self._taken = 0
        self._hungry = False
        self._peer_ended = self._ended = self._broken = False
        self._moved = trio.lowlevel.ParkingLot()

    @property
    def unread(self) -> bool:
        """Whether bytes have come that nobody has read."""
        return bool(self._unread)

    async def read(self, n: int | None = None) -> bytes:
        """Between 1 and `n` bytes; `MuxedStreamEOF` when the peer has ended its side, `MuxedStreamReset`."""
        await trio.lowlevel.checkpoint()
        while not self._unread:
            if self._broken:
                raise MuxedStreamReset("the stream is broken")
            if self._peer_ended:
                raise MuxedStreamEOF("the peer has ended the stream")
            self._hungry = True
            await self._moved.park()
        data = self._taken_out(n)
        self._grant(len(data))
        return data

    async def write(self, data: bytes | memoryview) -> None:
        """Return when the peer's window had room for all of `data`."""
        rest = memoryview(data)
        while rest:
            while not self._credit and not self._broken:
                await self._moved.park()
            piece = rest[: min(self._credit, _FRAME)]
            self._credit -= len(piece)
            await self._send(DATA, 0, len(piece), piece)
            rest = rest[len(piece) :]

    async def close(self) -> None:
        """End our side; the peer may go on with its own."""
        if not self._ended and not self._broken:
            await self._send(CREDIT, FIN, 0)
            self._ended = True
            self._forget_if_done()

    async def reset(self) -> None:
        """Drop the stream on both sides, without waiting."""
        if not self._broken and not (self._ended and self._peer_ended):
            self._carrier.reply(CREDIT, RST, self.stream_id, 0)
        self.break_off()

    def set_deadline(self, ttl: int) -> None:  # noqa: ARG002 - the interface's
        """Not here: deadlines are trio's."""
        raise ValueError("a deadline is set by the caller, with trio.fail_after")

    def get_remote_address(self) -> tuple[str, int] | None:
        """The other end's host and port."""
        return self._carrier.get_remote_address()

    async def __aenter__(self) -> "YamuxStream":
        return self

    async def _send(self, kind: int, flags: int, length: int, data: bytes | memoryview = b"") -> None:
        if self._ended:
            raise MuxedStreamClosed("the stream was ended here")
        if self._broken:
            raise MuxedStreamReset("the stream is broken")
        await self._carrier.send(HEADER.pack(0, kind, flags, self.stream_id, length) + data)

    def _taken_out(self, most: int | None) -> bytes:
        """What was received first: one piece of it, or all that fits into `most` bytes."""
        pieces = [self._unread.popleft()]
        if most is None or most < 0:
            return pieces[0]
        room = most - len(pieces[0])
        while room > 0 and self._unread:
            pieces.append(self._unread.popleft())
            room -= len(pieces[-1])
        if room < 0:
            self._unread.appendleft(pieces[-1][room:])
            pieces[-1] = pieces[-1][:room]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _grant(self, count: int) -> None:
        """Let the peer send as much again as was read, and more if the reader waited for it meanwhile."""
        self._taken += count
        if self._taken * 2 < self._window or self._peer_ended or self._broken:
            return
        grown = min(2 * self._window, WINDOW) - self._window if self._hungry else 0
        self._hungry = False
        self._window += grown
        self._allowed += self._taken + grown
        self._carrier.reply(CREDIT, 0, self.stream_id, self._taken + grown)
        self._taken = 0

    def receive(self, data: bytes) -> None:
        """Keep what the peer sent, all of it within the window."""
        self._allowed -= len(data)
        if self._unread and len(self._unread[-1]) + len(data) <= _CRUMB:
            data = self._unread.pop() + data
        self._unread.append(data)
        self._moved.unpark_all()

    def require_room(self, count: int) -> None:
        """Checked before `count` bytes are read from the connection."""
        if count > self._allowed:
            raise Violation(f"{count} bytes in a window of {self._allowed}")

    def credit(self, count: int) -> None:
        """The peer's reader has made room."""
        self._credit += count
        self._moved.unpark_all()

    def end(self) -> None:
        """The peer has ended its side."""
        self._peer_ended = True
        self._moved.unpark_all()
        self._forget_if_done()

    def break_off(self) -> None:
        """No more goes through; what was received can still be read."""
        self._broken = True
        self._moved.unpark_all()
        self._carrier.forget(self.stream_id)

    def _forget_if_done(self) -> None:
        if self._ended and self._peer_ended:
            self._carrier.forget(self.stream_id)
