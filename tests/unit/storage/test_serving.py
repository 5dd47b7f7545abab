"""What is given out over one stream: in order, the next voucher kept while a range is on its way."""

import threading
from contextlib import suppress
from sqlite3 import OperationalError
from types import SimpleNamespace
from typing import Any

import pytest
import trio
from trio.testing import MockClock, wait_all_tasks_blocked

from xmbl.crypto.typed_data import Voucher
from xmbl.errors import Corrupt, Crowded, NetworkError, PeerUnreachable, Refused
from xmbl.payments.wire import SignedVoucher
from xmbl.storage import events
from xmbl.storage.seats import GRACE, Seats
from xmbl.storage.serving import BLOCK, QUEUE, TELLERS, Serving
from xmbl.storage.wire import LeafRequest, PaidRead, ReadReady, ReadRequest

ROOT, DEAL = b"\1" * 32, b"\2" * 32
BYTES = bytes(range(100)) + bytes(2 * BLOCK)
SIZE = len(BYTES)
VOUCHER = SignedVoucher(Voucher("0x" + "33" * 20, "0x" + "44" * 20, 1, DEAL, 9), b"\5" * 64)


class Reader:
    """The peer at the other end of a channel: what it asks at once, and each time when it has a range."""

    def __init__(self, *asked: Any, later: Any = ()) -> None:
        self._asked = list(asked)
        self._later = list(later)
        self.got: list[Any] = []
        self.giving = False
        self.may_take = trio.Event()

    @property
    def unread(self) -> bool:
        return bool(self._asked)

    async def receive(self) -> dict[str, Any]:
        assert self._asked or not self.giving, "the reader's patience would run while it is given something"
        if not self._asked:
            raise PeerUnreachable("The reader hung up; try again later.")
        return self._asked.pop(0).encode()

    async def send(self, message: dict[str, Any]) -> None:
        self.got.append(ReadReady.decode(message).length)

    remote_peer = "reader"

    async def send_bytes(self, data: bytes) -> None:
        self.giving = True
        await self.may_take.wait()
        self.got.append(data)
        self.giving = False
        self._asked += self._later[:1]
        del self._later[:1]


class Prices:
    """An egress that keeps vouchers; `told` hears after each how many they are."""

    def __init__(self, told: Any = lambda _: None) -> None:
        self.taken = 0
        self._told = told

    def root(self, _: PaidRead) -> bytes:
        return ROOT

    def check_free(self) -> None:
        return

    def take(self, _: PaidRead) -> None:
        self.taken += 1
        self._told(self.taken)


def held(_: bytes, at: int, length: int) -> bytes:
    return BYTES[at : at + length]


def seats() -> Seats:
    return Seats(1, 1, 1)


def served(reader: Reader, prices: Prices, read: Any = held) -> list[Any]:
    """The lengths of the ranges that the operator says it served, or why not, when the stream has ended."""
    told: list[Any] = []

    def tell(event: Any) -> None:
        told.append(event.length if isinstance(event, events.BytesServed) else event.reason)

    desk: Any = SimpleNamespace(holdings=SimpleNamespace(size=lambda _: SIZE, read=read), emit=tell)

    async def scene() -> None:
        with trio.fail_after(5), seats().taken("reader") as seat:
            await Serving(desk, prices).serve(reader, seat)  # type: ignore[arg-type]

    with pytest.raises((NetworkError, Corrupt, OperationalError)) as ended:
        trio.run(scene)
    reader.got.append(type(ended.value))
    return told


def paid(offset: int, length: int) -> PaidRead:
    return PaidRead(DEAL, offset, length, VOUCHER)


def test_serve__asked_ahead__keeps_the_next_voucher_while_a_range_is_on_its_way() -> None:
    reader = Reader(paid(0, 10), paid(10, 20))
    # the first range is taken only when the second one is paid
    prices = Prices(lambda taken: trio.from_thread.run_sync(reader.may_take.set) if taken == 2 else None)
    assert served(reader, prices) == [10, 20]
    assert reader.got == [10, BYTES[:10], 20, BYTES[10:30], PeerUnreachable]


def test_serve__asked_one_by_one__waits_for_no_request_while_it_gives() -> None:
    reader = Reader(paid(0, 10), later=[ReadRequest(ROOT, 10, 5), paid(15, 5)])
    reader.may_take.set()
    assert served(reader, prices := Prices()) == [10, 5, 5]
    assert prices.taken == 2


def test_serve__a_bad_request_ahead__is_refused_after_all_before_it() -> None:
    reader = Reader(paid(0, 10), paid(10, 10), paid(SIZE - 5, 10), paid(0, 10))
    reader.may_take.set()
    assert served(reader, prices := Prices()) == [10, 10]
    assert reader.got == [10, BYTES[:10], 10, BYTES[10:20], Refused]
    assert prices.taken == 2


def test_serve__the_reader_leaves_while_it_is_given_something__ends_by_that() -> None:
    class Leaving(Reader):
        async def send_bytes(self, data: bytes) -> None:  # noqa: ARG002 - nothing arrives
            raise PeerUnreachable("The reader left; try again later.")

    reader = Leaving(paid(0, 10), paid(SIZE - 5, 10))
    assert served(reader, Prices()) == []
    assert reader.got == [10, PeerUnreachable]


def test_serve__the_reader_leaves_while_its_next_voucher_is_taken__waits_for_that_and_gives_nothing() -> None:
    left = threading.Event()

    class Leaving(Reader):
        async def send_bytes(self, data: bytes) -> None:  # noqa: ARG002 - nothing arrives
            left.set()
            raise PeerUnreachable("The reader left; try again later.")

    reader, prices = Leaving(paid(0, 10), paid(10, 10)), Prices(lambda taken: taken < 2 or left.wait(10))
    assert served(reader, prices) == []
    assert reader.got == [10, PeerUnreachable]


def test_serve__a_long_range__goes_block_by_block() -> None:
    reader = Reader(paid(1, 2 * BLOCK + 5))
    reader.may_take.set()
    assert served(reader, Prices()) == [2 * BLOCK + 5]
    length, *blocks, _ = reader.got
    assert (length, list(map(len, blocks))) == (2 * BLOCK + 5, [BLOCK, BLOCK, 5])
    assert b"".join(blocks) == BYTES[1 : 2 * BLOCK + 6]


def test_serve__a_disk_that_fails_before_a_range__is_a_refusal() -> None:
    def broken(_: bytes, __: int, ___: int) -> bytes:
        raise Corrupt("The disk is broken; look at it.")

    reader = Reader(paid(0, 10))
    assert served(reader, Prices(), broken) == []
    assert reader.got == [Corrupt]


def test_serve__a_disk_that_fails_within_a_range__ends_the_stream_without_a_word() -> None:
    def breaking(root: bytes, at: int, length: int) -> bytes:
        if at >= BLOCK:
            raise Corrupt("The disk is broken; look at it.")
        return held(root, at, length)

    reader = Reader(paid(0, 2 * BLOCK), paid(0, 10))
    reader.may_take.set()
    assert served(reader, Prices(), breaking) == ["The disk is broken; look at it."]
    assert reader.got == [2 * BLOCK, BYTES[:BLOCK], NetworkError]


def test_serve__a_book_that_fails_ahead__cuts_nothing_that_was_paid() -> None:
    def full(taken: int) -> None:
        if taken == 2:
            raise OperationalError("database or disk is full")

    reader = Reader(paid(0, 2 * BLOCK), paid(0, 10))
    reader.may_take.set()
    assert served(reader, Prices(full)) == [2 * BLOCK]
    assert reader.got == [2 * BLOCK, BYTES[:BLOCK], BYTES[BLOCK : 2 * BLOCK], OperationalError]


def test_serve__vouchers_that_wait_for_the_chain__hold_up_no_disk() -> None:
    chain, free = threading.Event(), Reader(ReadRequest(ROOT, 0, 10))
    desk: Any = SimpleNamespace(holdings=SimpleNamespace(size=lambda _: SIZE, read=held), emit=lambda _: None)

    async def until_it_ends(serving: Serving, reader: Reader) -> None:
        reader.may_take.set()
        with suppress(PeerUnreachable), seats().taken("reader") as seat:
            await serving.serve(reader, seat)  # type: ignore[arg-type]

    async def scene() -> None:
        serving: Any = Serving(desk, Prices(lambda _: chain.wait(10)))  # type: ignore[arg-type]
        async with trio.open_nursery() as nursery:
            for _ in range(int(trio.to_thread.current_default_thread_limiter().total_tokens)):
                nursery.start_soon(until_it_ends, serving, Reader(paid(0, 10)))
            await wait_all_tasks_blocked()
            with trio.move_on_after(5):
                await until_it_ends(serving, free)
            chain.set()

    trio.run(scene)
    assert free.got == [10, BYTES[:10]]


def lost(
    reader: Reader, prices: Any, ripe: trio.Event, leave: Any = lambda: None, *, step: float = 0.0
) -> NetworkError:
    """What a stream ends by whose seat somebody takes when it is `ripe`; then `leave` is said, and time goes
    on in steps."""
    holdings = SimpleNamespace(size=lambda _: SIZE, read=held, leaf=lambda _, __: (b"leaf", []))
    desk: Any = SimpleNamespace(holdings=holdings, emit=lambda _: None)
    clock, one = MockClock(), Seats(1, 8, SIZE)
    ends: list[NetworkError] = []

    async def serve() -> None:
        try:
            with one.taken("reader") as seat:
                await Serving(desk, prices).serve(reader, seat)  # type: ignore[arg-type]
        except NetworkError as error:
            ends.append(error)

    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(serve)
            await ripe.wait()
            await wait_all_tasks_blocked()
            clock.jump(GRACE + 3)
            with one.taken("newcomer"):
                leave()
                while not ends:
                    await wait_all_tasks_blocked()
                    clock.jump(step)

    trio.run(scene, clock=clock)
    (end,) = ends
    return end


class Silent(Reader):
    """A reader that takes what it asked for and asks for no more."""

    def __init__(self, *asked: Any) -> None:
        super().__init__(*asked)
        self.waits = trio.Event()

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self.waits.set()
            await trio.sleep_forever()
        return await super().receive()


@pytest.mark.parametrize("asked", [[], [paid(0, 10)], [paid(0, 10), paid(10, 10)]], ids=len)
def test_serve__the_seat_is_lost_between_ranges__is_a_refusal(asked: list[PaidRead]) -> None:
    reader = Silent(*asked)
    reader.may_take.set()
    assert type(lost(reader, Prices(), reader.waits)) is Crowded


def test_serve__the_seat_is_lost_within_a_range__says_no_word_and_keeps_the_voucher_ahead() -> None:
    asleep, kept = trio.Event(), threading.Event()

    class Asleep(Silent):
        async def send_bytes(self, data: bytes) -> None:  # noqa: ARG002 - it takes nothing
            await trio.sleep_forever()

    def keep(taken: int) -> None:
        if taken == 2:
            trio.from_thread.run_sync(asleep.set)
            kept.wait(10)

    reader, prices = Asleep(paid(0, SIZE), paid(SIZE - 10, 10)), Prices(keep)
    end = lost(reader, prices, asleep, kept.set, step=1.0)
    assert type(end) is NetworkError
    assert reader.got == [SIZE]
    assert prices.taken == 2


def test_serve__the_seat_is_lost_while_a_voucher_waits_for_the_chain__its_range_is_given_all_the_same() -> (
    None
):
    looked, chain = trio.Event(), threading.Event()

    def look(_: int) -> None:
        trio.from_thread.run_sync(looked.set)
        chain.wait(10)

    reader, prices = Silent(paid(0, 10)), Prices(look)
    reader.may_take.set()
    assert type(lost(reader, prices, looked, chain.set)) is Crowded
    assert reader.got == [10, BYTES[:10]]


def test_serve__the_seat_is_lost_with_another_range_asked_for__takes_no_voucher_for_it() -> None:
    looked, chain = trio.Event(), threading.Event()

    def look(_: int) -> None:
        trio.from_thread.run_sync(looked.set)
        chain.wait(10)

    reader, prices = Silent(paid(0, 10), paid(10, 10)), Prices(look)
    reader.may_take.set()
    assert type(lost(reader, prices, looked, chain.set)) is Crowded
    assert (reader.got, prices.taken) == ([10, BYTES[:10]], 1)


def test_serve__the_seat_is_lost_in_the_middle_of_a_leaf__says_no_word() -> None:
    class Stuck(Silent):
        async def send(self, message: dict[str, Any]) -> None:  # noqa: ARG002 - half of it went
            self.waits.set()
            await trio.sleep_forever()

    class Free(Prices):
        async def pace(self, root: bytes, got: int) -> None:
            """At once."""

    reader = Stuck(LeafRequest(ROOT, 0))
    assert type(lost(reader, Free(), reader.waits)) is NetworkError


def test_serve__more_vouchers_than_can_be_looked_at__are_told_to_come_again_and_not_kept() -> None:
    chain, clock, prices = threading.Event(), MockClock(), Prices(lambda _: chain.wait(10))
    desk: Any = SimpleNamespace(holdings=SimpleNamespace(size=lambda _: SIZE, read=held), emit=lambda _: None)
    ends: list[NetworkError] = []

    async def serve(serving: Serving) -> None:
        reader = Reader(paid(0, 10))
        reader.may_take.set()
        try:
            with Seats(1, 1, 1).taken("reader") as seat:
                await serving.serve(reader, seat)  # type: ignore[arg-type]
        except NetworkError as error:
            ends.append(error)

    async def scene() -> None:
        serving: Any = Serving(desk, prices)  # type: ignore[arg-type]
        async with trio.open_nursery() as nursery:
            for _ in range(TELLERS + 2):
                nursery.start_soon(serve, serving)
            await wait_all_tasks_blocked()
            clock.jump(QUEUE + 1)
            await wait_all_tasks_blocked()
            assert [type(end) for end in ends] == [Crowded, Crowded]
            chain.set()

    trio.run(scene, clock=clock)
    assert prices.taken == TELLERS


def test_serve__a_first_voucher_that_waits_for_the_chain__keeps_its_seat() -> None:
    looked, chain = trio.Event(), threading.Event()

    def look(_: int) -> None:
        trio.from_thread.run_sync(looked.set)
        chain.wait(10)

    reader = Silent(paid(0, SIZE))
    reader.may_take.set()
    desk: Any = SimpleNamespace(holdings=SimpleNamespace(size=lambda _: SIZE, read=held), emit=lambda _: None)
    clock, one = MockClock(), Seats(1, 8, 1)

    async def scene() -> None:
        async with trio.open_nursery() as nursery:
            with one.taken("reader") as seat:
                nursery.start_soon(Serving(desk, Prices(look)).serve, reader, seat)  # type: ignore[arg-type]
                await looked.wait()
                clock.jump(10 * GRACE)
                with pytest.raises(Refused), one.taken("newcomer"):
                    pass
                chain.set()
                await reader.waits.wait()
                nursery.cancel_scope.cancel()

    trio.run(scene, clock=clock)
    assert sum(len(block) for block in reader.got[1:]) == SIZE
