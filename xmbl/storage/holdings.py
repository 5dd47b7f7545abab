"""The bytes that an operator keeps: whole files named by their proof root, with the tree beside each.

A file is under its root only when all of it is on the disk and its tree too, so whatever `roots` lists
can be proven.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from xmbl.blocks.store import FileStore, Writer
from xmbl.crypto.merkle import ProofTree, TreeBuilder
from xmbl.errors import BytesError, Corrupt

_TREE_SUFFIX = ".tree"


class Holdings:
    """Roots and their bytes; safe to use from several threads."""

    def __init__(self, store: FileStore, trees: Path) -> None:
        trees.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._store = store
        self._trees = trees

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
        self._store.delete(root.hex())
        self._tree(root).unlink(missing_ok=True)

    def adopt(self, name: str, tree: ProofTree) -> None:
        """Give bytes that have arrived as `name` the name of their root."""
        # the tree first: a file under its root can be proven
        tree.dump(self._tree(tree.root))
        self._store.rename(name, tree.root.hex())

    def _tree(self, root: bytes) -> Path:
        return self._trees / f"{root.hex()}{_TREE_SUFFIX}"


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
        self._tree = TreeBuilder()

    def write(self, data: bytes) -> None:
        """Append; `Corrupt` beyond the declared size, `DiskFull` if the disk fills up after all."""
        self._writer.write(data)
        self._tree.update(data)

    def keep(self) -> bytes:
        """All bytes came: on the disk, under their root, which is returned."""
        tree = self._tree.finish()
        self._writer.commit()
        self._holdings.adopt(self._name, tree)
        return tree.root

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.abort()
