"""The end of a stream: what was written before it arrives, over any line that is fast enough to be served."""

from types import SimpleNamespace
from typing import Any

import pytest
import trio
from libp2p.stream_muxer.exceptions import MuxedStreamEOF

from tests.unit.network.test_yamux import Pair, over_a_connection, read_until
from xmbl.network.host import LAST_WORDS
from xmbl.network.streams import Stream
from xmbl.network.yamux_stream import YamuxStream
from xmbl.storage.reading import LEAST_RATE

SIZE = 600_000


def stream_of(muxed: YamuxStream) -> Stream:
    """As libp2p would hand it over."""
    net: Any = SimpleNamespace(
        muxed_conn=SimpleNamespace(peer_id="peer"), muxed_stream=muxed, close=muxed.close, reset=muxed.reset
    )
    return Stream(net)


@pytest.mark.parametrize("unheard", [b"", b"more"], ids=["silent", "asks for more"])
def test_close__over_the_slowest_line__cuts_nothing_that_was_written(unheard: bytes) -> None:
    async def work(pair: Pair) -> None:
        ours, theirs = await pair.streams()
        await theirs.write(unheard)
        session, got = pair.sessions[0], bytearray()
        quick = session.write

        async def slow(data: bytes) -> None:
            await trio.sleep(len(data) / LEAST_RATE)
            await quick(data)

        async def take() -> None:
            got.extend(await read_until(MuxedStreamEOF, theirs))
            await theirs.close()

        session.write = slow  # type: ignore[method-assign]
        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            await stream_of(ours).write(bytes(SIZE))
            await stream_of(ours).close(LAST_WORDS)
        assert len(got) == SIZE

    over_a_connection(work)
