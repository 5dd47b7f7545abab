"""Files that are whole or absent: written beside their place, flushed to the disk, then renamed.

A crash at any instant leaves the old file, the new one, or a `*.part` file that nobody reads. And locks,
for what only one process at a time may work on.
"""

import fcntl
import os
import secrets
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from xmbl.errors import Busy

PART_SUFFIX = ".part"
"""How the name of an unfinished file ends; such a file can be deleted at any start."""

_LOOKS, _LOOK_SECONDS = 5, 0.05


class PartFile:
    """A file being written; it appears under its name only by `commit`, and not at all otherwise."""

    def __init__(self, path: Path, mode: int = 0o666) -> None:
        self._path = path
        self._part = path.with_name(f".{path.name}.{secrets.token_hex(8)}{PART_SUFFIX}")
        self._descriptor: int | None = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)

    def write(self, data: bytes) -> None:
        """Append; `OSError` when the disk is full or broken."""
        view, descriptor = memoryview(data), self._opened()
        while view:
            view = view[os.write(descriptor, view) :]

    def commit(self, *, replace: bool = True) -> None:
        """Give the file its name, on the disk; `FileExistsError` if it is taken and not to be replaced."""
        os.fsync(self._opened())
        self._close()
        if replace:
            self._part.replace(self._path)
        else:
            self._path.hardlink_to(self._part)
            self._part.unlink()
        sync_folder(self._path.parent)

    def abort(self) -> None:
        """Leave nothing behind; does nothing after a commit."""
        self._close()
        self._part.unlink(missing_ok=True)

    def _opened(self) -> int:
        if self._descriptor is None:
            raise ValueError(f"{self._path} was committed or aborted")
        return self._descriptor

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abort()


def write_whole(path: Path, pieces: Iterable[bytes], *, mode: int = 0o666, replace: bool = True) -> None:
    """Write a file in one step: readers see all of it or what was there before."""
    with PartFile(path, mode) as part:
        for piece in pieces:
            part.write(piece)
        part.commit(replace=replace)


class Lock:
    """The file `path`, held by one process at a time until it is released; the system releases it when the
    process ends, however it ends. `Busy` with the sentence `taken` where another holds it."""

    def __init__(self, path: Path, taken: str) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        # `is_locked` holds it for an instant
        for _ in range(_LOOKS):
            if _flocked(self._descriptor, fcntl.LOCK_EX):
                return
            time.sleep(_LOOK_SECONDS)
        self.release()
        raise Busy(taken)

    def release(self) -> None:
        """Let others have it; the file stays, since a lock file that is deleted is two locks for a moment."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_locked(path: Path) -> bool:
    """Whether a process holds the `Lock` of this file."""
    try:
        with path.open("rb") as file:
            return not _flocked(file.fileno(), fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def _flocked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Make renames and deletions in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
