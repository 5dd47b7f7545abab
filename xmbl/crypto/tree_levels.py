"""The levels of a proof tree: the hashing loop, and the joining of subtrees."""

import hashlib
import struct
from collections.abc import Sequence

from xmbl.errors import UsageError

LEAF_BYTES = 256
HASH_BYTES = 32

KEPT_LEVEL = 4
"""The lowest level that is kept; a node of it covers 16 leaves, 4 KiB."""

BATCH_LEVEL = 10
"""The level of the subtrees that a stream is hashed in: 256 KiB, one sealed chunk."""

_LEAF = hashlib.sha256(b"\0")
_NODE = hashlib.sha256(b"\1")


class Levels:
    """Kept levels, bottom up, joined from subtrees of one height, of which only the last may be smaller."""

    def __init__(self, height: int) -> None:
        self._levels = [bytearray() for _ in range(KEPT_LEVEL, height + 1)]

    def add(self, subtree: Sequence[bytes]) -> None:
        """Append a subtree by its kept levels."""
        # a smaller one's root is lonely on the levels above it, where it is promoted unchanged
        for at, level in enumerate(self._levels):
            level.extend(subtree[min(at, len(subtree) - 1)])

    def finish(self) -> list[bytes]:
        """All kept levels up to the root; `UsageError` if nothing was added."""
        if not self._levels[0]:
            raise UsageError("There are no bytes to prove; a tree needs at least one.")
        height = next((at for at, level in enumerate(self._levels) if len(level) == HASH_BYTES), None)
        levels = [bytes(level) for level in self._levels[: None if height is None else height + 1]]
        while len(levels[-1]) > HASH_BYTES:
            levels.append(parents(levels[-1]))
        return levels


def subtree(data: bytes | bytearray | memoryview) -> list[bytes]:
    """The kept levels of one batch of whole leaves."""
    level = leaf_hashes(data)
    levels = []
    for _ in range(BATCH_LEVEL):
        level = parents(level)
        levels.append(level)
    return levels[KEPT_LEVEL - 1 :]


def leaf_hashes(data: bytes | bytearray | memoryview) -> bytes:
    """The lowest level of whole leaves."""
    return _hash_each(_LEAF, data, LEAF_BYTES)


def parents(level: bytes) -> bytes:
    """The level above; a lonely right node is promoted."""
    paired = len(level) - len(level) % (2 * HASH_BYTES)
    return _hash_each(_NODE, level[:paired], 2 * HASH_BYTES) + level[paired:]


def padded(data: bytes) -> bytes:
    """Whole leaves: the last one filled up with zeros."""
    return data + bytes(-len(data) % LEAF_BYTES)


def counts(leaves: int) -> list[int]:
    """How many nodes each kept level of a tree has, bottom up."""
    found = [-(-leaves >> KEPT_LEVEL)]
    while found[-1] > 1:
        found.append(-(-found[-1] >> 1))
    return found


def _hash_each(prefix: "hashlib._Hash", data: bytes | bytearray | memoryview, width: int) -> bytes:
    # All speed hangs on this loop; copying a context that holds the prefix is the fastest way found.
    fresh, digests = prefix.copy, []
    for (part,) in struct.iter_unpack(f"{width}s", data):
        context = fresh()
        context.update(part)
        digests.append(context.digest())
    return b"".join(digests)
