"""The only way a transaction leaves: once per key, whatever dies in between.

A job gets its nonce and its signed transaction in one commit before anything is sent. From there on
everything can be repeated: sending (the chain knows the hash), watching (every hash of the nonce), and
replacing what is stuck. What a reorg takes back is sent again until it lies `confirmations` deep.
"""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eth_utils import to_checksum_address

from xmbl.chain.call import Call, created_address
from xmbl.chain.client import Chain, Header, Inclusion
from xmbl.chain.fees import Fees, bumped, suggested
from xmbl.chain.outbox_store import Attempt, Job, Owner, Signer, Store, require_same
from xmbl.chain.reverts import reverted
from xmbl.errors import ChainError, FeeCeiling, InsufficientFunds, NotMined, Reverted
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_GWEI = 10**9
_PLAIN_GAS = 21_000
_GAS_MARGIN = 125  # per cent of the estimate: the state may change until the block


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
class Receipt:
    """What came of a transaction. `status` 1 is success; `fee` in wei; `created` a new contract's address."""

    key: str
    action: str
    hash: str
    status: int
    gas_used: int
    fee: int
    block: int
    created: str | None


@dataclass(frozen=True)
class Habits:
    """How an outbox behaves.

    `ceiling` is the most wei per gas it ever offers; `confirmations` the depth in blocks from which a
    transaction is no longer watched; `stuck` the blocks after which it is replaced; `poll` the seconds
    between two looks; `patience` the seconds that `send` waits.
    """

    ceiling: int = 200 * _GWEI
    confirmations: int = 12
    stuck: int = 4
    poll: float = 0.5
    patience: float = 600.0


class Outbox:
    """All transactions of one account on one chain, kept in the file `path`. Thread-safe, and safe beside
    other processes on the same file."""

    def __init__(
        self,
        path: Path,
        chain: Chain,
        account: "LocalAccount",
        habits: Habits = Habits(),
        reached: Callable[[Point], None] = lambda _: None,
    ) -> None:
        self.account = account.address
        self._chain = chain
        self._signer = account
        self._habits = habits
        self._reached = reached
        self._stepping = threading.Lock()
        self._refusals: dict[bytes, str] = {}
        self._seen_head = b""
        self._store = Store(path, Owner(account.address, chain.chain_id, chain.header(0).hash))

    def close(self) -> None:
        """Close the file; what is pending is finished by the next outbox on it."""
        self._store.close()

    def send(self, call: Call, key: str, patience: float | None = None) -> Receipt:
        """Submit and wait. The same key never sends twice: it answers with what came of the first time."""
        self.submit(call, key)
        return self.wait(key, patience)

    def submit(self, call: Call, key: str) -> None:
        """Store the signed transaction and send it, without waiting.

        Nothing is stored, and the key stays free, on `Reverted` (it would fail), `InsufficientFunds`,
        `FeeCeiling` or `RpcUnavailable`. `UsageError` when the key stands for another call.
        """
        if job := self._store.job(key):
            require_same(job, call)
            return
        owned = self._chain.balance(self.account)
        self._require_balance(owned, call.value, call)
        gas = self._chain.estimate(call, self.account) * _GAS_MARGIN // 100
        head = self._chain.header()
        fees = self._fees(head)
        self._require_balance(owned, call.value + gas * fees.max_fee, call)
        self._reached(Point.CHECKED)
        lowest = self._chain.nonce(self.account, "pending")
        job = self._store.add(call, key, gas, lowest, self._sign(call, gas, fees, head.number))
        require_same(job, call)
        self._reached(Point.STORED)
        self._broadcast(self._store.attempts(job.nonce)[-1])
        self._reached(Point.SENT)

    def wait(self, key: str, patience: float | None = None) -> Receipt:
        """The receipt, once a block holds the transaction.

        `Reverted` where it failed on chain, `NotMined` after `patience` seconds (it stays in the outbox),
        `KeyError` for a key that was never submitted.
        """
        deadline = time.monotonic() + (self._habits.patience if patience is None else patience)
        while True:
            self.step()
            job = self._job(key)
            if job.inclusion:
                return self._result(job, job.inclusion)
            if time.monotonic() > deadline:
                raise NotMined(self._still_pending(job))
            time.sleep(self._habits.poll)

    def resume(self) -> None:
        """Finish what an earlier process began: send again what the chain doesn't know."""
        self.step()

    def step(self) -> None:
        """Look once at everything unfinished: note what was mined, resend, replace, move."""
        with self._stepping:
            jobs = self._store.unfinished()
            if not jobs:
                return
            head = self._chain.header()
            unchanged = head.hash == self._seen_head
            for job in jobs:
                if unchanged and job.inclusion:
                    continue  # only a new head can bury it deeper or take it back
                with suppress(FeeCeiling):  # too dear now: what is out there may still be mined
                    self._look(job, head)
            self._seen_head = head.hash

    def history(self) -> list[Receipt]:
        """The receipts of everything mined so far, by nonce."""
        return [self._receipt(job, job.inclusion) for job in self._store.mined() if job.inclusion]

    def unfinished(self) -> list[Job]:
        """What is still watched, by nonce: waiting, or mined and not yet final."""
        return self._store.unfinished()

    def attempts(self, key: str) -> list[Attempt]:
        """All that was signed for a key's present nonce, oldest first; `KeyError` for an unknown key."""
        return self._store.attempts(self._job(key).nonce)

    def _job(self, key: str) -> Job:
        job = self._store.job(key)
        if job is None:
            raise KeyError(key)
        return job

    # one look at one job

    def _look(self, job: Job, head: Header) -> None:
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
        mined = self._chain.nonce(self.account)
        if mined > job.nonce:
            self._leave(job, head)
        elif not any(self._chain.knows(attempt.hash) for attempt in attempts):
            self._broadcast(attempts[-1])
        elif head.number - attempts[-1].block < self._habits.stuck:
            return
        elif mined == job.nonce:
            self._replace(job, attempts[-1], head)
        else:
            self._fill_gap(mined, head)

    def _replace(self, job: Job, old: Attempt, head: Header) -> None:
        fees = bumped(old.fees, self._fees(head))
        if fees.max_fee > self._habits.ceiling:
            return
        attempt = self._sign(job.call, job.gas, fees, head.number)(job.nonce)
        self._store.add_attempt(job.nonce, attempt)
        self._reached(Point.REPLACEMENT_STORED)
        self._broadcast(attempt)
        self._reached(Point.REPLACEMENT_SENT)

    def _leave(self, job: Job, head: Header) -> None:
        """Another wallet used the nonce. Once that lies too deep for a reorg, ours can never be mined."""
        settled = max(0, head.number - self._habits.confirmations)
        if self._chain.nonce(self.account, settled) <= job.nonce or self._find(job):
            return
        lowest = self._chain.nonce(self.account, "pending")
        self._store.move(job, lowest, self._sign(job.call, job.gas, self._fees(head), head.number))

    def _fill_gap(self, nonce: int, head: Header) -> None:
        if self._store.has(nonce) or self._chain.nonce(self.account, "pending") > nonce:
            return
        sentence = f"Fill the place {nonce}, which another wallet's transaction left empty."
        nothing = Call(self.account, b"", "nonce_fill", sentence)
        signed = self._sign(nothing, _PLAIN_GAS, self._fees(head), head.number)
        self._store.fill(nothing, f"fill {nonce}", _PLAIN_GAS, nonce, signed)

    # parts

    def _broadcast(self, attempt: Attempt) -> None:
        try:
            self._chain.broadcast(attempt.raw)
        except ChainError as error:
            # it is stored, so the next look sends it again; whoever waits too long is told
            self._refusals[attempt.hash] = str(error)

    def _still_pending(self, job: Job) -> str:
        refusals = (self._refusals.get(attempt.hash) for attempt in self._store.attempts(job.nonce))
        said = "".join(f" {each}" for each in refusals if each)
        return f"Still pending: {job.call.sentence}{said} It stays in the outbox and is finished later."

    def _fees(self, head: Header) -> Fees:
        return suggested(head.base_fee, self._chain.tip(), self._habits.ceiling)

    def _sign(self, call: Call, gas: int, fees: Fees, block: int) -> Signer:
        fields: dict[str, Any] = {
            "type": 2, "chainId": self._chain.chain_id, "value": call.value, "data": call.data, "gas": gas,
            "maxFeePerGas": fees.max_fee, "maxPriorityFeePerGas": fees.tip,
        } | ({} if call.to is None else {"to": to_checksum_address(call.to)})  # fmt: skip

        def sign(nonce: int) -> Attempt:
            signed = self._signer.sign_transaction(fields | {"nonce": nonce})
            return Attempt(bytes(signed.hash), bytes(signed.raw_transaction), fees, block)

        return sign

    def _require_balance(self, owned: int, needed: int, call: Call) -> None:
        promised = sum(
            job.call.value + job.gas * self._store.attempts(job.nonce)[-1].fees.max_fee
            for job in self._store.unfinished()
            if job.inclusion is None
        )
        if owned >= needed + promised:
            return
        beside = f" beside {format_amount(promised, 'ether')} for what is pending" if promised else ""
        raise InsufficientFunds(
            f"{self.account} has {format_amount(owned, 'ether')}, but {call.action} needs up to "
            f"{format_amount(needed, 'ether')}{beside}; send it at least "
            f"{format_amount(needed + promised - owned, 'ether')}."
        )

    def _result(self, job: Job, inclusion: Inclusion) -> Receipt:
        if inclusion.succeeded:
            return self._receipt(job, inclusion)
        try:
            self._chain.simulate(job.call, self.account, inclusion.block - 1)
        except Reverted:
            raise
        except ChainError:  # the node may not keep that state
            raise reverted("", job.call.sentence) from None
        raise reverted("", job.call.sentence)

    def _receipt(self, job: Job, inclusion: Inclusion) -> Receipt:
        created = created_address(self.account, job.nonce) if job.call.to is None else None
        return Receipt(
            job.key, job.call.action, "0x" + inclusion.transaction.hex(), int(inclusion.succeeded),
            inclusion.gas_used, inclusion.fee, inclusion.block, created,
        )  # fmt: skip
