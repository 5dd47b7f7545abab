"""Proof trees for tests, written from RFC 6962's own words and sharing no code with the project."""

import hashlib
from collections.abc import Sequence
from functools import cached_property

LEAF = 256


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << (count - 1).bit_length() - 1


def root_of(leaves: Sequence[bytes]) -> bytes:
    """MTH of the RFC."""
    if len(leaves) == 1:
        return _sha256(b"\0" + leaves[0])
    k = _split(len(leaves))
    return _sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:]))


def path_of(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """PATH of the RFC, bottom up."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path_of(leaves[:k], index), root_of(leaves[k:])]
    return [*path_of(leaves[k:], index - k), root_of(leaves[:k])]


def leaf_words(leaf: bytes) -> list[bytes]:
    """A leaf as eight words."""
    return [leaf[at : at + 32] for at in range(0, LEAF, 32)]


class SmallTree:
    """A handful of different leaves."""

    def __init__(self, leaves: int, seed: bytes = b"") -> None:
        self.leaves = leaves
        self.bytes = [hashlib.shake_256(seed + bytes([at])).digest(LEAF) for at in range(leaves)]

    @cached_property
    def root(self) -> bytes:
        """The root of the tree."""
        return root_of(self.bytes)

    def words(self, index: int) -> list[bytes]:
        """Leaf and path as `prove` wants them."""
        return leaf_words(self.bytes[index]) + path_of(self.bytes, index)


class UniformTree:
    """2^depth equal leaves: any size, computed by doubling."""

    def __init__(self, depth: int, leaf: bytes = hashlib.shake_256(b"leaf").digest(LEAF)) -> None:
        self.leaf = leaf
        self.leaves = 1 << depth
        self.path = [_sha256(b"\0" + leaf)]
        for _ in range(depth):
            self.path.append(_sha256(b"\1" + self.path[-1] * 2))
        self.root = self.path.pop()

    def words(self, _index: int) -> list[bytes]:
        """Leaf and path as `prove` wants them; every leaf has the same."""
        return leaf_words(self.leaf) + self.path
