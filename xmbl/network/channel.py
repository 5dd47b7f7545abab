"""What a protocol is spoken over: messages and bytes to one peer, every wait under a deadline."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import trio

from xmbl.errors import PeerUnreachable, ProtocolError
from xmbl.network import frames

PATIENCE = 30.0
"""Seconds that one message, or one PIECE of bytes, may take: a peer slower than that is given up."""

PIECE = 524_288
"""Bytes that are sent under one deadline."""


class Pipe(Protocol):
    """A two-way stream of bytes to one peer; what breaks it is `PeerUnreachable`."""

    async def read(self, most: int) -> bytes:
        """Between 1 and `most` bytes, or none when the peer has ended its side."""

    async def write(self, data: bytes | memoryview) -> None:
        """Return when the peer's window has room for `data`."""

    @property
    def unread(self) -> bool:
        """Whether bytes have come that nobody has read."""


class Channel:
    """One stream to `remote_peer` (its peer id, proven by the handshake).

    Sending waits while the peer doesn't read; nothing is read ahead of what is asked for, beyond the
    stream's window. `patience` may be changed by whoever holds the channel. A peer that is silent, slow
    or gone is `PeerUnreachable`, one that breaks the frames `ProtocolError`.
    """

    def __init__(self, pipe: Pipe, remote_peer: str, patience: float = PATIENCE) -> None:
        self.remote_peer = remote_peer
        self.patience = patience
        self._pipe = pipe

    @property
    def unread(self) -> bool:
        """Whether the peer has said more than was received here."""
        return self._pipe.unread

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message of at most `frames.LIMIT` bytes."""
        await self._write(frames.pack(message))

    async def receive(self, limit: int = frames.LIMIT) -> dict[str, Any]:
        """The next message, of at most `limit` bytes; what it means is for the protocol to check."""
        with self._deadline("a message"):
            size = frames.body_bytes(await self._exactly(frames.HEADER_BYTES), limit)
            return frames.unpack(await self._exactly(size))

    async def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are; returns when the last of them is on its way."""
        with memoryview(data) as view:
            for start in range(0, len(data), PIECE):
                await self._write(view[start : start + PIECE])

    async def receive_bytes(self, count: int) -> bytes:
        """Exactly the next `count` bytes, however the peer cut them."""
        with self._deadline(f"{count:,} bytes"):
            return await self._exactly(count)

    async def receive_end(self) -> None:
        """Return when the peer has ended its side; `ProtocolError` if it sends more instead."""
        with self._deadline("the end"):
            if await self._pipe.read(1):
                raise ProtocolError(f"{self.remote_peer} went on sending after the end of its message.")

    async def _write(self, data: bytes | memoryview) -> None:
        with self._deadline("it to read"):
            await self._pipe.write(data)

    async def _exactly(self, count: int) -> bytes:
        pieces, missing = [], count
        while missing:
            piece = await self._pipe.read(missing)
            if not piece:
                raise PeerUnreachable(f"{self.remote_peer} hung up {missing:,} bytes early; try again later.")
            pieces.append(piece)
            missing -= len(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    @contextmanager
    def _deadline(self, awaited: str) -> Iterator[None]:
        try:
            with trio.fail_after(self.patience):
                yield
        except trio.TooSlowError:
            raise PeerUnreachable(
                f"Waited {self.patience:g} s for {self.remote_peer}, for {awaited}; try again later."
            ) from None
