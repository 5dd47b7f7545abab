"""The bytes that an operator keeps: whole files named by their proof root, with tree and CID beside each.

A file is under its root only when all of it is on the disk and its tree too, so whatever `roots` lists
can be proven.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from xmbl.blocks.store import FileStore, Writer
from xmbl.crypto.ingest import Ingested, Landing
from xmbl.crypto.merkle import ProofTree
from xmbl.errors import BytesError, Corrupt
from xmbl.files import write_whole

_TREE_SUFFIX = ".tree"
_CID_SUFFIX = ".cid"


class Holdings:
    """Roots and their bytes; safe to use from several threads. Who decides what is kept holds `deciding`."""

    def __init__(self, store: FileStore, trees: Path) -> None:
        trees.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = store
        self._trees = trees
        self._naming = threading.Lock()
        self.deciding = threading.RLock()

    def close(self) -> None:
        """Let another process have the bytes."""
        self._store.close()

    def free(self) -> int:
        """Bytes that can still be promised."""
        return self._store.free()

    def used(self) -> int:
        """Bytes stored and promised."""
        return self._store.used()

    def receive(self, size: int) -> "Arrival":
        """Set room aside and take exactly `size` bytes; `DiskFull` if there is none."""
        name = secrets.token_hex(16)
        return Arrival(self, name, self._store.writer(name, size))

    def roots(self) -> list[bytes]:
        """What is held, and whatever else lies in the store after a crash."""
        return [bytes.fromhex(name) for name in self._store.names()]

    def has(self, root: bytes) -> bool:
        """Whether the bytes of `root` are here."""
        try:
            return self.size(root) > 0
        except BytesError:
            return False

    def size(self, root: bytes) -> int:
        """How many bytes `root` has; `NotStored` if they aren't here, `Corrupt` if nobody can tell."""
        with _readable(root):
            return self._store.size(root.hex())

    def cid(self, root: bytes) -> str:
        """The CID under which IPFS nodes know the bytes; empty if they aren't here."""
        path = self._beside(root, _CID_SUFFIX)
        return path.read_text(encoding="ascii") if path.is_file() else ""

    def read(self, root: bytes, offset: int, length: int) -> bytes:
        """A range of the bytes; `NotStored`, or `Corrupt` beyond the end or on a broken disk."""
        with _readable(root):
            return self._store.read(root.hex(), offset, length)

    def leaf(self, root: bytes, index: int) -> tuple[bytes, list[bytes]]:
        """A leaf and its path, verified; `NotStored` or `Corrupt` if that can't be."""
        with _readable(root), self._store.reader(root.hex()) as file:

            def read(offset: int, length: int) -> bytes:
                file.seek(offset)
                return file.read(length)

            return ProofTree.load(self._tree(root)).path(index, read)

    def drop(self, root: bytes) -> None:
        """Forget the bytes; does nothing if they aren't here."""
        with self._naming:
            self._store.delete(root.hex())
            for suffix in (_TREE_SUFFIX, _CID_SUFFIX):
                self._beside(root, suffix).unlink(missing_ok=True)

    def adopt(self, name: str, landed: Ingested) -> None:
        """Give bytes that have arrived as `name` the name of their root.

        The longer ones stay where both have the same root: without zeros at their end, bytes have the same.
        """
        with self._naming:
            if self.has(landed.root) and self.size(landed.root) > landed.size:
                self._store.delete(name)
                return
            # the tree first: a file under its root can be proven
            landed.tree.dump(self._tree(landed.root))
            write_whole(self._beside(landed.root, _CID_SUFFIX), [landed.cid.encode("ascii")])
            self._store.rename(name, landed.root.hex())

    def _tree(self, root: bytes) -> Path:
        return self._beside(root, _TREE_SUFFIX)

    def _beside(self, root: bytes, suffix: str) -> Path:
        return self._trees / f"{root.hex()}{suffix}"


@contextmanager
def _readable(root: bytes) -> Iterator[None]:
    """Turns what the operating system says of a broken disk or a strange file into `Corrupt`."""
    try:
        yield
    except OSError as error:
        raise Corrupt(f"{root.hex()} can't be read: {error.strerror}; look at the disk.") from error


class Arrival:
    """Bytes on their way in, hashed as they land; gone at the block's end unless they were kept."""

    def __init__(self, holdings: Holdings, name: str, writer: Writer) -> None:
        self._holdings, self._name, self._writer = holdings, name, writer
        self._landing = Landing()

    def write(self, data: bytes) -> None:
        """Append; `Corrupt` beyond the declared size, `DiskFull` if the disk fills up after all."""
        self._writer.write(data)
        self._landing.update(data)

    def keep(self) -> Ingested:
        """All bytes came: on the disk, under their root, which is returned with their CID."""
        landed = self._landing.finish()
        self._writer.commit()
        self._holdings.adopt(self._name, landed)
        return landed

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.abort()
        self._landing.close()
