"""The client's memory of a stored file: keys, replicas, deals. Sealed to the wallet.

Whoever has the manifest and one answering operator has the file; without it the bytes are noise. It is
written before any money moves and after every step, so that an interrupted `put` goes on where it
stopped. Whoever changes it holds its lock from the first look to the last step.
"""

import fcntl
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Any

from xmbl import files
from xmbl.config import checked_name
from xmbl.crypto.envelope import open_secret, replica_key, seal_secret
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import Busy, Corrupt, UsageError

VERSION = 3
_READABLE = (2, VERSION)
_SUFFIX = ".manifest"


class ReplicaState(IntEnum):
    """Planned: no byte has left. Sending: bytes may have left. Signed: an operator holds it and signed the
    deal. Open: the deal is on chain. Lost: another replica stands for it, or none shall."""

    PLANNED = 1
    SENDING = 2
    SIGNED = 3
    OPEN = 4
    LOST = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A run of the plaintext that fits one deal: `size` bytes from `offset` on."""

    index: int
    offset: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Replica:
    """One sealed copy of a part, under the key that `salt` gives; `first` is the deal's first period, `cid`
    the content address of the sealed bytes, `end` what its client extended or `terminated` the deal to (0:
    it is the terms').

    Each time that bytes set out there is a new number, to tell it by, and a new salt.
    """

    number: int
    part: int
    state: ReplicaState = ReplicaState.PLANNED
    deal: Deal | None = None
    signature: bytes = b""
    first: int = 0
    salt: bytes = b""
    cid: str = ""
    end: int = 0
    terminated: bool = False

    @property
    def operator(self) -> str:
        """Who holds it; empty while nobody does."""
        return self.deal.operator if self.deal else ""

    def promised(self) -> Deal:
        """The deal that an operator signed for it; `UsageError` if none did."""
        if self.deal is None:
            raise UsageError(f"Replica {self.number} has no deal yet; resume its file first.")
        return self.deal


@dataclass(frozen=True, slots=True)
class Manifest:
    """A stored file or folder; `market` is the address of its `StorageDeals`, `per_gib` the most that a GiB
    may cost for a period, in wei, `shunned` the operators that vanished or were too slow under an upload."""

    name: str
    chain_id: int
    market: str
    client: str
    key: bytes
    end: int
    per_gib: int
    folder: bool
    source: str
    size: int
    parts: tuple[Part, ...]
    replicas: tuple[Replica, ...]
    shunned: tuple[str, ...] = ()

    def replica(self, number: int) -> Replica:
        """The replica with this number; `UsageError` if there is none."""
        for replica in self.replicas:
            if replica.number == number:
                return replica
        raise UsageError(f"{self.name} has no replica {number}; `xmbl deal show {self.name}` lists them.")

    def with_replica(self, changed: Replica) -> "Manifest":
        """The same with one replica changed, or added where its number is new."""
        others = [replica for replica in self.replicas if replica.number != changed.number]
        return replace(self, replicas=tuple(sorted([*others, changed], key=lambda one: one.number)))

    def without(self, number: int) -> "Manifest":
        """The same without a replica of which no byte ever left."""
        return replace(self, replicas=tuple(one for one in self.replicas if one.number != number))

    def shunning(self, operator: str) -> "Manifest":
        """The same, with that operator chosen last from now on."""
        return replace(self, shunned=tuple(sorted({*self.shunned, operator})))

    def replica_key(self, replica: Replica) -> bytes:
        """What seals that replica."""
        return replica_key(self.key, replica.part, replica.salt)

    def tag(self) -> str:
        """What names this file in the outbox; it says nothing about the key."""
        return hashlib.sha256(b"xmbl tag" + self.key).hexdigest()[:16]

    def next_number(self) -> int:
        """The number for another replica: above all that ever were."""
        return max((replica.number for replica in self.replicas), default=-1) + 1

    def standing(self) -> list[Replica]:
        """The replicas that no other one stands for."""
        return [replica for replica in self.replicas if replica.state != ReplicaState.LOST]

    def require_of(self, client: str) -> None:
        """`UsageError` unless its deals are that client's: whom a file was shared with can only read it."""
        if self.client != client:
            raise UsageError(
                f"{self.name} was shared by {self.client}, who alone can act on its deals; ask them."
            )

    def holders(self, part: int) -> list[Replica]:
        """The replicas of a part whose bytes some operator has got, those that stand first."""
        held = [one for one in self.replicas if one.part == part and one.deal]
        return sorted(held, key=lambda one: (one.state == ReplicaState.LOST, one.number))

    def complete(self) -> bool:
        """Whether every replica that stands has an open deal."""
        return all(replica.state == ReplicaState.OPEN for replica in self.standing())


def encode(manifest: Manifest) -> bytes:
    """The manifest as plain bytes, to be sealed."""
    return json.dumps({"version": VERSION, **asdict(manifest)}, default=_hex).encode()


def decode(plain: bytes) -> Manifest:
    """The manifest that `encode` wrote; `Corrupt` if another version of XMBL did."""
    document = json.loads(plain)
    if document.pop("version") not in _READABLE:
        raise Corrupt("The manifest was written by another version of XMBL; use that one.")
    return _manifest(document)


def dump(manifest: Manifest, key: bytes) -> bytes:
    """The manifest sealed under `key`."""
    return seal_secret(key, encode(manifest))


def parse(sealed: bytes, key: bytes) -> Manifest:
    """The manifest in sealed bytes; `Corrupt` if they are damaged or sealed to another wallet."""
    try:
        plain = open_secret(key, sealed)
    except Corrupt:
        raise Corrupt("The manifest is damaged or belongs to another wallet; choose that wallet.") from None
    return decode(plain)


def _hex(value: bytes) -> str:
    return value.hex()


def _manifest(document: dict[str, Any]) -> Manifest:
    document["key"] = bytes.fromhex(document["key"])
    document["parts"] = tuple(Part(**part) for part in document["parts"])
    document["replicas"] = tuple(_replica(replica) for replica in document["replicas"])
    document["shunned"] = tuple(document["shunned"])
    return Manifest(**document)


def _replica(document: dict[str, Any]) -> Replica:
    document["state"] = ReplicaState(document["state"])
    document["deal"] = _deal(**document["deal"]) if document["deal"] else None
    for name in ("signature", "salt"):
        document[name] = bytes.fromhex(document[name])
    return Replica(**document)


def _deal(operator: str, root: str, terms: dict[str, Any]) -> Deal:
    return Deal(operator, bytes.fromhex(root), Terms(**terms))


class Manifests:
    """The manifests of one wallet, each a sealed file in `folder`, replaced in one step.

    `key` is `envelope.wallet_key(private key, "manifest")`: the wallet's own backup restores it.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._key = key

    def path(self, name: str) -> Path:
        """Where the manifest of `name` rests."""
        return self._folder / f"{checked_name(name, 'stored file')}{_SUFFIX}"

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(path.name.removesuffix(_SUFFIX) for path in self._folder.glob(f"*{_SUFFIX}"))

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Keep every other process away from `name`; `Busy` while one works on it."""
        # it stays: a lock file that is deleted is two locks for a moment
        with self.path(name).with_suffix(".lock").open("ab") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Busy(f"Another process works on {name!r}; wait until it is done or end it.") from None
            yield

    def load(self, name: str) -> Manifest:
        """The manifest of `name`; `UsageError` if there is none."""
        return parse(self._read(name), self._key)

    def save(self, manifest: Manifest) -> Path:
        """Replace the manifest on disk; when this returns it is there to stay."""
        path = self.path(manifest.name)
        files.write_whole(path, [dump(manifest, self._key)])
        return path

    def backup(self, name: str, target: Path) -> None:
        """Copy the sealed manifest to `target`; it is of use only with this wallet."""
        files.write_whole(target, [self._read(name)])

    def restore(self, source: Path, *, replace: bool = False) -> Manifest:
        """Take a backup in; `UsageError` if something else is known by that name, unless it may be replaced.

        What is known here may be newer: replaced by an older one, it forgets the deals made since. `Busy`
        while another process works on it.
        """
        sealed = source.read_bytes()
        manifest = parse(sealed, self._key)
        path = self.path(manifest.name)
        with self.locked(manifest.name):
            if not replace and path.exists() and self.load(manifest.name) != manifest:
                raise UsageError(
                    f"Another file, or a newer or older state of it, is stored as {manifest.name!r} here;"
                    f" move {path} away first if the backup shall take its place."
                )
            files.write_whole(path, [sealed])
        return manifest

    def _read(self, name: str) -> bytes:
        try:
            return self.path(name).read_bytes()
        except FileNotFoundError:
            raise UsageError(f"Nothing is stored as {name!r}; `xmbl deal list` shows what is.") from None
