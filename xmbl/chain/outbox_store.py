"""The outbox's file: every transaction of one account on one chain, signed before it is sent."""

from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from xmbl.chain.call import Call
from xmbl.chain.client import Inclusion
from xmbl.chain.fees import Fees
from xmbl.errors import ConfigError, UsageError
from xmbl.memory import Memory

_SCHEMA = """
CREATE TABLE IF NOT EXISTS owner (account TEXT, chain_id INTEGER, genesis BLOB);
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT PRIMARY KEY, nonce INTEGER NOT NULL UNIQUE, gas INTEGER NOT NULL,
    target TEXT, data BLOB NOT NULL, value TEXT NOT NULL, action TEXT NOT NULL, sentence TEXT NOT NULL,
    mined BLOB, block INTEGER, block_hash BLOB, succeeded INTEGER, gas_used INTEGER, fee TEXT,
    final INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS attempts (
    hash BLOB PRIMARY KEY, nonce INTEGER NOT NULL, raw BLOB NOT NULL,
    max_fee TEXT NOT NULL, tip TEXT NOT NULL, block INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_by_nonce ON attempts (nonce);
CREATE INDEX IF NOT EXISTS unfinished ON jobs (nonce) WHERE final = 0;
"""

_COLUMNS = (
    "key, nonce, gas, target, data, action, sentence, value,"
    " mined, block, block_hash, succeeded, gas_used, fee, final"
)


@dataclass(frozen=True)
class Owner:
    """Whose transactions a file holds; the genesis hash tells one throw-away chain from the next."""

    account: str
    chain_id: int
    genesis: bytes


@dataclass(frozen=True)
class Attempt:
    """One signed transaction for a nonce; `block` is the newest when it was signed."""

    hash: bytes
    raw: bytes
    fees: Fees
    block: int


@dataclass(frozen=True)
class Job:
    """One wanted transaction.

    `inclusion` once a block holds one of its attempts; `final` once no reorg is expected to take it back.
    """

    key: str
    nonce: int
    gas: int
    call: Call
    inclusion: Inclusion | None
    final: bool


Signer = Callable[[int], Attempt]
"""Signs for a nonce."""


class Store(Memory):
    """The memory in `path`; `ConfigError` if it is another owner's."""

    def __init__(self, path: Path, owner: Owner) -> None:
        super().__init__(path, _SCHEMA)
        self._claim(owner, path)

    def job(self, key: str) -> Job | None:
        """The job of that key."""
        return next(iter(self._jobs("WHERE key = ?", key)), None)

    def unfinished(self) -> list[Job]:
        """The jobs that are still watched, by nonce."""
        return self._jobs("WHERE final = 0 ORDER BY nonce")

    def mined(self) -> list[Job]:
        """The jobs that a block holds, by nonce."""
        return self._jobs("WHERE mined IS NOT NULL ORDER BY nonce")

    def attempts(self, nonce: int) -> list[Attempt]:
        """All that was signed for a nonce, oldest first."""
        rows = self._run(
            "SELECT hash, raw, max_fee, tip, block FROM attempts WHERE nonce = ? ORDER BY rowid", (nonce,)
        )
        return [Attempt(row[0], row[1], Fees(int(row[2]), int(row[3])), row[4]) for row in rows]

    def add(self, call: Call, key: str, gas: int, lowest: int, sign: Signer) -> Job:
        """Give `call` the next nonce from `lowest` on and keep its signed transaction, in one commit.

        Where another thread or process was first with this key, its job is returned instead.
        """
        with self.atomically():
            if existing := self.job(key):
                return existing
            job = Job(key, self._next_nonce(lowest), gas, call, None, False)
            self._insert(job, sign)
        return job

    def fill(self, call: Call, key: str, gas: int, nonce: int, sign: Signer) -> None:
        """Give `call` just this nonce, which no job has, unless somebody did already."""
        with self.atomically():
            if not self.has(nonce):
                self._insert(Job(key, nonce, gas, call, None, False), sign)

    def has(self, nonce: int) -> bool:
        """Whether a job has this nonce."""
        return bool(self._jobs("WHERE nonce = ?", nonce))

    def add_attempt(self, nonce: int, attempt: Attempt) -> None:
        """Keep a replacement."""
        self._keep(nonce, attempt)

    def move(self, job: Job, lowest: int, sign: Signer) -> None:
        """Give a job whose nonce a stranger used another one, unless somebody did already."""
        with self.atomically():
            if self._jobs("WHERE key = ? AND nonce = ?", job.key, job.nonce):
                nonce = self._next_nonce(lowest)
                self._run("UPDATE jobs SET nonce = ? WHERE key = ?", (nonce, job.key))
                self._keep(nonce, sign(nonce))

    def record(self, nonce: int, inclusion: Inclusion | None, final: bool) -> None:
        """Remember where a job was mined; None: a reorg took it back."""
        place = (
            (inclusion.transaction, inclusion.block, inclusion.block_hash, inclusion.succeeded,
             inclusion.gas_used, str(inclusion.fee))
            if inclusion else (None,) * 6
        )  # fmt: skip
        self._run(
            "UPDATE jobs SET mined = ?, block = ?, block_hash = ?, succeeded = ?, gas_used = ?, fee = ?,"
            " final = ? WHERE nonce = ?",
            (*place, final, nonce),
        )

    def _insert(self, job: Job, sign: Signer) -> None:
        call = job.call
        self._run(
            "INSERT INTO jobs (key, nonce, gas, target, data, value, action, sentence)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (job.key, job.nonce, job.gas, call.to, call.data, str(call.value), call.action, call.sentence),
        )
        self._keep(job.nonce, sign(job.nonce))

    def _claim(self, owner: Owner, path: Path) -> None:
        with self.atomically():
            rows = self._run("SELECT account, chain_id, genesis FROM owner")
            if not rows:
                self._run("INSERT INTO owner VALUES (?, ?, ?)", astuple(owner))
        found = Owner(*rows[0]) if rows else owner
        if found == owner:
            return
        if (found.account, found.chain_id) == (owner.account, owner.chain_id):
            raise ConfigError(
                f"{path} belongs to an earlier chain of the same id; move it away and try again."
            )
        raise ConfigError(
            f"{path} is the outbox of {found.account} on chain {found.chain_id}; give each its own file."
        )

    def _next_nonce(self, lowest: int) -> int:
        ((highest,),) = self._run("SELECT max(nonce) FROM attempts")
        return lowest if highest is None else max(lowest, highest + 1)

    def _keep(self, nonce: int, attempt: Attempt) -> None:
        fees = attempt.fees
        self._run(
            "INSERT OR IGNORE INTO attempts VALUES (?, ?, ?, ?, ?, ?)",
            (attempt.hash, nonce, attempt.raw, str(fees.max_fee), str(fees.tip), attempt.block),
        )

    def _jobs(self, which: str, *values: object) -> list[Job]:
        rows = self._run(f"SELECT {_COLUMNS} FROM jobs {which}", values)  # noqa: S608 - `which` is ours
        return [_job(row) for row in rows]


def require_same(job: Job, call: Call) -> None:
    """`UsageError` when a key comes back with another call: it must never stand for two things."""
    if (job.call.to, job.call.data, job.call.value) != (call.to, call.data, call.value):
        raise UsageError(f"The key {job.key!r} already stands for: {job.call.sentence} Use a new key.")


def _job(row: tuple[Any, ...]) -> Job:
    key, nonce, gas, target, data, action, sentence, value, *place, final = row
    mined, block, block_hash, succeeded, gas_used, fee = place
    inclusion = None
    if mined is not None:
        inclusion = Inclusion(mined, block, block_hash, bool(succeeded), gas_used, int(fee))
    return Job(key, nonce, gas, Call(target, data, action, sentence, int(value)), inclusion, bool(final))
