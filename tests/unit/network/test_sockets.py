"""Reads that are exact and bounded, whatever the other end does."""

import pytest
import trio
from libp2p.io.exceptions import IncompleteReadError

from xmbl.network.sockets import Short, Socket


class Pieces:
    """A stream that gives what it has in the pieces it came in."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def read(self, _: int | None = None) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


def read(stream: Socket | Short, *counts: int | None) -> list[bytes]:
    async def all_of_them() -> list[bytes]:
        return [await stream.read(count) for count in counts]

    return trio.run(all_of_them)


def test_socket_read__many_small_segments__exactly_what_was_asked_for() -> None:
    socket = Socket(Pieces([b"x"] * 1_000))
    assert read(socket, 999, 0, 1) == [b"x" * 999, b"", b"x"]


def test_socket_read__one_large_segment__kept_for_later_reads() -> None:
    assert read(Socket(Pieces([b"abcdef"])), 2, 3, 1) == [b"ab", b"cde", b"f"]


def test_socket_read__end_too_early__what_there_was() -> None:
    assert read(Socket(Pieces([b"abc"])), 5, 5) == [b"abc", b""]


@pytest.mark.parametrize("count", [None, 262_145, 2**62])
def test_socket_read__more_than_a_message__refused(count: int | None) -> None:
    with pytest.raises(IncompleteReadError):
        read(Socket(Pieces([b"abc"])), count)


@pytest.mark.parametrize("count", [None, 1_025, 2**62])
def test_short_read__longer_than_a_name__refused(count: int | None) -> None:
    with pytest.raises(IncompleteReadError):
        read(Short(Pieces([b"abc"]), is_initiator=False), count)


def test_short_read__a_name__passed_on() -> None:
    assert read(Short(Pieces([b"abc"]), is_initiator=False), 1_024) == [b"abc"]
