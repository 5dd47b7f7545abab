"""How fast leaves go out for nothing. The clock jumps ahead where everybody waits."""

import trio
from trio.testing import MockClock

from xmbl.storage.leaf_pace import LEAVES, RATE, LeafPace

ROOT, OTHER = b"\1" * 32, b"\2" * 32


def seconds(story):
    """How long a story takes."""

    async def timed():
        begun = trio.current_time()
        await story()
        return trio.current_time() - begun

    return trio.run(timed, clock=MockClock(autojump_threshold=0))


async def many(pace, count, root=ROOT):
    for _ in range(count):
        await pace.wait(root, 0)


def test_wait__a_first_lot__goes_at_once():
    assert seconds(lambda: many(LeafPace(), LEAVES)) == 0


def test_wait__more_than_that__comes_at_the_rate():
    assert abs(seconds(lambda: many(LeafPace(), LEAVES + 10 * int(RATE))) - 10) < 0.001


def test_wait__other_bytes__dont_wait():
    async def story():
        pace = LeafPace()
        await many(pace, LEAVES + 1)
        begun = trio.current_time()
        await pace.wait(OTHER, 0)
        assert trio.current_time() == begun

    seconds(story)


def test_wait__after_a_pause__a_lot_goes_at_once_again_and_no_more_than_one():
    async def story():
        pace = LeafPace()
        await many(pace, LEAVES)
        await trio.sleep(10 * LEAVES / RATE)
        begun = trio.current_time()
        await many(pace, LEAVES)
        assert trio.current_time() == begun
        await pace.wait(ROOT, 0)
        assert trio.current_time() > begun

    seconds(story)


def test_wait__many_ask_at_once__come_in_order_and_none_is_kept_out():
    came = []

    async def ask(pace, number):
        await pace.wait(ROOT, 0)
        came.append(number)

    async def story():
        pace = LeafPace()
        await many(pace, LEAVES)
        async with trio.open_nursery() as nursery:
            for number in range(64):
                nursery.start_soon(ask, pace, number)
                await trio.testing.wait_all_tasks_blocked()

    assert abs(seconds(story) - 64 / RATE) < 0.001
    assert came == list(range(64))


def test_wait__askers_who_leave__keep_nobody_waiting():
    async def story():
        pace = LeafPace()
        await many(pace, LEAVES)
        for _ in range(1_000):
            with trio.move_on_after(0):
                await pace.wait(ROOT, 0)
        begun = trio.current_time()
        await pace.wait(ROOT, 0)
        assert trio.current_time() - begun <= 1 / RATE + 0.001

    seconds(story)


def test_wait__a_fresh_asker_among_many_who_ask_without_end__comes_first():
    async def hungry(pace):
        got = 0
        while True:
            await pace.wait(ROOT, got)
            got += 1

    async def story():
        pace = LeafPace()
        await many(pace, LEAVES)
        async with trio.open_nursery() as nursery:
            for _ in range(64):
                nursery.start_soon(hungry, pace)
            await trio.sleep(64 * 8 / RATE)
            begun = trio.current_time()
            for got in range(8):
                await pace.wait(ROOT, got)
            assert trio.current_time() - begun <= 8 / RATE + 0.001
            nursery.cancel_scope.cancel()

    seconds(story)


def test_wait__bytes_that_nobody_asks_for_any_more__are_forgotten():
    async def story():
        pace = LeafPace()
        for number in range(10):
            await many(pace, LEAVES, bytes([number]) * 32)
            await trio.sleep(LEAVES / RATE)
        assert len(pace._lines) == 1

    seconds(story)
