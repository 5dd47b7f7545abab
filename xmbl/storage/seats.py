"""Seats for streams: when all are taken, whoever uses its own least makes room for a newcomer.

Identities cost nothing, so a limit for each peer keeps nobody from taking every seat, and a free question now
and then would hold them. So a seat is held by bytes alone: it lasts GRACE, then as long as what goes over it
takes at the least rate. Who pays for bytes buys the time with them, and crumbs buy none. Who loses its seat
still gets what was agreed on, with the newcomer beside it: nobody pays for a range that is cut off before its
time. Nobody is watched: only who comes looks whose time is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from math import inf

import trio

from xmbl.errors import Crowded, NetworkError
from xmbl.network.channel import PATIENCE

GRACE = 5.0
"""Seconds that a new stream keeps its seat for nothing: a reader asks for the price, looks at its chain and
signs its first voucher meanwhile. The longer, the fewer newcomers a second keep everybody else out."""

LEEWAY = 2.0
"""Seconds beyond the least rate in which what was agreed on has to go out: for the disk and the way."""


class Seat:
    """A stream's, until `until`; `due` bytes are agreed on and have to go, at `rate` bytes a second at least.
    `leaves` are those that went over it for nothing."""

    def __init__(self, peer: str, rate: int) -> None:
        self.peer = peer
        self.until = trio.current_time() + GRACE
        self.due = 0
        self.leaves = 0
        self.scope = trio.CancelScope()
        self.is_cut = False
        self._rate = rate
        self._latest = 0.0
        self._agreeing = self._leaving = False

    @contextmanager
    def agreeing(self, length: int) -> Iterator[None]:
        """So many bytes are to go: their time counts at once, and again from the block's end, which may take
        long; not if it raises. In the block nobody is cut off. `Crowded` for who has lost its seat."""
        if self._leaving:
            raise _crowded_out()
        self._agreeing = True
        self._buy(length)
        try:
            yield
            self._agree(length)
        except BaseException:
            self.until -= length / self._rate
            raise
        finally:
            self._agreeing = False
            self._leave_in_time()

    def gone(self, length: int) -> None:
        """So many of them went. The time that is left of theirs is good for PATIENCE: a silent stream ends
        by itself then."""
        self.due -= length
        self.until = min(self.until, trio.current_time() + PATIENCE + self.due / self._rate)
        self._leave_in_time()

    def came(self, length: int) -> None:
        """So many came that nothing was known of before; their time is good for PATIENCE too."""
        self._buy(length)
        self.until = min(self.until, trio.current_time() + PATIENCE)

    def keep(self) -> None:
        """Only work of ours is left: it isn't lost any more."""
        self.until = inf

    @contextmanager
    def telling(self) -> Iterator[None]:
        """In the block a message or a range goes out: who is cut off in the middle of it `is_cut`."""
        self.is_cut = True
        yield
        self.is_cut = False

    def leave(self) -> None:
        """It is another's now: the stream ends when what was agreed on has gone, or is late."""
        self._leaving = True
        self._leave_in_time()

    def _leave_in_time(self) -> None:
        if self._leaving and not self._agreeing:
            self.scope.deadline = self._latest if self.due else -inf

    def _buy(self, length: int) -> None:
        self.until = max(self.until, trio.current_time()) + length / self._rate

    def _agree(self, length: int) -> None:
        self.due += length
        at_the_least_rate = trio.current_time() + self.due / self._rate
        self.until = max(self.until, at_the_least_rate)
        self._latest = at_the_least_rate + LEEWAY


class Seats:
    """`count` seats, of which a peer has `each` at most; `rate` is the least, in bytes a second."""

    def __init__(self, count: int, each: int, rate: int) -> None:
        self._count = count
        self._each = each
        self._rate = rate
        self._taken: set[Seat] = set()

    @contextmanager
    def taken(self, peer: str) -> Iterator[Seat]:
        """A seat for as long as the block runs; whoever loses it is cancelled there.

        `Crowded` when none is to be had, or when it was lost; `NetworkError` when it was lost in the middle
        of something that went out: no word can be said then.
        """
        self._make_room(peer)
        seat = Seat(peer, self._rate)
        self._taken.add(seat)
        try:
            with seat.scope:
                yield seat
        finally:
            self._taken.discard(seat)
        if seat.scope.cancelled_caught:
            raise _lost(seat)

    def _make_room(self, peer: str) -> None:
        if sum(seat.peer == peer for seat in self._taken) >= self._each:
            raise Crowded(f"You have {self._each} streams of this kind open here; wait until one ends.")
        if len(self._taken) < self._count:
            return
        first = min(self._taken, key=lambda seat: seat.until)
        if first.until > trio.current_time():
            raise Crowded(f"All {self._count} seats here are in use; ask again in a few seconds.")
        # from here on the seat is the newcomer's, however long the other takes to leave
        self._taken.discard(first)
        first.leave()


def _lost(seat: Seat) -> NetworkError:
    if seat.is_cut:
        return NetworkError(f"{seat.peer} was too slow for its seat, and another one needed it.")
    return _crowded_out()


def _crowded_out() -> Crowded:
    return Crowded("You used your seat the least and had to make room for another; ask again when you read.")
