"""How fast leaves go out for nothing where bytes cost: a first lot at once, so that anybody sees that all is
held, then so slowly that nobody reads by them."""

import trio

LEAVES = 1_024
"""Leaves of the same bytes that go out at once: as many as somebody checks in one go."""

RATE = 16.0
"""Leaves a second after them, 4 KiB: a reader of a MiB would wait four minutes. Where askers have all seats a
leaf comes within four seconds, so nobody is kept from checking."""


class LeafPace:
    """Tells askers when their leaf may go, in the order in which they ask; no bytes wait for others."""

    def __init__(self) -> None:
        # no more entries than there are held bytes
        self._due: dict[bytes, float] = {}

    async def wait(self, root: bytes) -> None:
        """Return when the next leaf of these bytes may go. Who leaves meanwhile hasn't asked."""
        now = trio.current_time()
        self._due[root] = max(self._due.get(root, now), now) + 1 / RATE
        try:
            await trio.sleep(max(0.0, self._due[root] - now - LEAVES / RATE))
        except trio.Cancelled:
            self._due[root] -= 1 / RATE
            raise
