"""What an operator gives out over one stream: prices, leaves and ranges, in the order of the requests.

While a range is on its way the next request is looked at and its voucher kept, so that the line doesn't wait
for the disk. A range is read block by block as it goes: a stream takes no more memory than one of them.
"""

from dataclasses import dataclass

import trio

from xmbl.errors import BytesError, Crowded, NetworkError, Refused
from xmbl.network.channel import Channel
from xmbl.storage import events
from xmbl.storage.desk import Desk
from xmbl.storage.egress import Egress
from xmbl.storage.seats import Seat
from xmbl.storage.wire import (
    LeafReply,
    LeafRequest,
    Message,
    PaidRead,
    PriceRequest,
    ReadReady,
    ReadRequest,
    decode_any,
)

BLOCK = 2**20
"""Bytes that are read from the disk at a time."""

TELLERS = 16
"""Vouchers that are looked at together: a stranger's waits for the chain, and the disk needs threads too."""

QUEUE = 10.0
"""Seconds that a voucher waits for its look. Who loses its seat meanwhile goes after the look, which ends by
the chain's patience, and its range."""


@dataclass(frozen=True, slots=True)
class Range:
    """Bytes that are held and may be given: nothing is asked for them, or they are paid."""

    root: bytes
    offset: int
    length: int


Answer = Message | Range


class Serving:
    """Gives out what lies at `desk`, at the price of `egress`."""

    def __init__(self, desk: Desk, egress: Egress) -> None:
        self._desk = desk
        self._egress = egress
        self._tellers = trio.CapacityLimiter(TELLERS)

    async def serve(self, channel: Channel, seat: Seat) -> None:
        """Answer until the reader leaves, which raises; `Refused` or `BytesError` for what can't be given,
        when all before it was. `seat` hears of ranges: a leaf or a price is no use of it."""
        answer = await self._answer(channel, seat)
        while True:
            answer = await self._give_and_go_on(channel, seat, answer)

    async def _give_and_go_on(self, channel: Channel, seat: Seat, answer: Answer) -> Answer:
        if not channel.unread:
            # the reader may wait for this before it asks for more: its time doesn't run yet
            await self._give(channel, seat, answer)
            return await self._answer(channel, seat)
        following: list[Answer] = []
        failed: list[Exception] = []

        async def prepare() -> None:
            try:
                following.append(await self._answer(channel, seat))
            except Exception as error:  # noqa: BLE001 - raised below: what was paid before goes out first
                failed.append(error)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(prepare)
            try:
                await self._give(channel, seat, answer)
            except Exception as error:  # noqa: BLE001 - raised below, outside of the nursery
                failed.insert(0, error)
                nursery.cancel_scope.cancel()
        if failed:
            raise failed[0]
        return following[0]

    async def _answer(self, channel: Channel, seat: Seat) -> Answer:
        match decode_any(await channel.receive(), ReadRequest, PaidRead, LeafRequest, PriceRequest):
            case LeafRequest(root, index):
                leaf, path = await trio.to_thread.run_sync(self._desk.holdings.leaf, root, index)
                await self._egress.pace(root, seat.leaves)
                seat.leaves += 1
                return LeafReply(leaf, tuple(path))
            case PriceRequest() as asked:
                return await self._egress.price(asked)
            case PaidRead() as paid:
                # before the voucher is looked at: else the seat could be lost between it and its bytes
                with seat.agreeing(paid.length):
                    return await self._sold(paid)
            case ReadRequest(root, offset, length):
                self._egress.check_free()
                with seat.agreeing(length):
                    return await trio.to_thread.run_sync(self._range, root, offset, length)
        raise AssertionError("decode_any gives one of these")

    async def _give(self, channel: Channel, seat: Seat, answer: Answer) -> None:
        if isinstance(answer, Message):
            with seat.telling():
                await channel.send(answer.encode())
            return
        block = await self._read(answer, 0)
        with seat.telling():
            await self._give_range(channel, answer, block)
        seat.gone(answer.length)
        self._desk.emit(events.BytesServed(answer.root, answer.length))

    async def _give_range(self, channel: Channel, held: Range, block: bytes) -> None:
        await channel.send(ReadReady(held.length).encode())
        await channel.send_bytes(block)
        try:
            for at in range(BLOCK, held.length, BLOCK):
                await channel.send_bytes(await self._read(held, at))
        except BytesError as error:
            # in the middle of bytes no word can be said
            self._desk.emit(events.Declined(channel.remote_peer, str(error)))
            raise NetworkError(str(error)) from error

    async def _read(self, held: Range, at: int) -> bytes:
        length = min(BLOCK, held.length - at)
        read = self._desk.holdings.read
        return await trio.to_thread.run_sync(read, held.root, held.offset + at, length)

    async def _sold(self, paid: PaidRead) -> Range:
        try:
            # ends the waiting only: a look that has begun goes on to its end
            with trio.fail_after(QUEUE):
                return await trio.to_thread.run_sync(self._sell, paid, limiter=self._tellers)
        except trio.TooSlowError:
            raise Crowded("Too many pay here at this moment; ask again in a few seconds.") from None

    def _sell(self, paid: PaidRead) -> Range:
        # what can't be given mustn't be paid, and nothing is given before it is paid
        sold = self._range(self._egress.root(paid), paid.offset, paid.length)
        self._egress.take(paid)
        return sold

    def _range(self, root: bytes, offset: int, length: int) -> Range:
        if offset + length > self._desk.holdings.size(root):
            raise Refused("The range reaches beyond the bytes; ask within their size.")
        return Range(root, offset, length)
