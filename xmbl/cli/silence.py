"""No command is silent for long: what takes more than a moment is told on stderr while it is waited for."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from xmbl.cli.output import Output

_SAME_WAIT = 0.2
"""Seconds between two things that are waited for up to which it is one wait to a person."""

_EVERY = 5.0
"""Seconds between two words about how far a search has come."""


class Silence:
    """Says what is waited for once a wait lasts `after` seconds; things on end are one wait, told of once.

    Thread-safe. It says nothing while `out` shows by itself what is waited for, nor the same again as long as
    every wait is a long one.
    """

    def __init__(self, out: Output, after: float = 1.0) -> None:
        self._out = out
        self._after = after
        self._lock = threading.Lock()
        self._under_way = 0
        self._began = self._ended = float("-inf")
        self._told = False
        self._last = ""
        self._spoke = self._heard = float("-inf")

    @contextmanager
    def __call__(self, waiting_for: str) -> Iterator[None]:
        """The block waits for `waiting_for`."""
        timer = self._begin(waiting_for)
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                self._under_way -= 1
                self._ended = time.monotonic()
                if not self._told:
                    self._last = ""

    def searched(self, block: int, last: int) -> None:
        """A search of old blocks, kept for the next time, has come to `block` of `last`."""
        with self._lock:
            now = time.monotonic()
            if now - self._heard > 2 * _EVERY:
                self._spoke = now
            self._heard = now
            is_due = now - self._spoke >= _EVERY and not self._out.is_waiting
            if is_due:
                self._spoke = now
        if is_due:
            self._out.note(f"read block {block:,} of {last:,}; that is needed once …")

    def _begin(self, waiting_for: str) -> threading.Timer:
        with self._lock:
            now = time.monotonic()
            if not self._under_way and now - self._ended > _SAME_WAIT:
                self._began, self._told = now, False
            self._under_way += 1
            timer = threading.Timer(max(0.0, self._began + self._after - now), self._tell, [waiting_for])
            timer.daemon = True
            if not self._told:
                timer.start()
        return timer

    def _tell(self, waiting_for: str) -> None:
        with self._lock:
            if self._told or self._out.is_waiting:
                return
            self._told = True
            if self._last == waiting_for:
                return
            self._last = waiting_for
        self._out.note(f"waiting for {waiting_for} …")
