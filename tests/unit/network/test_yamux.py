"""Our Yamux against itself, over memory."""

import tracemalloc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
import trio
from libp2p.peer.id import ID
from libp2p.stream_muxer.exceptions import (
    MuxedConnUnavailable,
    MuxedStreamClosed,
    MuxedStreamEOF,
    MuxedStreamReset,
)
from trio.testing import MockClock, memory_stream_pair, wait_all_tasks_blocked

from xmbl.network.yamux import IDLE, Yamux
from xmbl.network.yamux_stream import DATA, FIRST_WINDOW, HEADER, WINDOW, YamuxStream


class MemorySession:
    """What Yamux needs of a secure session, over a pair of memory streams."""

    def __init__(self, stream: trio.StapledStream, is_initiator: bool) -> None:
        self.is_initiator = is_initiator
        self.stream = stream
        self.written = 0

    async def read(self) -> bytes:
        data = await self.stream.receive_some()
        if not data:
            raise EOFError
        return bytes(data)

    async def write(self, data: bytes) -> None:
        self.written += len(data)
        await self.stream.send_all(data)

    async def close(self) -> None:
        await self.stream.aclose()


class Pair:
    """Two ends of a connection."""

    def __init__(self) -> None:
        left, right = memory_stream_pair()
        self.sessions = MemorySession(left, True), MemorySession(right, False)
        self.dialler, self.listener = (Yamux(session, ID(b"peer")) for session in self.sessions)

    async def streams(self) -> tuple[YamuxStream, YamuxStream]:
        ours = await self.dialler.open_stream()
        return ours, await self.listener.accept_stream()


@asynccontextmanager
async def connected() -> AsyncIterator[Pair]:
    pair = Pair()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(pair.dialler.start)
        nursery.start_soon(pair.listener.start)
        await wait_all_tasks_blocked()
        yield pair
        await pair.dialler.close()
        await pair.listener.close()


def over_a_connection(work: Callable[[Pair], Awaitable[None]]) -> None:
    async def run() -> None:
        with trio.fail_after(10 * IDLE):
            async with connected() as pair:
                await work(pair)

    trio.run(run, clock=MockClock(autojump_threshold=0.01))


async def read_until(end: type[Exception], stream: YamuxStream) -> bytes:
    data = bytearray()
    with suppress(end):
        while True:
            data += await stream.read(100_000)
    return bytes(data)


def test_write__any_length__arrives_in_order_and_ends() -> None:
    async def work(pair: Pair) -> None:
        data = bytes(range(256)) * 8_000
        ours, theirs = await pair.streams()
        async with trio.open_nursery() as nursery:

            async def send() -> None:
                await ours.write(data)
                await ours.close()

            nursery.start_soon(send)
            assert await read_until(MuxedStreamEOF, theirs) == data
        await theirs.write(b"answer")
        assert await ours.read() == b"answer"

    over_a_connection(work)


def test_write__nobody_reads__waits_for_any_time_with_one_window_sent() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        with trio.move_on_after(IDLE * 5) as waited:
            await ours.write(bytes(2 * FIRST_WINDOW))
        assert waited.cancelled_caught
        assert FIRST_WINDOW <= pair.sessions[0].written < FIRST_WINDOW + 1_000
        assert len(await theirs.read(100)) == 100

    over_a_connection(work)


def test_read__reader_keeps_up__window_grows_to_its_end_and_no_further() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours.write, bytes(20 * WINDOW))
            for _ in range(19 * WINDOW // 10_000):
                await theirs.read(10_000)
            nursery.cancel_scope.cancel()
        before = pair.sessions[0].written
        with trio.move_on_after(1):
            await ours.write(bytes(3 * WINDOW))
        assert pair.sessions[0].written - before <= WINDOW + 10_000

    over_a_connection(work)


def test_read__more_than_one_frame_is_there__gives_as_much_as_fits() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        sent = bytes(range(256)) * 1_000
        await ours.write(sent)
        await trio.testing.wait_all_tasks_blocked()
        assert await theirs.read(200_000) == sent[:200_000]
        assert await theirs.read(10**9) == sent[200_000:]
        assert not theirs.unread

    over_a_connection(work)


def test_read__reader_waits_and_then_lags__window_grows_too() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        before = pair.sessions[0].written
        async with trio.open_nursery() as nursery:
            nursery.start_soon(ours.write, bytes(4 * FIRST_WINDOW))
            await theirs.read(1)  # nothing was there yet
            await trio.sleep(1)
            await theirs.read(FIRST_WINDOW - 10_000)  # some stays
            await trio.sleep(1)
            nursery.cancel_scope.cancel()
        assert pair.sessions[0].written - before > 2.5 * FIRST_WINDOW

    over_a_connection(work)


def test_write__cancelled_while_the_connection_is_stuck__other_streams_stay_whole() -> None:
    async def work(pair: Pair) -> None:
        first, first_there = await pair.streams()
        second, second_there = await pair.streams()
        with trio.move_on_after(1):
            await first.write(bytes(2 * FIRST_WINDOW))
        await first.reset()
        await second.write(b"whole")
        await second.close()
        assert await read_until(MuxedStreamEOF, second_there) == b"whole"
        with pytest.raises(MuxedStreamReset):
            await read_until(MuxedStreamEOF, first_there)

    over_a_connection(work)


def test_receive__in_crumbs__takes_little_more_memory_than_their_bytes() -> None:
    async def work(pair: Pair) -> None:
        _, theirs = await pair.streams()
        tracemalloc.start()
        for number in range(FIRST_WINDOW // 2):
            theirs.receive((number % 2**16).to_bytes(2, "big"))
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert taken < 2 * FIRST_WINDOW

    over_a_connection(work)


def test_reset__either_side__both_sides_end_and_nothing_is_kept() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        await theirs.reset()
        with pytest.raises(MuxedStreamReset):
            await ours.read()
        with pytest.raises(MuxedStreamReset):
            await ours.write(b"x")
        with pytest.raises(MuxedStreamReset):
            await theirs.read()
        assert await pair.dialler.open_stream() is not ours

    over_a_connection(work)


def test_close__then_write__refused() -> None:
    async def work(pair: Pair) -> None:
        ours, _ = await pair.streams()
        await ours.close()
        await ours.close()
        with pytest.raises(MuxedStreamClosed):
            await ours.write(b"x")

    over_a_connection(work)


def test_connection_close__what_was_sent_before__still_arrives() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        await ours.write(bytes(FIRST_WINDOW))
        await pair.dialler.close()
        assert await read_until(MuxedStreamReset, theirs) == bytes(FIRST_WINDOW)
        assert pair.dialler.is_closed

    over_a_connection(work)


def test_connection_close__before_it_started__session_closed() -> None:
    async def run() -> None:
        pair = Pair()
        await pair.dialler.close()
        with pytest.raises(MuxedConnUnavailable):
            await pair.dialler.open_stream()
        with pytest.raises(MuxedConnUnavailable):
            await pair.dialler.accept_stream()
        assert pair.dialler.event_closed.is_set()

    trio.run(run)


def test_connection__lost__every_wait_ends() -> None:
    async def work(pair: Pair) -> None:
        ours, _ = await pair.streams()
        with trio.fail_after(1):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(expect, MuxedStreamReset, ours.read)
                nursery.start_soon(expect, MuxedStreamReset, ours.write, bytes(2 * FIRST_WINDOW))
                nursery.start_soon(expect, MuxedConnUnavailable, pair.dialler.accept_stream)
                await wait_all_tasks_blocked()
                await pair.sessions[1].stream.aclose()

    over_a_connection(work)


async def expect(error: type[Exception], work: Callable[..., Awaitable[object]], *arguments: object) -> None:
    with pytest.raises(error):
        await work(*arguments)


def test_connection__no_stream_for_long__closed() -> None:
    async def work(pair: Pair) -> None:
        await trio.sleep(IDLE - 1)
        assert not pair.dialler.is_closed
        await trio.sleep(2)
        assert pair.dialler.is_closed

    over_a_connection(work)


def test_connection__a_stream_open__kept_for_as_long() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        await trio.sleep(3 * IDLE)
        assert not pair.dialler.is_closed
        await ours.close()
        await theirs.close()
        await trio.sleep(IDLE + 1)
        assert pair.dialler.is_closed

    over_a_connection(work)


def test_receive__a_frame_as_wide_as_the_window__comes_as_it_arrives_and_is_not_copied_for_crumbs() -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        await wait_all_tasks_blocked()
        frame = HEADER.pack(0, DATA, 0, ours.stream_id, FIRST_WINDOW) + bytes(FIRST_WINDOW)
        await pair.sessions[0].stream.send_all(frame[: FIRST_WINDOW // 2])
        assert len(await theirs.read(10)) == 10
        await pair.sessions[0].stream.send_all(frame[FIRST_WINDOW // 2 :])
        await wait_all_tasks_blocked()
        tracemalloc.start()
        await theirs.read(10)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < FIRST_WINDOW // 2

    over_a_connection(work)
