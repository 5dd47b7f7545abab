"""Seats for streams: bytes keep them, and who uses its own least makes room for a newcomer."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from inspect import Signature, signature

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from xmbl.errors import Crowded, NetworkError, Refused
from xmbl.network.channel import PATIENCE
from xmbl.storage.seats import GRACE, LEEWAY, Seat, Seats

RATE = 1_000
"""Bytes a second."""

MOMENT = 0.1


class Room:
    """Seats, and streams that sit on them until they have to go; `ends` says why they did, or got none."""

    def __init__(self, count: int, each: int = 8) -> None:
        self.seats = Seats(count, each, RATE)
        self.clock = MockClock()
        self.ends: dict[str, NetworkError] = {}
        self._sitting: dict[str, Seat] = {}
        self._tasks: trio.Nursery

    def run(self, story: Callable[[], Awaitable[None]]) -> None:
        """The story; when it is over everybody leaves."""

        async def scene() -> None:
            async with trio.open_nursery() as self._tasks:
                await story()
                self._tasks.cancel_scope.cancel()

        trio.run(scene, clock=self.clock)

    async def asks(self, peer: str) -> None:
        """A stream of this peer asks for a seat, and sits if it gets one."""
        self._tasks.start_soon(self._sit, peer)
        await wait_all_tasks_blocked()

    async def sits(self, peer: str) -> Seat:
        """The seat of a stream that gets one."""
        await self.asks(peer)
        return self._sitting[peer]

    async def _sit(self, peer: str) -> None:
        try:
            with self.seats.taken(peer) as self._sitting[peer]:
                await trio.sleep_forever()
        except NetworkError as error:
            self.ends[peer] = error


Story = Callable[..., Awaitable[None]]


def in_room(count: int, each: int = 8) -> Callable[[Story], Callable[..., None]]:
    """Makes a test of a story in a room with so many seats; pytest gives what else it takes."""

    def decorate(story: Story) -> Callable[..., None]:
        def test(**given: object) -> None:
            room = Room(count, each)
            room.run(partial(story, room, **given))

        _, *others = signature(story).parameters.values()
        test.__signature__ = Signature(others)  # type: ignore[attr-defined]
        return test

    return decorate


@in_room(2)
async def test_taken__fewer_than_there_are__everybody_sits_for_ever(room: Room) -> None:
    await room.asks("idler")
    room.clock.jump(1_000)
    await room.asks("reader")
    assert room.ends == {}


@in_room(1)
async def test_taken__all_are_new__the_next_one_is_refused_until_the_grace_is_over(room: Room) -> None:
    await room.asks("idler")
    room.clock.jump(GRACE - MOMENT)
    await room.asks("early")
    assert list(room.ends) == ["early"]
    assert str(room.ends["early"]).startswith("All 1 seats here are in use")
    room.clock.jump(2 * MOMENT)
    await room.asks("late")
    assert type(room.ends["idler"]) is Crowded
    assert "make room" in str(room.ends["idler"])
    assert "late" not in room.ends


@in_room(3)
async def test_taken__several_are_idle__the_one_whose_bytes_ended_first_goes(room: Room) -> None:
    first, second = await room.sits("first"), await room.sits("second")
    await room.asks("third")
    for seat in (first, second):
        assert seat is not None
        with seat.agreeing(100 * RATE):
            pass
        room.clock.jump(MOMENT)
        seat.gone(100 * RATE)
    room.clock.jump(PATIENCE)
    for newcomer in ("one", "two"):
        await room.asks(newcomer)
    assert list(room.ends) == ["third", "first"]


@in_room(1)
async def test_taken__a_range_under_way_at_the_least_rate__stays(room: Room) -> None:
    reader = await room.sits("reader")
    # as the server does it: the next range is agreed on before the last one has gone
    with reader.agreeing(100 * RATE):
        pass
    for _ in range(20):
        with reader.agreeing(100 * RATE):
            pass
        room.clock.jump(100)
        await room.asks("newcomer")
        reader.gone(100 * RATE)
    assert list(room.ends) == ["newcomer"]


@pytest.mark.parametrize(("in_the_middle", "end"), [(True, NetworkError), (False, Crowded)])
@in_room(1)
async def test_taken__a_range_under_way_below_the_least_rate__goes_with_a_word_where_one_can_be_said(
    room: Room, in_the_middle: bool, end: type[Exception]
) -> None:
    slow = await room.sits("slow")
    with slow.agreeing(100 * RATE):
        pass
    with slow.telling() if in_the_middle else nullcontext():
        room.clock.jump(100)
        await room.asks("early")
        room.clock.jump(GRACE + MOMENT)
        await room.asks("late")
        assert list(room.ends) == ["early", "slow"]
    assert type(room.ends["slow"]) is end


@in_room(1)
async def test_taken__in_the_middle_of_a_message__goes_without_a_word(room: Room) -> None:
    asker = await room.sits("asker")
    with asker.telling():
        pass
    with asker.telling():
        room.clock.jump(GRACE + MOMENT)
        await room.asks("newcomer")
    assert type(room.ends["asker"]) is NetworkError


@in_room(1)
async def test_agreeing__the_seat_is_lost_meanwhile__what_was_agreed_on_still_goes(room: Room) -> None:
    reader = await room.sits("reader")
    with reader.agreeing(RATE):
        room.clock.jump(GRACE + 1 + MOMENT)
        await room.asks("newcomer")
        assert room.ends == {}
    room.clock.jump(1 + LEEWAY - MOMENT)
    await wait_all_tasks_blocked()
    assert room.ends == {}
    with pytest.raises(Crowded), reader.agreeing(RATE):
        pass
    reader.gone(RATE)
    await wait_all_tasks_blocked()
    assert type(room.ends["reader"]) is Crowded


@in_room(1)
async def test_agreeing__the_seat_is_lost_meanwhile__what_is_late_then_goes_no_more(room: Room) -> None:
    reader = await room.sits("reader")
    with reader.agreeing(RATE):
        room.clock.jump(GRACE + 1 + MOMENT)
        await room.asks("newcomer")
    room.clock.jump(1 + LEEWAY + MOMENT)
    await wait_all_tasks_blocked()
    assert list(room.ends) == ["reader"]


@in_room(1)
async def test_agreeing__takes_long__the_time_of_its_bytes_begins_when_it_ends(room: Room) -> None:
    reader = await room.sits("reader")
    with reader.agreeing(10 * RATE):
        room.clock.jump(1_000)
    room.clock.jump(10 - MOMENT)
    await room.asks("newcomer")
    assert list(room.ends) == ["newcomer"]


@in_room(1)
async def test_came__bytes__keep_the_seat_for_their_time_and_for_the_patience_at_most(room: Room) -> None:
    client = await room.sits("client")
    client.came(10 * RATE)
    room.clock.jump(GRACE + 10 - MOMENT)
    await room.asks("early")
    client.came(3_600 * RATE)
    room.clock.jump(PATIENCE - MOMENT)
    await room.asks("earlier")
    room.clock.jump(2 * MOMENT)
    await room.asks("late")
    assert list(room.ends) == ["early", "earlier", "client"]


@in_room(1)
async def test_gone__the_next_range_is_agreed_on__counts_with_all_of_its_bytes(room: Room) -> None:
    reader = await room.sits("reader")
    for _ in range(2):
        with reader.agreeing(100 * RATE):
            pass
    room.clock.jump(100)
    reader.gone(100 * RATE)
    room.clock.jump(100)
    await room.asks("newcomer")
    assert list(room.ends) == ["newcomer"]


@in_room(1)
async def test_agreeing__after_a_long_silence__counts_from_now_on(room: Room) -> None:
    reader = await room.sits("reader")
    room.clock.jump(1_000)
    with reader.agreeing(10 * RATE):
        pass
    room.clock.jump(10 - MOMENT)
    await room.asks("newcomer")
    assert list(room.ends) == ["newcomer"]


@in_room(1)
async def test_gone__much_at_once__is_good_for_the_patience_and_no_longer(room: Room) -> None:
    reader = await room.sits("reader")
    with reader.agreeing(3_600 * RATE):
        pass
    reader.gone(3_600 * RATE)
    room.clock.jump(PATIENCE - MOMENT)
    await room.asks("early")
    room.clock.jump(2 * MOMENT)
    await room.asks("late")
    assert list(room.ends) == ["early", "reader"]


@in_room(1)
async def test_gone__crumbs__buy_no_time(room: Room) -> None:
    crumbs = await room.sits("crumbs")
    for _ in range(100):
        with crumbs.agreeing(1):
            pass
        crumbs.gone(1)
        room.clock.jump(GRACE / 50)
    await room.asks("newcomer")
    assert list(room.ends) == ["crumbs"]


@in_room(1)
async def test_agreeing__refused_inside__counts_for_nothing(room: Room) -> None:
    cheat = await room.sits("cheat")
    for _ in range(10):
        with pytest.raises(Refused), cheat.agreeing(100 * RATE):
            raise Refused("The voucher is nobody's.")
    room.clock.jump(GRACE + MOMENT)
    await room.asks("newcomer")
    assert type(room.ends["cheat"]) is Crowded


@in_room(1)
async def test_keep__a_newcomer_much_later__gets_nothing(room: Room) -> None:
    client = await room.sits("client")
    client.keep()
    room.clock.jump(10_000)
    await room.asks("newcomer")
    assert list(room.ends) == ["newcomer"]


@in_room(2, each=1)
async def test_taken__as_many_as_a_peer_may_have__takes_nobody_elses(room: Room) -> None:
    await room.asks("idler")
    with room.seats.taken("greedy"):
        room.clock.jump(2 * GRACE)
        with pytest.raises(Refused, match="You have 1 streams"), room.seats.taken("greedy"):
            pass
    assert room.ends == {}


def test_taken__the_one_that_goes_takes_its_time__the_newcomer_sits_at_once() -> None:
    room, leave = Room(1), trio.Event()

    async def busy() -> None:
        # as a voucher that is looked at in a thread
        with room.seats.taken("busy"):
            with trio.CancelScope(shield=True):
                await leave.wait()
            await trio.sleep_forever()

    async def story() -> None:
        with pytest.RaisesGroup(Crowded):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(busy)
                await wait_all_tasks_blocked()
                room.clock.jump(GRACE + MOMENT)
                await room.asks("newcomer")
                await room.asks("another")
                assert list(room.ends) == ["another"]
                leave.set()

    room.run(story)


def test_taken__the_whole_node_stops__is_no_refusal() -> None:
    room = Room(1)

    async def story() -> None:
        await room.asks("reader")

    room.run(story)
    assert room.ends == {}
