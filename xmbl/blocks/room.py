"""The room of a store: what is stored, what is promised, and what the disk still holds, in bytes."""

import threading
from collections.abc import Callable

from xmbl.errors import DiskFull, UsageError
from xmbl.units import format_size


class Room:
    """Counts bytes against a quota and against a disk; safe to use from several threads.

    Promised bytes count in full until they are kept or dropped. Those of them that have landed are already
    missing from the disk's free space, so there they count only once.
    """

    def __init__(self, quota: int, margin: int, disk_free: Callable[[], int]) -> None:
        self._quota, self._margin, self._disk_free = quota, margin, disk_free
        self._lock = threading.Lock()
        self._stored = self._promised = self._landed = 0

    def used(self) -> int:
        """Bytes stored and promised."""
        with self._lock:
            return self._stored + self._promised

    def free(self) -> int:
        """Bytes that `promise` would still grant."""
        with self._lock:
            return max(0, min(self._quota_left(), self._disk_left()))

    def promise(self, size: int) -> None:
        """Set bytes aside; `DiskFull` says what is missing."""
        if size < 0:
            raise UsageError(f"Nothing has {size} bytes; give a size from 0 up.")
        with self._lock:
            if size > self._quota_left():
                raise DiskFull(self._complaint("quota", self._quota_left(), size, "raise the quota"))
            if size > self._disk_left():
                raise DiskFull(self._complaint("disk", self._disk_left(), size, "free some of the disk"))
            self._promised += size

    def land(self, count: int) -> None:
        """Promised bytes were written to the disk."""
        with self._lock:
            self._landed += count

    def keep(self, size: int, landed: int) -> None:
        """Promised bytes, of which so many landed here, became a stored file."""
        with self._lock:
            self._promised -= size
            self._landed -= landed
            self._stored += size

    def drop(self, size: int, landed: int) -> None:
        """Promised bytes won't come; those that landed were deleted."""
        with self._lock:
            self._promised -= size
            self._landed -= landed

    def add(self, size: int) -> None:
        """A stored file was found (or, with a negative size, was deleted)."""
        with self._lock:
            self._stored += size

    def _quota_left(self) -> int:
        return self._quota - self._stored - self._promised

    def _disk_left(self) -> int:
        return self._disk_free() - self._margin - (self._promised - self._landed)

    def _complaint(self, what: str, left: int, size: int, remedy: str) -> str:
        asked, room = format_size(size), format_size(max(0, left))
        return f"The {what} has room for {room}, not for {asked}; {remedy} or wait until deals end."
