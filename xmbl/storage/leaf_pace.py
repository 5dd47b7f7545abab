"""How fast leaves go out for nothing where bytes cost: a first lot at once, so that anybody sees that all is
held, then so slowly that nobody reads by them."""

from itertools import count

import trio

LEAVES = 1_024
"""Leaves of the same bytes that go out at once: as many as somebody checks in one go."""

RATE = 16.0
"""Leaves a second after them, 4 KiB: a reader of a MiB would wait four minutes.

Who got fewest over its stream is first, so a check of a few leaves waits for nobody who asks without end.
Where newcomers take all seats again and again, each gets one leaf, since fewer than this come in a second; a
second one maybe not: a check comes back for it.
"""


class LeafPace:
    """Tells askers when their leaf may go: who got fewest is first, then who asked first. No bytes wait for
    others."""

    def __init__(self) -> None:
        self._lines: dict[bytes, _Line] = {}
        self._asked = count()

    async def wait(self, root: bytes, got: int) -> None:
        """Return when the next leaf of these bytes may go to who `got` so many. Who leaves meanwhile hasn't
        asked."""
        line, turn = self._line(root), (got, next(self._asked))
        line.waiting.append(turn)
        try:
            while min(line.waiting) != turn or line.opens > trio.current_time():
                await trio.sleep_until(line.opens)
        finally:
            line.waiting.remove(turn)
        line.due = max(line.due, trio.current_time()) + 1 / RATE

    def _line(self, root: bytes) -> "_Line":
        if root not in self._lines:
            # of whom all may go at once again, there is nothing to be remembered
            now = trio.current_time()
            self._lines = {each: line for each, line in self._lines.items() if line.waiting or line.due > now}
            self._lines[root] = _Line()
        return self._lines[root]


class _Line:
    """Of those who wait for leaves of the same bytes: what each got and when it asked. At `due` all that went
    would have gone at the rate."""

    def __init__(self) -> None:
        self.due = trio.current_time()
        self.waiting: list[tuple[int, int]] = []

    @property
    def opens(self) -> float:
        """When the next leaf may go."""
        return self.due + (1 - LEAVES) / RATE
