"""One stream under a peer that sends whatever it may: its window is a law for every order of events."""

import pytest
import trio
from hypothesis import given
from hypothesis import strategies as st
from trio.testing import wait_all_tasks_blocked

from xmbl.network.yamux_stream import CREDIT, FIRST_WINDOW, WINDOW, Violation, YamuxStream

SIZES = st.integers(1, 2 * FIRST_WINDOW)


class Peer:
    """The other end: it sends all that it is allowed, at once."""

    def __init__(self) -> None:
        self.stream = YamuxStream(1, None, self)  # type: ignore[arg-type]
        self.credit, self.unread = FIRST_WINDOW, 0

    def reply(self, kind: int, flags: int, stream_id: int, length: int) -> None:
        assert (kind, flags, stream_id) == (CREDIT, 0, 1)
        self.credit += length

    def send(self, count: int) -> None:
        self.stream.require_room(count)
        self.credit -= count
        self.unread += count
        self.stream.receive(bytes(count))

    async def read(self, most: int) -> None:
        data = await self.stream.read(most)
        assert 0 < len(data) <= most
        self.unread -= len(data)


@given(st.lists(st.tuples(st.sampled_from(["send", "read", "wait"]), SIZES), max_size=60))
def test_window__whatever_is_sent_and_read__bounds_what_is_unread(events: list[tuple[str, int]]) -> None:
    peer = Peer()

    async def play(event: str, size: int) -> None:
        async with trio.open_nursery() as nursery:
            if event == "wait" or (event == "read" and peer.unread):
                nursery.start_soon(peer.read, size)
                await wait_all_tasks_blocked()
            if event != "read" and peer.credit:
                peer.send(min(size, peer.credit))

    async def scene() -> None:
        for event, size in events:
            await play(event, size)
            assert peer.unread + peer.credit <= WINDOW
            assert peer.credit or peer.unread
            with pytest.raises(Violation):
                peer.stream.require_room(peer.credit + 1)

    trio.run(scene)
