"""What an operator has promised and can still promise: the chain's word, less what may yet be asked of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import trio

from xmbl.crypto.typed_data import Terms
from xmbl.storage import policy
from xmbl.storage.desk import Desk
from xmbl.storage.journal import DealState
from xmbl.storage.policy import Operator, Standing, StoragePolicy
from xmbl.storage.wire import StoreRequest


@dataclass(frozen=True, slots=True)
class Carrying:
    """What the chain says of the operator at a block."""

    operator: Operator
    agent: str
    block: int
    units: int
    grow: int
    leaving: bool


class Promises:
    """Of the operator at `desk`; a look at the chain is good for `fresh` seconds."""

    def __init__(self, desk: Desk, will: StoragePolicy, fresh: float) -> None:
        self._desk = desk
        self._will = will
        self._fresh = fresh
        self._seen: tuple[float, Carrying] | None = None
        self._asking = trio.Lock()
        self._running: dict[object, StoreRequest] = {}

    async def carrying(self) -> Carrying:
        """What the chain says, or said a moment ago."""
        async with self._asking:
            now = trio.current_time()
            if self._seen is None or now - self._seen[0] > self._fresh:
                self._seen = (now, await trio.to_thread.run_sync(self._look))
            return self._seen[1]

    def check(self, carrying: Carrying, terms: Terms, here: int) -> None:
        """`Refused` unless a deal on these terms can be promised now; `here` of its bytes are here."""
        policy.check(self._will, self._desk.market.parameters, self.standing(carrying, here), terms)

    @contextmanager
    def running(self, upload: object, request: StoreRequest) -> Iterator[None]:
        """While it runs, an upload counts like a deal that is signed and not opened."""
        self._running[upload] = request
        try:
            yield
        finally:
            self.forget(upload)

    def forget(self, upload: object) -> None:
        """The upload counts no more; may be said twice."""
        self._running.pop(upload, None)

    def standing(self, carrying: Carrying, here: int = 0) -> Standing:
        """What is left, less what is promised: signed deals may still be opened, uploads still be signed.

        `here` bytes of what is asked for need no more room. Each promise counts with all its bytes, also
        where two share them: else one upload would be good for any number of signatures.
        """
        promised = [(known.deal.terms, known.size) for known in self._desk.journal.deals(DealState.SIGNED)]
        promised += [(request.quote.terms, request.size) for request in self._running.values()]
        return Standing(
            block=carrying.block,
            held=self._desk.holdings.used() - here,
            unpaid=sum(size for _, size in promised),
            free=self._desk.holdings.free() + here,
            units=carrying.units - sum(terms.collateral for terms, _ in promised),
            grow=carrying.grow - sum(terms.price for terms, _ in promised),
            leaving=carrying.leaving,
        )

    def _look(self) -> Carrying:
        market, operator = self._desk.market, self._desk.operator
        agent, payee = market.agent_and_payee(operator)
        block = market.block_number()
        ring = market.ring(operator)
        grow = ring.growth_left(block // market.parameters.period)
        units = market.lockable(operator)
        return Carrying(Operator(operator, payee), agent, block, units, grow, leaving=not ring.cap)
