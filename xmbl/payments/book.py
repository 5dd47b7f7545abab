"""What an account must not forget of its vouchers: what it promised, and what it was promised.

One SQLite file for an account and a ledger. A promise is on the disk before its signature leaves, a voucher
before what it pays for does, so a kill at any point forgets nothing that anybody else has seen. Amounts are
texts, since wei outgrow the numbers of SQLite.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xmbl.chain.client import Chain
from xmbl.chain.outbox import owned_name
from xmbl.crypto.typed_data import Voucher
from xmbl.memory import Memory
from xmbl.payments.policy import Limits, Spending, require_within
from xmbl.payments.wire import SignedVoucher

_SCHEMA = """
CREATE TABLE IF NOT EXISTS promised (
    payee TEXT NOT NULL, subject BLOB NOT NULL, cumulative TEXT NOT NULL, PRIMARY KEY (payee, subject)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS days (day INTEGER PRIMARY KEY, amount TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS held (
    payer TEXT NOT NULL, payee TEXT NOT NULL, subject BLOB NOT NULL, cumulative TEXT NOT NULL,
    expiry INTEGER NOT NULL, signature BLOB NOT NULL, signer TEXT NOT NULL, redeemed TEXT NOT NULL,
    open INTEGER NOT NULL, PRIMARY KEY (payer, payee, subject)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS held_open ON held (payee, payer) WHERE open;
CREATE TABLE IF NOT EXISTS batches (
    key TEXT NOT NULL, payer TEXT NOT NULL, payee TEXT NOT NULL, subject BLOB NOT NULL,
    cumulative TEXT NOT NULL, expiry INTEGER NOT NULL, signature BLOB NOT NULL,
    PRIMARY KEY (key, payer, subject)
) WITHOUT ROWID;
"""


def book_path(folder: Path, chain: Chain, account: str, ledger: str) -> Path:
    """Where an account's book for one ledger rests, in the folder of state."""
    return folder / "vouchers" / f"{owned_name(chain, account)}-{ledger.lower()}.sqlite"


@dataclass(frozen=True, slots=True)
class Promise:
    """What was promised to `payee` for `subject` in all, in wei."""

    payee: str
    subject: bytes
    cumulative: int


@dataclass(frozen=True, slots=True)
class Held:
    """The best voucher of a payer, payee and subject; `redeemed` is what the chain has paid for it."""

    signed: SignedVoucher
    signer: str
    redeemed: int

    @property
    def owed(self) -> int:
        """Wei that it still comes to."""
        return max(0, self.signed.voucher.cumulative - self.redeemed)


@dataclass(frozen=True, slots=True)
class Batch:
    """Vouchers of one payee that are on their way to the chain under `key`."""

    key: str
    payee: str
    vouchers: tuple[SignedVoucher, ...]


class Book(Memory):
    """The memory in `path`; safe to use from several threads and processes."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SCHEMA)

    # what this account promised

    def promise(self, promise: Promise, limits: Limits, day: int) -> int:
        """Promise as much in all, on the disk when this returns; the wei that weren't promised before.

        `Refused` beyond a limit, and then nothing was promised; `day` counts days, from whenever.
        """
        payee, subject = promise.payee, promise.subject
        with self.atomically():
            more = promise.cumulative - self.promised(payee, subject)
            if more <= 0:
                return 0
            require_within(limits, self.spending(payee, subject, day), more)
            self._promise(promise)
            spent = str(self._spent(day) + more)
            self._run("INSERT OR REPLACE INTO days VALUES (?,?)", (day, spent))
        return more

    def recall(self, promise: Promise) -> None:
        """So much was promised once, as somebody has shown by our own signature."""
        with self.atomically():
            if promise.cumulative > self.promised(promise.payee, promise.subject):
                self._promise(promise)

    def promised(self, payee: str, subject: bytes) -> int:
        """What a payee was promised for a subject in all."""
        query = "SELECT cumulative FROM promised WHERE payee=? AND subject=?"
        return _sum(self._run(query, (payee, subject)))

    def promises(self) -> list[Promise]:
        """All that was ever promised."""
        rows = self._run("SELECT payee, subject, cumulative FROM promised ORDER BY payee, subject")
        return [Promise(payee, subject, int(cumulative)) for payee, subject, cumulative in rows]

    def spending(self, payee: str, subject: bytes, day: int) -> Spending:
        """How much of each limit is used."""
        rows = self._run("SELECT cumulative FROM promised WHERE payee=?", (payee,))
        found = self._run("SELECT cumulative FROM promised WHERE subject=?", (subject,))
        return Spending(_sum(rows), _sum(found), self._spent(day))

    def _promise(self, promise: Promise) -> None:
        row = (promise.payee, promise.subject, str(promise.cumulative))
        self._run("INSERT OR REPLACE INTO promised VALUES (?,?,?)", row)

    def _spent(self, day: int) -> int:
        return _sum(self._run("SELECT amount FROM days WHERE day=?", (day,)))

    # what others promised

    def hold(self, signed: SignedVoucher, signer: str, redeemed: int) -> None:
        """Keep a voucher instead of the one before it."""
        voucher = signed.voucher
        self._run(
            "INSERT OR REPLACE INTO held VALUES (?,?,?,?,?,?,?,?,?)",
            (*_columns(signed), signer, str(redeemed), voucher.cumulative > redeemed),
        )

    def held(self, payer: str, payee: str, subject: bytes) -> Held | None:
        """The best voucher of a payer for a subject."""
        where = "WHERE payer=? AND payee=? AND subject=?"
        return next(self._held(where, (payer, payee, subject)), None)

    def open(self, payer: str = "") -> list[Held]:
        """The vouchers that still come to something, of one payer or of all."""
        return list(self._held("WHERE open AND payer=?", (payer,)) if payer else self._held("WHERE open", ()))

    def all_held(self) -> list[Held]:
        """The best voucher of every payer and subject."""
        return list(self._held("ORDER BY payer, payee, subject", ()))

    def owed(self, payer: str, beside: Voucher | None = None) -> dict[str, int]:
        """By payee, what the payer's vouchers still come to, but for the one that `beside` would replace."""
        found: dict[str, int] = {}
        for held in self.open(payer):
            voucher = held.signed.voucher
            if beside is None or (voucher.payee, voucher.subject) != (beside.payee, beside.subject):
                found[voucher.payee] = found.get(voucher.payee, 0) + held.owed
        return found

    def redeemed(self, voucher: Voucher, amount: int) -> None:
        """The chain has paid so much for the voucher's payer, payee and subject."""
        place = (voucher.payer, voucher.payee, voucher.subject)
        with self.atomically():
            if held := self.held(*place):
                self._run(
                    "UPDATE held SET redeemed=?, open=? WHERE payer=? AND payee=? AND subject=?",
                    (str(amount), held.signed.voucher.cumulative > amount, *place),
                )

    def lapse(self, voucher: Voucher) -> None:
        """The voucher can't be redeemed any more; a later one must still be higher, and brings all of it."""
        query = "UPDATE held SET open=0 WHERE payer=? AND payee=? AND subject=? AND cumulative=?"
        self._run(query, (voucher.payer, voucher.payee, voucher.subject, str(voucher.cumulative)))

    # what is on its way to the chain

    def begin(self, batch: Batch) -> None:
        """Remember what is about to be redeemed, before it is sent."""
        with self.atomically():
            for signed in batch.vouchers:
                row = (batch.key, *_columns(signed))
                self._run("INSERT OR REPLACE INTO batches VALUES (?,?,?,?,?,?,?)", row)

    def batches(self) -> list[Batch]:
        """What was begun and not finished."""
        found: dict[str, list[SignedVoucher]] = {}
        for key, *columns in self._run(f"SELECT key, {_VOUCHER} FROM batches ORDER BY key, payer, subject"):  # noqa: S608
            found.setdefault(key, []).append(_voucher(columns))
        return [Batch(key, some[0].voucher.payee, tuple(some)) for key, some in found.items()]

    def finish(self, batch: Batch) -> None:
        """The batch was mined, or can't be."""
        self._run("DELETE FROM batches WHERE key=?", (batch.key,))

    def _held(self, where: str, values: Sequence[object]) -> Iterator[Held]:
        query = f"SELECT {_VOUCHER}, signer, redeemed FROM held {where}"  # noqa: S608
        for *columns, signer, redeemed in self._run(query, values):
            yield Held(_voucher(columns), signer, int(redeemed))


_VOUCHER = "payer, payee, subject, cumulative, expiry, signature"


def _columns(signed: SignedVoucher) -> tuple[object, ...]:
    voucher = signed.voucher
    cumulative = str(voucher.cumulative)
    return voucher.payer, voucher.payee, voucher.subject, cumulative, voucher.expiry, signed.signature


def _voucher(columns: Sequence[Any]) -> SignedVoucher:
    payer, payee, subject, cumulative, expiry, signature = columns
    return SignedVoucher(Voucher(payer, payee, int(cumulative), subject, expiry), signature)


def _sum(rows: Sequence[tuple[Any, ...]]) -> int:
    return sum(int(amount) for (amount,) in rows)
