"""Requests for pieces of bytes, in order; made beside the transfer, since a voucher waits for the disk."""

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol

import trio

from xmbl.storage.wire import Message

if TYPE_CHECKING:
    from xmbl.network.channel import Channel

Piece = tuple[int, int]
"""Offset and length."""


class Passage(Protocol):
    """How pieces are asked for."""

    @property
    def step(self) -> int:
        """Bytes of one piece."""

    @property
    def ahead(self) -> int:
        """Pieces that are asked for before the first is answered."""

    def request(self, offset: int, length: int) -> Message:
        """What asks for a piece; it comes after those asked for before. `Refused` beyond a limit."""


class Asking:
    """Keeps `ahead` pieces under way: their requests being made, sent or answered.

    Where one is `Refused` or fails, none is made any more; what was asked for before still comes. Close it.
    """

    def __init__(self, channel: "Channel", way: Passage, pieces: Iterable[Piece]) -> None:
        self._channel = channel
        self._way = way
        self._left = deque(pieces)
        self._made: deque[tuple[Piece, Future[Message]]] = deque()
        self._sent: deque[Piece] = deque()
        self._maker = ThreadPoolExecutor(1, "ask")
        self._failed: Exception | None = None

    async def next(self) -> Piece | None:
        """The piece that comes next; to ask for it means that the one before was good.

        After the last one None, or it raises why the next can't be asked for.
        """
        while self._left and len(self._made) + len(self._sent) < self._way.ahead:
            piece = self._left.popleft()
            self._made.append((piece, self._maker.submit(self._make, piece)))
        if self._made and not self._sent:
            await trio.to_thread.run_sync(self._made[0][1].exception, abandon_on_cancel=True)  # type: ignore[call-arg]
            await self.send_made()
        if self._failed and not self._sent:
            raise self._failed
        return self._sent.popleft() if self._sent else None

    async def send_made(self) -> None:
        """Send the requests that are made by now."""
        while self._made and self._made[0][1].done():
            piece, made = self._made.popleft()
            if made.exception():
                # so does every later one
                self._left.clear()
                self._made.clear()
                return
            await self._channel.send(made.result().encode())
            self._sent.append(piece)

    def close(self) -> None:
        """Make no more requests."""
        self._maker.shutdown(wait=False, cancel_futures=True)

    def _make(self, piece: Piece) -> Message:
        if self._failed is None:
            try:
                return self._way.request(*piece)
            except Exception as error:  # noqa: BLE001 - raised by `next`, when what was paid has come
                self._failed = error
        raise self._failed
