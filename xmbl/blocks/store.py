"""The filesystem store: whole files under hexadecimal names, within a quota and never on a full disk.

One process owns a store while it is open. What it takes is written beside its place and appears under its
name when every byte is on the disk; a crash leaves a partial file, which the next start sweeps away. Room is
reserved before anything is promised to anyone. A name never becomes a path: it is hexadecimal or refused.
"""

import errno
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from xmbl.blocks.room import Room
from xmbl.errors import Corrupt, DiskFull, NotStored, UsageError
from xmbl.files import PART_SUFFIX, Lock, PartFile, sync_folder

MARGIN = 2**29
"""Bytes that a store leaves free on the disk, whatever its quota: journals and others need room too."""

_LOCK = ".lock"
_NAME = re.compile(r"[0-9a-f]{2,128}")
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def disk_free(folder: Path) -> int:
    """Bytes that this user may still write on the folder's disk."""
    return shutil.disk_usage(folder).free


class FileStore:
    """Stored files and the room that is left for more; safe to use from several threads."""

    def __init__(
        self,
        root: Path,
        quota: int,
        *,
        margin: int = MARGIN,
        free_space: Callable[[Path], int] = disk_free,
    ) -> None:
        """Open or create the folder `root` for `quota` bytes, and sweep what an earlier run left behind.

        `Busy` while another has it open: its unfinished files would be swept.
        """
        taken = f"Another process keeps bytes in {root}; stop it, or give this one a folder of its own."
        self._lock = Lock(root / _LOCK, taken)
        self._root = root
        self._room = Room(quota, margin, partial(free_space, root))
        self._renaming = threading.Lock()
        self.sweep()
        self._room.add(sum(self.size(name) for name in self.names()))

    def close(self) -> None:
        """Let another process have the folder; the store isn't used any more."""
        self._lock.release()

    def reserve(self, size: int) -> "Reservation":
        """Room for one file of `size` bytes; `DiskFull` says what is missing."""
        return Reservation(self, self._room, size)

    def writer(self, name: str, size: int) -> "Writer":
        """Reserve the room and start a file of exactly `size` bytes."""
        with self.reserve(size) as reservation:
            return reservation.writer(name)

    def path(self, name: str) -> Path:
        """Where a stored file lies, to be read only; `NotStored` if it isn't here."""
        if not (path := self._place(name)).is_file():
            raise _not_stored(name)
        return path

    def reader(self, name: str) -> BinaryIO:
        """The file, opened for reading; `NotStored` if it isn't here. Close it."""
        try:
            return self._place(name).open("rb", buffering=0)
        except FileNotFoundError:
            raise _not_stored(name) from None

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset`; `Corrupt` if the file doesn't reach so far."""
        with self.reader(name) as file:
            file.seek(offset)
            data = file.read(length)
        if len(data) != length:
            raise Corrupt(
                f"{name} doesn't have {length} bytes at {offset}; restore it or ask within its size."
            )
        return data

    def size(self, name: str) -> int:
        """Bytes of a stored file; `NotStored` if it isn't here."""
        try:
            return self._place(name).stat().st_size
        except FileNotFoundError:
            raise _not_stored(name) from None

    def names(self) -> list[str]:
        """What is stored, in order."""
        return sorted(path.name for path in self._root.iterdir() if _NAME.fullmatch(path.name))

    def delete(self, name: str) -> None:
        """Forget a file; does nothing if it isn't here, so that it can be said twice."""
        with self._renaming:
            path = self._place(name)
            size = path.stat().st_size if path.is_file() else 0
            path.unlink(missing_ok=True)
            self._room.add(-size)
        sync_folder(self._root)

    def rename(self, name: str, new: str) -> None:
        """Give a stored file another name, as when its hash is known; a file of that name is replaced."""
        with self._renaming:
            path = self._place(new)
            replaced = path.stat().st_size if path.is_file() else 0
            self.path(name).replace(path)
            self._room.add(-replaced)
        sync_folder(self._root)

    def used(self) -> int:
        """Bytes stored and reserved."""
        return self._room.used()

    def free(self) -> int:
        """Bytes that `reserve` would still grant."""
        return self._room.free()

    def sweep(self) -> int:
        """Delete partial files, when nothing is being written; tells how many there were."""
        parts = list(self._root.glob(f".*{PART_SUFFIX}"))
        for part in parts:
            part.unlink(missing_ok=True)
        return len(parts)

    def _place(self, name: str) -> Path:
        """Where a file of that name belongs; `UsageError` unless the name is lower-case hexadecimal."""
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is not the name of a stored file; give 2 to 128 hexadecimal digits.")
        return self._root / name

    def _finish(self, name: str, part: PartFile) -> None:
        """Give a written file its name; one of that name before is replaced and no longer counted."""
        with self._renaming:
            path = self._place(name)
            replaced = path.stat().st_size if path.is_file() else 0
            part.commit()
            self._room.add(-replaced)


class Reservation:
    """Room that is set aside until it is written to or released; as a context, until the block ends."""

    def __init__(self, store: FileStore, room: Room, size: int) -> None:
        room.promise(size)
        self._store, self._room, self._size = store, room, size
        self._open = True

    def writer(self, name: str) -> "Writer":
        """Start the file that the room is for; the room is now the writer's."""
        if not self._open:
            raise UsageError("This reservation was used or released; make another.")
        writer = Writer(self._store, self._room, name, self._size)
        self._open = False
        return writer

    def release(self) -> None:
        """Give the room back, unless a writer has it."""
        if self._open:
            self._room.drop(self._size, 0)
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Writer:
    """A file being stored; as a context, it is aborted at the block's end unless it was committed."""

    def __init__(self, store: FileStore, room: Room, name: str, size: int) -> None:
        self._store, self._room, self._name, self._size = store, room, name, size
        self._part = PartFile(store._place(name), mode=0o600)
        self._landed = 0
        self._open = True

    def write(self, chunk: bytes) -> None:
        """Append; `Corrupt` beyond the declared size, `DiskFull` if the disk filled up after all."""
        if self._landed + len(chunk) > self._size:
            raise Corrupt(f"More came than the {self._size} bytes declared; refuse the sender.")
        try:
            with _full_disk():
                self._part.write(chunk)
        except BaseException:
            self.abort()  # nobody knows how much of the chunk landed
            raise
        self._landed += len(chunk)
        self._room.land(len(chunk))

    def commit(self) -> None:
        """Store the file, flushed to the disk; `Corrupt` if bytes are missing."""
        if self._landed != self._size:
            raise Corrupt(f"{self._landed} bytes came of the {self._size} declared; ask the sender again.")
        with _full_disk():
            self._store._finish(self._name, self._part)
        self._open = False
        self._room.keep(self._size, self._landed)

    def abort(self) -> None:
        """Leave nothing behind and give the room back; does nothing after a commit."""
        if self._open:
            self._part.abort()
            self._room.drop(self._size, self._landed)
        self._open = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


@contextmanager
def _full_disk() -> Iterator[None]:
    """Turns the operating system's word for a full disk into ours."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull("The disk is full; free some of it, or lower the store's quota.") from error
        raise


def _not_stored(name: str) -> NotStored:
    return NotStored(f"{name} isn't stored here; fetch it from another holder.")
