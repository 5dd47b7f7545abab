"""Bytes between peers under a least rate, over a pipe whose time is the test's."""

import secrets

import pytest
import trio
import trio.testing

from xmbl.crypto.cids import cid_of_file
from xmbl.crypto.envelope import CHUNK_SEALED, new_key
from xmbl.errors import Crowded, PeerUnreachable
from xmbl.network import frames
from xmbl.network.channel import Channel
from xmbl.storage import reading, sources, transfer
from xmbl.storage.wire import ReadReady, Refusal

SIZE = 3_000_000
RANGE = 4 * 2**20


class SlowPipe:
    """Carries `rate` bytes a second by the test's clock."""

    def __init__(self, clock: trio.testing.MockClock, rate: float, incoming: bytes = b"") -> None:
        self._clock = clock
        self._rate = rate
        self._incoming = incoming
        self.silence = 0.0
        self.written = bytearray()

    @property
    def unread(self) -> bool:
        """Whether anything comes."""
        return bool(self._incoming)

    async def read(self, most: int) -> bytes:
        """What comes next, a piece at a time, after a silence."""
        self._clock.jump(self.silence)
        self.silence = 0.0
        piece = self._incoming[: min(most, 65_536)]
        self._incoming = self._incoming[len(piece) :]
        await self._carry(piece)
        return piece

    async def write(self, data: bytes) -> None:
        """Take it."""
        await self._carry(data)
        self.written += data

    async def _carry(self, data: bytes) -> None:
        self._clock.jump(len(data) / self._rate)
        await trio.testing.wait_all_tasks_blocked()


def uploaded(path, rate, incoming=b""):
    """What was sent at that rate, and what the sender says that it was."""
    source, clock = sources.reopened(path, folder=False), trio.testing.MockClock()
    pipe, told = SlowPipe(clock, rate, incoming), []

    async def send():
        upload = transfer.Upload(path, source.parts[0], new_key())
        return await upload.send_bytes(Channel(pipe, "peer"), told.append)

    ingested = trio.run(send, clock=clock)
    assert told[-1] == ingested.size
    return bytes(pipe.written), ingested


def fetched(rate, pause=0):
    """A range that comes at that rate to a reader that pauses after each chunk, by seconds."""
    clock = trio.testing.MockClock()
    pipe = SlowPipe(clock, rate, frames.pack(ReadReady(RANGE).encode()) + bytes(RANGE))

    async def fetch():
        channel = Channel(pipe, "peer")
        await channel.send(reading.Free(bytes(32)).request(0, RANGE).encode())
        chunks = []
        async for chunk in reading.received(channel, RANGE, reading.Pace()):
            chunks.append(chunk)
            clock.jump(pause)
        return b"".join(chunks)

    return trio.run(fetch, clock=clock)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(secrets.token_bytes(SIZE))
    return path


def test_send_bytes__a_slow_peer_above_the_least_rate__gets_all_and_its_cid_is_told(file, tmp_path):
    written, ingested = uploaded(file, rate=40_000)
    (tmp_path / "sealed").write_bytes(written)
    assert (ingested.size, ingested.cid) == (len(written), cid_of_file(tmp_path / "sealed"))


def test_send_bytes__a_peer_that_lets_bytes_drip__is_given_up(file):
    with pytest.raises(PeerUnreachable, match="took the bytes slower than 32,768 a second"):
        uploaded(file, rate=20_000)


def test_send_bytes__a_peer_that_takes_no_more_and_says_why__is_heard(file):
    refusal = frames.pack(Refusal("Another needed your seat.", busy=True).encode())
    with pytest.raises(Crowded, match="Another needed your seat"):
        uploaded(file, rate=20_000, incoming=refusal)


def test_range__over_a_slow_link__comes_as_long_as_the_least_rate_is_kept():
    assert fetched(rate=60_000) == bytes(RANGE)


def test_range__to_a_reader_that_takes_its_time__is_not_held_against_the_peer():
    assert fetched(rate=60_000, pause=1_000) == bytes(RANGE)


def test_range__below_the_least_rate__is_given_up():
    with pytest.raises(PeerUnreachable, match="gave the bytes slower than 32,768 a second"):
        fetched(rate=20_000)


@pytest.mark.parametrize(("rate", "silence"), [(10_000, 0), (10**9, 29)], ids=["drips", "lets it wait"])
def test_ranges__of_a_narrow_window_below_the_least_rate__are_given_up(rate, silence):
    clock, got = trio.testing.MockClock(), []
    piece = frames.pack(ReadReady(CHUNK_SEALED).encode()) + bytes(CHUNK_SEALED)
    pipe = SlowPipe(clock, rate, 20 * piece)

    async def fetch():
        way = reading.Free(bytes(32), step=CHUNK_SEALED)
        async for offset, _ in reading.ranges(Channel(pipe, "peer"), way, 0, 20 * CHUNK_SEALED):
            got.append(offset)
            pipe.silence = silence

    with pytest.raises(PeerUnreachable, match="gave the bytes slower than 32,768 a second"):
        trio.run(fetch, clock=clock)
    assert 0 < len(got) < 4


def test_ranges__after_quick_ones__a_pause_is_borne_once():
    clock = trio.testing.MockClock()
    piece = frames.pack(ReadReady(CHUNK_SEALED).encode()) + bytes(CHUNK_SEALED)
    pipe = SlowPipe(clock, 10**9, 20 * piece)

    async def fetch():
        way = reading.Free(bytes(32), step=CHUNK_SEALED)
        async for offset, _ in reading.ranges(Channel(pipe, "peer"), way, 0, 20 * CHUNK_SEALED):
            pipe.silence = 25 * (offset in (0, 15 * CHUNK_SEALED))
        return offset

    assert trio.run(fetch, clock=clock) == 19 * CHUNK_SEALED
