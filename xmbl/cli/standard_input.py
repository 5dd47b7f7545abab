"""Standard input for whoever reads it in a thread: Ctrl-C ends the wait for bytes that never come."""

import os
import select
import sys

_LOOK_SECONDS = 0.1


class Interruptible:
    """A stream of bytes whose `read` raises what cancelled the trio task that waits for its thread."""

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor

    def read(self, size: int) -> bytes:
        """Up to `size` bytes as soon as there are any; none at the end."""
        import trio

        while not select.select([self._descriptor], [], [], _LOOK_SECONDS)[0]:
            trio.from_thread.check_cancelled()
        return os.read(self._descriptor, size)
