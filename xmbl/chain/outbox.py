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
from pathlib import Path
from typing import TYPE_CHECKING

from xmbl.chain.call import Call, created_address
from xmbl.chain.client import Chain, Inclusion
from xmbl.chain.outbox_store import Attempt, Job, Owner, Store, require_same
from xmbl.chain.outbox_watcher import Habits, Point, Watcher
from xmbl.chain.reverts import reverted
from xmbl.chain.signing import Pen
from xmbl.errors import ChainError, FeeCeiling, InsufficientFunds, NotMined, Reverted
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

__all__ = ["Habits", "Outbox", "Point", "Receipt", "outbox_path", "owned_name"]

_FIRST_PAUSE = 0.05  # seconds; each further one is longer, so blocks are asked for as often as they come
_GAS_MARGIN = 125  # per cent of the estimate: the state may change until the block


def owned_name(chain: Chain, account: str) -> str:
    """What an account's memory and bytes are named: one a chain, and a restarted devnet is another chain."""
    return f"{chain.chain_id}-{chain.header(0).hash.hex()[:8]}-{account.lower()}"


def outbox_path(folder: Path, chain: Chain, account: str) -> Path:
    """Where an account's outbox rests."""
    return folder / f"{owned_name(chain, account)}.sqlite"


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


class Outbox:
    """All transactions of one account on one chain, kept in the file `path`. Thread-safe, and safe beside
    other processes on the same file."""

    def __init__(
        self,
        path: Path,
        chain: Chain,
        account: "LocalAccount",
        habits: Habits = Habits(),  # noqa: B008 - frozen
        reached: Callable[[Point], None] = lambda _: None,
    ) -> None:
        self.account = account.address
        self._chain = chain
        self._habits = habits
        self._reached = reached
        self._stepping = threading.Lock()
        self._seen_head = b""
        self._store = Store(path, Owner(account.address, chain.chain_id, chain.header(0).hash))
        self._pen = Pen(chain, account, habits.ceiling)
        self._watcher = Watcher(chain, self._store, self._pen, habits, reached)

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
        fees = self._pen.fees(head)
        self._require_balance(owned, call.value + gas * fees.max_fee, call)
        self._reached(Point.CHECKED)
        lowest = self._chain.nonce(self.account, "pending")
        job = self._store.add(call, key, gas, lowest, self._pen.sign(call, gas, fees, head.number))
        require_same(job, call)
        self._reached(Point.STORED)
        self._watcher.broadcast(self._store.attempts(job.nonce)[-1])
        self._reached(Point.SENT)

    def wait(self, key: str, patience: float | None = None) -> Receipt:
        """The receipt, once a block holds the transaction.

        `Reverted` where it failed on chain, `NotMined` after `patience` seconds (it stays in the outbox),
        `KeyError` for a key that was never submitted.
        """
        deadline = time.monotonic() + (self._habits.patience if patience is None else patience)
        pause = min(_FIRST_PAUSE, self._habits.poll)
        while True:
            self.step()
            job = self._job(key)
            if job.inclusion:
                return self._result(job, job.inclusion)
            if time.monotonic() > deadline:
                raise NotMined(self._still_pending(job))
            time.sleep(pause)
            pause = min(pause * 1.5, self._habits.poll)

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
                    self._watcher.look(job, head)
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

    def _still_pending(self, job: Job) -> str:
        said = "".join(f" {each}" for each in self._watcher.refusals(job))
        return f"Still pending: {job.call.sentence}{said} It stays in the outbox and is finished later."

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
