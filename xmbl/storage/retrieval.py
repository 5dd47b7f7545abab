"""Brings a stored file back from whoever answers, chunk by chunk, and resumes where it stopped.

Every chunk is authenticated as it arrives; where an operator fails or sends a wrong one, the next replica
goes on at that chunk. The file appears under its name only when all of it is there and its hash is right.
"""

import hashlib
import os
import shutil
from contextlib import aclosing
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import trio

from xmbl.crypto.envelope import CHUNK_PLAIN, chunk_count
from xmbl.errors import BytesError, ChainError, Corrupt, Crowded, NetworkError, NotStored, UsageError
from xmbl.files import sync_folder
from xmbl.storage import quotes, sources
from xmbl.storage.client_events import Downloading, OperatorPassed
from xmbl.storage.manifest import Manifest, Part, Replica
from xmbl.storage.transfer import Sealed, fetch
from xmbl.storage.wallet import Wallet

PAUSE = 2.0
"""Seconds before who was crowded is asked a second time, after all others: strangers take and lose seats."""

_READ = 2**20


class Retrieval:
    """One manifest's bytes on their way back."""

    def __init__(self, wallet: Wallet, manifest: Manifest) -> None:
        self._wallet = wallet
        self._manifest = manifest

    async def to(self, target: Path) -> None:
        """The file or folder at `target`, which mustn't be there yet; `NotStored` says why nobody gave it."""
        require_place(target)
        part = target.parent / f".{target.name}.{self._manifest.tag()}.part"
        await self.plain(part)
        await trio.to_thread.run_sync(self._appear, part, target)

    async def plain(self, path: Path) -> None:
        """All plain bytes in `path`, after what an earlier run left there; checked against their hashes."""
        path.touch(0o600)
        with path.open("r+b", buffering=0) as file:
            for part in self._manifest.parts:
                await self._part(file, part)
            await trio.to_thread.run_sync(self._flush, file)
        await trio.to_thread.run_sync(self._check, path)

    async def _part(self, file: BinaryIO, part: Part) -> None:
        if file.seek(0, os.SEEK_END) >= part.offset + part.size:
            return
        at = _resumed(file, part)
        reasons: dict[str, Exception] = {}
        crowded: list[Replica] = []
        for replica in chain(self._manifest.holders(part.index), crowded):
            if replica in crowded:
                await trio.sleep(PAUSE)
            at = await self._from(file, part, replica, at, reasons)
            if at == chunk_count(part.size):
                return
            if isinstance(reasons[replica.operator], Crowded) and replica not in crowded:
                crowded.append(replica)
        told = " ".join(f"{operator}: {reason}" for operator, reason in reasons.items())
        raise NotStored(f"Nobody gives {self._manifest.name} back at present. {told or 'Nobody holds it.'}")

    async def _from(
        self, file: BinaryIO, part: Part, replica: Replica, at: int, reasons: dict[str, Exception]
    ) -> int:
        """Write what this replica's operator gives from chunk `at` on; the chunk to go on with."""
        sealed = Sealed(replica.promised(), part, self._manifest.replica_key(replica))
        try:
            peer = await trio.to_thread.run_sync(quotes.find, self._wallet.market, replica.operator)
            async with aclosing(fetch(self._wallet, peer, sealed, at)) as chunks:
                async for plain in chunks:
                    await trio.to_thread.run_sync(file.write, plain)
                    at += 1
                    self._tell(replica, part.offset + min(at * CHUNK_PLAIN, part.size))
        except (NetworkError, BytesError, ChainError) as error:
            reasons[replica.operator] = error
            self._wallet.emit(OperatorPassed(replica.operator, str(error)))
        return at

    def _tell(self, replica: Replica, done: int) -> None:
        manifest = self._manifest
        self._wallet.emit(Downloading(replica.operator, manifest.name, done, manifest.size))

    def _flush(self, file: BinaryIO) -> None:
        file.truncate(self._manifest.size)
        os.fsync(file.fileno())

    def _check(self, path: Path) -> None:
        with path.open("rb", buffering=0) as file:
            for part in self._manifest.parts:
                if _sha256(file, part) != part.sha256:
                    path.unlink()
                    raise Corrupt(
                        f"{self._manifest.name} came back with another hash; try again, and if that doesn't"
                        " help it was stored while it changed."
                    )

    def _appear(self, part: Path, target: Path) -> None:
        if not self._manifest.folder:
            part.replace(target)
        else:
            unpacked = part.with_suffix(".folder")
            shutil.rmtree(unpacked, ignore_errors=True)
            sources.unpack(part, unpacked)
            unpacked.replace(target)
            part.unlink()
        sync_folder(target.parent)


def require_place(target: Path) -> None:
    """`UsageError` where nothing can be brought back to: something is there, or its folder isn't."""
    if target.exists():
        raise UsageError(f"{target} exists already; give another place.")
    if not target.parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}; make it first or give another place.")


def _resumed(file: BinaryIO, part: Part) -> int:
    """The chunk to go on with: whole ones that are there are kept."""
    at = (file.seek(0, os.SEEK_END) - part.offset) // CHUNK_PLAIN
    file.truncate(part.offset + at * CHUNK_PLAIN)
    file.seek(part.offset + at * CHUNK_PLAIN)
    return at


def _sha256(file: BinaryIO, part: Part) -> str:
    seen = hashlib.sha256()
    for at in range(0, part.size, _READ):
        seen.update(file.read(min(_READ, part.size - at)))
    return seen.hexdigest()
