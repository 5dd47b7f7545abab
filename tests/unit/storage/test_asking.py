"""Requests for pieces: made beside the transfer, sent in order, none after one that was refused."""

import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from xmbl.errors import ChainError, Refused
from xmbl.storage.asking import Asking, Piece
from xmbl.storage.wire import ReadRequest

PIECES = [(0, 10), (10, 10), (20, 10), (30, 5)]


class Line:
    """A channel that remembers what is asked."""

    def __init__(self) -> None:
        self.asked: list[Piece] = []

    async def send(self, message: dict[str, Any]) -> None:
        request = ReadRequest.decode(message)
        self.asked.append((request.offset, request.length))


class Way:
    """Two ahead; the request at `refused` is refused, those from `slow` on wait for `go`."""

    step, ahead = 10, 2

    def __init__(self, refused: int = 99, slow: int = 99) -> None:
        self._refused, self._slow = refused, slow
        self.made: list[Piece] = []
        self.go = threading.Event()

    def request(self, offset: int, length: int) -> ReadRequest:
        self.made.append((offset, length))
        if offset >= self._slow:
            assert self.go.wait(10)
        if offset == self._refused:
            raise Refused("Not paid, since it is enough; allow a higher cost.")
        return ReadRequest(bytes(32), offset, length)


def played(way: Way, scene: Callable[[Asking], Awaitable[None]]) -> list[Piece]:
    """What is asked for in a scene."""
    line = Line()

    async def run() -> None:
        asking = Asking(line, way, PIECES)  # type: ignore[arg-type]
        try:
            with trio.fail_after(20):
                await scene(asking)
        finally:
            asking.close()

    trio.run(run)
    return line.asked


def ended(asking: Asking, go: threading.Event | None = None) -> None:
    """Close it, and see its thread end with what it was at, for which `go` may be needed."""
    (maker,) = [thread for thread in threading.enumerate() if thread.name.startswith("ask")]
    asking.close()
    if go:
        go.set()
    maker.join(10)
    assert not maker.is_alive()


def test_next__to_the_end__asks_in_order_and_for_no_more_than_may_be_under_way() -> None:
    way = Way()

    async def scene(asking: Asking) -> None:
        for number, expected in enumerate(PIECES):
            assert await asking.next() == expected
            assert len(way.made) <= number + way.ahead
        assert await asking.next() is None

    assert played(way, scene) == PIECES


def test_next__a_request_that_takes_its_time__holds_up_no_piece_before_it() -> None:
    way = Way(slow=10)

    async def scene(asking: Asking) -> None:
        assert await asking.next() == (0, 10)
        await asking.send_made()
        way.go.set()
        assert await asking.next() == (10, 10)

    assert played(way, scene)[:2] == PIECES[:2]


def test_next__a_refused_request__takes_what_was_asked_before_and_makes_no_other() -> None:
    way = Way(refused=20)

    async def scene(asking: Asking) -> None:
        assert [await asking.next() for _ in range(2)] == PIECES[:2]
        with pytest.raises(Refused, match="allow a higher cost"):
            await asking.next()

    assert played(way, scene) == PIECES[:2]
    assert way.made == PIECES[:3]


def test_next__a_chain_that_does_not_answer__is_told_at_once() -> None:
    class Mute(Way):
        def request(self, *_: int) -> ReadRequest:
            raise ChainError("The chain doesn't answer; try again later.")

    async def scene(asking: Asking) -> None:
        with pytest.raises(ChainError):
            await asking.next()

    assert played(Mute(), scene) == []


def test_close__while_a_request_is_being_made__makes_no_other_and_leaves_no_thread() -> None:
    way = Way(slow=0)

    async def scene(asking: Asking) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(asking.next)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        ended(asking, way.go)

    assert played(way, scene) == []
    assert way.made == PIECES[:1]


def test_send_made__a_chain_that_fails_later__takes_what_was_asked_before() -> None:
    class Failing(Way):
        def request(self, offset: int, length: int) -> ReadRequest:
            if offset == 20:
                self.go.set()
                raise ChainError("The chain doesn't answer; try again later.")
            return super().request(offset, length)

    way = Failing()

    async def scene(asking: Asking) -> None:
        assert [await asking.next() for _ in range(2)] == PIECES[:2]
        assert way.go.wait(10)
        ended(asking)
        # the second piece is on its way meanwhile
        await asking.send_made()
        with pytest.raises(ChainError):
            await asking.next()

    assert played(way, scene) == PIECES[:2]
