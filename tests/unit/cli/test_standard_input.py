"""Bytes from a pipe that may stay silent."""

import os

import pytest
import trio

from xmbl.cli.standard_input import Interruptible


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_read__bytes_and_their_end__are_given_as_they_come(pipe):
    reading, writing = pipe
    stream = Interruptible(reading)
    os.write(writing, b"two words")
    assert stream.read(3) + stream.read(100) == b"two words"
    os.close(writing)
    assert stream.read(100) == b""


def test_read__silent_stream_and_cancelled_reader__ends(pipe):
    reading, writing = pipe

    async def main() -> bool:
        with trio.move_on_after(0.05) as scope:
            await trio.to_thread.run_sync(Interruptible(reading).read, 1)
        return scope.cancelled_caught

    assert trio.run(main)
    os.close(writing)
