"""Seats for streams: when all are taken, whoever uses its own least makes room for a newcomer.

Identities cost nothing, so a limit for each peer keeps nobody from taking every seat, and a free question now
and then would hold them. So a seat is held by bytes alone: it lasts GRACE, then as long as what goes over it
takes at the least rate. Below that rate it is lost in the middle of a range; who pays for bytes buys the time
with them, and crumbs buy none. Nobody is watched: only who comes looks whose time is over.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import trio

from xmbl.errors import NetworkError, Refused
from xmbl.network.channel import PATIENCE

GRACE = 5.0
"""Seconds that a new stream keeps its seat for nothing: a reader asks for the price, looks at its chain and
signs its first voucher meanwhile. The longer, the fewer newcomers a second keep everybody else out."""


class Seat:
    """A stream's, until `until`; `due` bytes are to go over it, at `rate` bytes a second at least."""

    def __init__(self, peer: str, rate: int) -> None:
        self.peer = peer
        self.until = trio.current_time() + GRACE
        self.due = 0
        self.scope = trio.CancelScope()
        self._rate = rate

    @contextmanager
    def agreeing(self, length: int) -> Iterator[None]:
        """So many bytes are to go; they count at once, and not if the block raises."""
        self._owe(length)
        try:
            yield
        except BaseException:
            self._owe(-length)
            raise

    def gone(self, length: int) -> None:
        """So many of them went. The time that is left of theirs is good for PATIENCE: a silent stream ends
        by itself then."""
        self.due -= length
        self.until = min(self.until, trio.current_time() + PATIENCE + self.due / self._rate)

    def keep(self) -> None:
        """All is here and only work of ours is left: it isn't lost any more."""
        self.until = float("inf")

    def _owe(self, length: int) -> None:
        self.due += length
        self.until = max(self.until, trio.current_time()) + length / self._rate


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

        `Refused` when none is to be had, or when it was lost; `NetworkError` when it was lost while bytes
        were due, in the middle of which no word can be said.
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
            raise Refused(f"You have {self._each} streams of this kind open here; wait until one ends.")
        if len(self._taken) < self._count:
            return
        first = min(self._taken, key=lambda seat: seat.until)
        if first.until > trio.current_time():
            raise Refused(f"All {self._count} seats here are in use; ask again in a few seconds.")
        # from here on the seat is the newcomer's, however long the other takes to leave
        self._taken.discard(first)
        first.scope.cancel()


def _lost(seat: Seat) -> NetworkError:
    if seat.due:
        return NetworkError(f"{seat.peer} was too slow for its seat, and another one needed it.")
    return Refused("You used your seat the least and had to make room for another; ask again when you read.")
