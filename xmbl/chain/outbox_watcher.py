"""Looking after transactions that were signed, until a block holds one and no reorg takes it back."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from xmbl.chain.call import Call
from xmbl.chain.client import Chain, Header, Inclusion
from xmbl.chain.fees import bumped
from xmbl.chain.outbox_store import Attempt, Job, Store
from xmbl.chain.signing import Pen
from xmbl.errors import ChainError

_GWEI = 10**9
_PLAIN_GAS = 21_000


class Point(Enum):
    """Where a transaction stands between two effects; tests stop the process there."""

    CHECKED = 1
    STORED = 2
    SENT = 3
    SEEN = 4
    RECORDED = 5
    REPLACEMENT_STORED = 6
    REPLACEMENT_SENT = 7


@dataclass(frozen=True)
class Habits:
    """How an outbox behaves.

    `ceiling` is the most wei per gas it ever offers; `confirmations` the depth in blocks from which a
    transaction is no longer watched; `stuck` the blocks after which it is replaced; `poll` the most
    seconds between two looks, of which the first are closer; `patience` the seconds that `send` waits.
    """

    ceiling: int = 200 * _GWEI
    confirmations: int = 12
    stuck: int = 4
    poll: float = 1.0
    patience: float = 600.0


class Watcher:
    """Moves jobs of one account on. Everything here may be repeated after any interruption."""

    def __init__(
        self, chain: Chain, store: Store, pen: Pen, habits: Habits, reached: Callable[[Point], None]
    ) -> None:
        self._chain = chain
        self._store = store
        self._pen = pen
        self._habits = habits
        self._reached = reached
        self._refusals: dict[bytes, str] = {}

    def look(self, job: Job, head: Header) -> None:
        """Note where the job was mined, or move it on; `FeeCeiling` where that is too dear now."""
        found = self._still_there(job) or self._find(job)
        if found:
            final = head.number - found.block >= self._habits.confirmations
            if found != job.inclusion or final:
                self._reached(Point.SEEN)
                self._store.record(job.nonce, found, final)
                self._reached(Point.RECORDED)
            return
        if job.inclusion:
            self._store.record(job.nonce, None, final=False)
        self._push(job, head)

    def _still_there(self, job: Job) -> Inclusion | None:
        place = job.inclusion
        if place is None:
            return None
        try:
            return place if self._chain.header(place.block).hash == place.block_hash else None
        except ChainError:
            return None

    def _find(self, job: Job) -> Inclusion | None:
        every = (self._chain.inclusion(attempt.hash) for attempt in self._store.attempts(job.nonce))
        return next((found for found in every if found), None)

    def _push(self, job: Job, head: Header) -> None:
        """Move on what waits: resend what the node forgot, replace what is stuck, leave a used nonce,
        fill one that another wallet took and gave up."""
        attempts = self._store.attempts(job.nonce)
        mined = self._chain.nonce(self._pen.address)
        if mined > job.nonce:
            self._leave(job, head)
        elif not any(self._chain.knows(attempt.hash) for attempt in attempts):
            self.broadcast(attempts[-1])
        elif head.number - attempts[-1].block < self._habits.stuck:
            return
        elif mined == job.nonce:
            self._replace(job, attempts[-1], head)
        else:
            self._fill_gap(mined, head)

    def _replace(self, job: Job, old: Attempt, head: Header) -> None:
        fees = bumped(old.fees, self._pen.fees(head))
        if fees.max_fee > self._habits.ceiling:
            return
        attempt = self._pen.sign(job.call, job.gas, fees, head.number)(job.nonce)
        self._store.add_attempt(job.nonce, attempt)
        self._reached(Point.REPLACEMENT_STORED)
        self.broadcast(attempt)
        self._reached(Point.REPLACEMENT_SENT)

    def _leave(self, job: Job, head: Header) -> None:
        """Another wallet used the nonce. Once that lies too deep for a reorg, ours can never be mined."""
        settled = max(0, head.number - self._habits.confirmations)
        if self._chain.nonce(self._pen.address, settled) <= job.nonce or self._find(job):
            return
        lowest = self._chain.nonce(self._pen.address, "pending")
        self._store.move(job, lowest, self._pen.sign(job.call, job.gas, self._pen.fees(head), head.number))

    def _fill_gap(self, nonce: int, head: Header) -> None:
        if self._store.has(nonce) or self._chain.nonce(self._pen.address, "pending") > nonce:
            return
        sentence = f"Fill the place {nonce}, which another wallet's transaction left empty."
        nothing = Call(self._pen.address, b"", "nonce_fill", sentence)
        signed = self._pen.sign(nothing, _PLAIN_GAS, self._pen.fees(head), head.number)
        self._store.fill(nothing, f"fill {nonce}", _PLAIN_GAS, nonce, signed)

    def broadcast(self, attempt: Attempt) -> None:
        """Send a stored transaction; a node's refusal is only remembered."""
        try:
            self._chain.broadcast(attempt.raw)
        except ChainError as error:
            # it is stored, so the next look sends it again; whoever waits too long is told
            self._refusals[attempt.hash] = str(error)

    def refusals(self, job: Job) -> list[str]:
        """What nodes said against the job's transactions in this process."""
        said = (self._refusals.get(attempt.hash) for attempt in self._store.attempts(job.nonce))
        return [each for each in said if each]
