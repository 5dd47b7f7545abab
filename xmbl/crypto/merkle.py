"""Proof trees: RFC 6962 with SHA-256 over leaves of 256 bytes, as `StorageDeals` checks them.

A leaf is hashed behind 0x00, a node behind 0x01, a lonely right node is promoted. The last leaf is
padded with zeros, so a root doesn't fix the size: a deal names its leaves and a manifest its bytes.
Only levels from 4 KiB upward are kept (1.6% of the data); what lies below is recomputed from one
read. Sizes and offsets are in bytes, indices in leaves.
"""

import hashlib
import multiprocessing
import os
import signal
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from xmbl import files
from xmbl.crypto import tree_levels
from xmbl.crypto.tree_levels import BATCH_LEVEL, HASH_BYTES, KEPT_LEVEL, LEAF_BYTES
from xmbl.errors import Corrupt, NotStored, UsageError

MAX_LEAVES = 2**25
"""Leaves of the largest deal, 8 GiB; the contract refuses more."""

BLOCK_BYTES = LEAF_BYTES << KEPT_LEVEL
"""What one kept node of the lowest level covers, and one proof reads."""

_BATCH_BYTES = LEAF_BYTES << BATCH_LEVEL
_SHARE_LEVEL = 18
_SHARE_BYTES = LEAF_BYTES << _SHARE_LEVEL
_PIECE_BYTES = 2**20

_HEADER = struct.Struct(">8sQ")
_MAGIC = b"XMBLtre1"

Reader = Callable[[int, int], bytes]
"""Reads `length` bytes from `offset` of something."""


@dataclass(frozen=True)
class ProofTree:
    """The root of some bytes, and the kept levels, in memory or in a file, that prove their leaves."""

    root: bytes
    size: int
    nodes: Reader = field(compare=False, repr=False)

    @property
    def leaves(self) -> int:
        """How many leaves the bytes make."""
        return leaf_count(self.size)

    def path(self, index: int, read: Reader) -> tuple[bytes, list[bytes]]:
        """The leaf and its siblings bottom up, from one `read` of the data around it.

        Verified before it is returned: `Corrupt` when data and tree don't fit each other.
        """
        if not 0 <= index < self.leaves:
            raise UsageError(f"Leaf {index} is not among {self.leaves} leaves; count from 0.")
        first, within = index - index % 16, index % 16
        offset = first * LEAF_BYTES
        block = tree_levels.padded(read(offset, min(BLOCK_BYTES, self.size - offset)))
        leaf = block[within * LEAF_BYTES : (within + 1) * LEAF_BYTES]
        siblings = [*_lower_siblings(within, block), *self._upper_siblings(index >> KEPT_LEVEL)]
        if not verify(self.root, self.leaves, index, leaf, siblings):
            raise Corrupt(f"Leaf {index} doesn't match its tree; restore the bytes from another replica.")
        return leaf, siblings

    def dump(self, path: Path) -> None:
        """Write the kept levels to a file in one step."""
        kept = self.nodes(0, _kept_bytes(self.leaves))
        files.write_whole(path, [_HEADER.pack(_MAGIC, self.size), kept])

    @classmethod
    def load(cls, path: Path) -> "ProofTree":
        """The tree of a dump, which stays in its file; `NotStored` or `Corrupt` if that isn't one."""
        magic, size = _HEADER.unpack(_read_file(path, 0, _HEADER.size))
        kept = _kept_bytes(leaf_count(size))
        if magic != _MAGIC or not size or path.stat().st_size != _HEADER.size + kept:
            raise Corrupt(f"{path} is not a proof tree; build it again from the bytes.")
        nodes = partial(_read_nodes, path)
        return cls(nodes(kept - HASH_BYTES, HASH_BYTES), size, nodes)

    def _upper_siblings(self, position: int) -> Iterator[bytes]:
        start = 0
        for count in tree_levels.counts(self.leaves):
            if position ^ 1 < count:
                yield self.nodes((start + (position ^ 1)) * HASH_BYTES, HASH_BYTES)
            position, start = position >> 1, start + count


class TreeBuilder:
    """Builds a tree from a stream of any pieces."""

    def __init__(self) -> None:
        self._size = 0
        self._pending = bytearray()
        self._levels = tree_levels.Levels(BATCH_LEVEL)

    def update(self, data: bytes) -> None:
        """Append to the stream; `UsageError` beyond the largest deal."""
        _require_fits(self._size + len(data))
        self._size += len(data)
        view = self._complete_pending(memoryview(data))
        whole = len(view) - len(view) % _BATCH_BYTES
        for offset in range(0, whole, _BATCH_BYTES):
            self._levels.add(tree_levels.subtree(view[offset : offset + _BATCH_BYTES]))
        self._pending += view[whole:]

    def finish(self) -> ProofTree:
        """The tree of all that came; `UsageError` if nothing did. Call it once, last."""
        return _tree(self.levels(), self._size)

    def levels(self) -> list[bytes]:
        """The kept levels of all that came, bottom up; instead of `finish` for a share of a larger tree."""
        if self._pending:
            self._levels.add(tree_levels.subtree(tree_levels.padded(bytes(self._pending))))
        return self._levels.finish()

    def _complete_pending(self, view: memoryview) -> memoryview:
        if not self._pending:
            return view
        missing = _BATCH_BYTES - len(self._pending)
        self._pending += view[:missing]
        if len(self._pending) == _BATCH_BYTES:
            self._levels.add(tree_levels.subtree(self._pending))
            self._pending = bytearray()
        return view[missing:]


def build_tree(path: Path, processes: int = 2) -> ProofTree:
    """The tree of a file; processes share a large one, since hashing small leaves holds Python's lock."""
    size = path.stat().st_size
    _require_fits(size)
    shares = range(0, size, _SHARE_BYTES)
    read_share = partial(_share, path, size)
    if processes < 2 or len(shares) < 2:
        return _joined(map(read_share, shares), size)
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("spawn"), _follow_the_parent)
    try:
        return _joined(pool.map(read_share, shares), size)
    finally:
        pool.shutdown(cancel_futures=True)


def verify(root: bytes, leaves: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether the leaf lies at that index of the tree, as the contract decides it."""
    if not 0 <= index < leaves or len(leaf) != LEAF_BYTES:
        return False
    node, last, siblings = hashlib.sha256(b"\0" + leaf).digest(), leaves - 1, iter(path)
    while last:
        if index & 1:
            node = hashlib.sha256(b"\1" + next(siblings, b"") + node).digest()
        elif index < last:
            node = hashlib.sha256(b"\1" + node + next(siblings, b"")).digest()
        index, last = index >> 1, last >> 1
    return node == root and next(siblings, None) is None


def leaf_count(size: int) -> int:
    """How many leaves so many bytes make."""
    return -(-size // LEAF_BYTES)


def _lower_siblings(position: int, block: bytes) -> Iterator[bytes]:
    level = tree_levels.leaf_hashes(block)
    for _ in range(KEPT_LEVEL):
        sibling = (position ^ 1) * HASH_BYTES
        if sibling < len(level):
            yield level[sibling : sibling + HASH_BYTES]
        position, level = position >> 1, tree_levels.parents(level)


def _tree(levels: Sequence[bytes], size: int) -> ProofTree:
    kept = b"".join(levels)
    return ProofTree(levels[-1], size, lambda offset, length: kept[offset : offset + length])


def _kept_bytes(leaves: int) -> int:
    return HASH_BYTES * sum(tree_levels.counts(leaves))


def _require_fits(size: int) -> None:
    if size > MAX_LEAVES * LEAF_BYTES:
        raise UsageError("A tree covers 8 GiB at most; make several deals of a larger file.")


def _joined(shares: Iterator[list[bytes]], size: int) -> ProofTree:
    levels = tree_levels.Levels(_SHARE_LEVEL)
    for share in shares:
        levels.add(share)
    return _tree(levels.finish(), size)


def _share(path: Path, size: int, offset: int) -> list[bytes]:
    builder, end = TreeBuilder(), min(offset + _SHARE_BYTES, size)
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        for at in range(offset, end, _PIECE_BYTES):
            length = min(_PIECE_BYTES, end - at)
            builder.update(_exactly(file.read(length), length, path))
    return builder.levels()


def _read_nodes(path: Path, offset: int, length: int) -> bytes:
    return _read_file(path, _HEADER.size + offset, length)


def _read_file(path: Path, offset: int, length: int) -> bytes:
    try:
        with path.open("rb", buffering=0) as file:
            file.seek(offset)
            return _exactly(file.read(length), length, path)
    except FileNotFoundError:
        raise NotStored(f"There is no proof tree {path}; build it again from the bytes.") from None


def _exactly(data: bytes, length: int, path: Path) -> bytes:
    if len(data) != length:
        raise Corrupt(f"{path} is shorter than it was or should be; look for who changes it.")
    return data


def _follow_the_parent() -> None:
    # Ctrl-C reaches the whole group, and the parent stops its children cleanly; a killed one can't
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_the_parent, daemon=True).start()


def _leave_with_the_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
