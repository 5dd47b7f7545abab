"""Whether the chain goes on: a node that answers, but always with the same old block, is no chain."""

import time
from collections.abc import Callable

from xmbl.chain.client import Chain
from xmbl.errors import RpcUnavailable


class Pulse:
    """Watches the head; `patience` in seconds. A chain that mines on demand may stand still: it is in trouble
    only once its head hasn't moved for so long and was old by this machine's clock, too."""

    def __init__(self, chain: Chain, patience: float, clock: Callable[[], float] = time.time) -> None:
        self._chain = chain
        self._patience = patience
        self._clock = clock
        self._head = -1
        self._moved = self._turned = 0.0

    def feel(self, head: int) -> None:
        """The newest block is `head`; `RpcUnavailable` if it has been for too long: then another endpoint is
        asked from now on, if there is one."""
        now = self._clock()
        if head != self._head:
            self._head, self._moved, self._turned = head, now, now
        if now - self._moved <= self._patience:
            return
        age = now - self._chain.header(head).timestamp
        if age <= self._patience:
            return
        if now - self._turned > self._patience:
            self._turned = now
            self._chain.turn_away()
        raise RpcUnavailable(
            f"The RPC endpoint stands still at block {head}; check it or add another to the network file."
        )
