"""The proof tree equals RFC 6962's recursive definition, at every size and index, however it was built."""

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.crypto import merkle
from xmbl.crypto.merkle import ProofTree, TreeBuilder, build_tree, verify
from xmbl.errors import Corrupt, NotStored, UsageError

MIB = 2**20


def split_point(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def naive_root(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = split_point(len(leaves))
    return hashlib.sha256(b"\1" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index: int, leaves: list[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split_point(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def data_of(size: int) -> bytes:
    return hashlib.shake_128(size.to_bytes(8, "big")).digest(size)


def leaves_of(data: bytes) -> list[bytes]:
    whole = data + bytes(-len(data) % 256)
    return [whole[at : at + 256] for at in range(0, len(whole), 256)]


def tree_of(data: bytes) -> ProofTree:
    builder = TreeBuilder()
    builder.update(data)
    return builder.finish()


def reader(data: bytes) -> merkle.Reader:
    return lambda offset, length: data[offset : offset + length]


@pytest.mark.parametrize("leaves", range(1, 101))
def test_path__every_index_of_small_trees__equals_rfc_6962(leaves: int) -> None:
    data = data_of(leaves * 256 - leaves % 3 * 85)
    tree, naive = tree_of(data), leaves_of(data)
    assert (tree.root, tree.leaves, tree.size) == (naive_root(naive), leaves, len(data))
    for index in range(leaves):
        leaf, path = tree.path(index, reader(data))
        assert (leaf, path) == (naive[index], naive_path(index, naive))
        assert verify(tree.root, leaves, index, leaf, path)


# sizes around the borders of leaf, block, batch and the power of two above
@pytest.mark.parametrize(
    "size",
    [1, 255, 256, 257, 4095, 4096, 4097, 262_143, 262_144, 262_145, 3 * 262_144 + 4097, 2 * MIB, 2 * MIB + 1],
)
def test_finish__sizes_at_borders__equals_rfc_6962(size: int) -> None:
    data = data_of(size)
    tree, naive = tree_of(data), leaves_of(data)
    assert tree.root == naive_root(naive)
    for index in {0, 15, 16, 1023, 1024, tree.leaves // 2, tree.leaves - 2, tree.leaves - 1}:
        if 0 <= index < tree.leaves:
            assert tree.path(index, reader(data)) == (naive[index], naive_path(index, naive))


def test_finish__seven_leaves__is_the_tree_drawn_in_rfc_6962() -> None:
    d = [bytes([number]) * 256 for number in range(7)]
    a, b, c, e, f, g = (hashlib.sha256(b"\0" + leaf).digest() for leaf in d[:6])
    j = hashlib.sha256(b"\0" + d[6]).digest()

    def node(left: bytes, right: bytes) -> bytes:
        return hashlib.sha256(b"\1" + left + right).digest()

    k, i = node(node(a, b), node(c, e)), node(f, g)
    tree = tree_of(b"".join(d))
    assert tree.root == node(k, node(i, j))
    assert tree.path(6, reader(b"".join(d)))[1] == [i, k]


@given(st.lists(st.binary(max_size=3000), max_size=40), st.integers(0, 5))
def test_update__any_pieces__equal_the_whole(pieces: list[bytes], large: int) -> None:
    pieces = [*pieces, b"x", data_of(large * 100_000), *pieces]
    builder = TreeBuilder()
    for piece in pieces:
        builder.update(piece)
    assert builder.finish() == tree_of(b"".join(pieces))


@given(st.data(), st.integers(1, 40))
def test_verify__anything_altered__is_refused(draw: st.DataObject, leaves: int) -> None:
    data = data_of(leaves * 256)
    tree = tree_of(data)
    index = draw.draw(st.integers(0, leaves - 1))
    leaf, path = tree.path(index, reader(data))
    others = [other for other in range(leaves) if other != index]
    assert not any(verify(tree.root, leaves, other, leaf, path) for other in others)
    assert not verify(bytes(32), leaves, index, leaf, path)
    assert not verify(tree.root, leaves, index, leaf[:-1], path)
    assert not verify(tree.root, leaves, index, bytes(256), path)
    assert not verify(tree.root, leaves, index, leaf, [*path, bytes(32)])
    for at in range(len(path)):
        assert not verify(tree.root, leaves, index, leaf, path[:at] + path[at + 1 :])
        assert not verify(tree.root, leaves, index, leaf, [*path[:at], bytes(32), *path[at + 1 :]])


@pytest.mark.parametrize("index", [-1, 3])
def test_verify__index_outside__is_refused(index: int) -> None:
    data = data_of(3 * 256)
    leaf, path = tree_of(data).path(2, reader(data))
    assert not verify(tree_of(data).root, 3, index, leaf, path)


def test_verify__node_shown_as_a_leaf__is_refused() -> None:
    leaves = [data_of(256), data_of(256)]
    node = b"".join(hashlib.sha256(b"\0" + leaf).digest() for leaf in leaves)
    assert not verify(tree_of(b"".join(leaves)).root, 1, 0, node, [])


@pytest.mark.parametrize("index", [-1, 3])
def test_path__index_outside__refused(index: int) -> None:
    data = data_of(3 * 256)
    with pytest.raises(UsageError, match=f"Leaf {index} is not among 3 leaves"):
        tree_of(data).path(index, reader(data))


@pytest.mark.parametrize("flipped", [5000, 8191, 4096])
def test_path__one_byte_of_the_block_flipped__corrupt(flipped: int) -> None:
    data = bytearray(data_of(20_000))
    tree = tree_of(bytes(data))
    data[flipped] ^= 1
    with pytest.raises(Corrupt, match="doesn't match its tree"):
        tree.path(20, reader(bytes(data)))
    assert tree.path(60, reader(bytes(data)))


def test_path__bytes_lost__corrupt() -> None:
    data = data_of(20_000)
    with pytest.raises(Corrupt, match="doesn't match its tree"):
        tree_of(data).path(20, reader(data[:5000]))


def test_path__of_any_leaf__reads_4_kib_once() -> None:
    data, reads = data_of(100_000), []

    def read(offset: int, length: int) -> bytes:
        reads.append((offset, length))
        return data[offset : offset + length]

    tree = tree_of(data)
    tree.path(17, read)
    tree.path(tree.leaves - 1, read)
    assert reads == [(4096, 4096), (98_304, 1696)]


def test_finish__nothing_came__refused() -> None:
    with pytest.raises(UsageError, match="no bytes to prove"):
        TreeBuilder().finish()


def test_update__beyond_8_gib__refused() -> None:
    builder = TreeBuilder()
    builder.update(b"x")
    builder._size = merkle.MAX_LEAVES * 256
    with pytest.raises(UsageError, match="8 GiB at most"):
        builder.update(b"y")


@pytest.mark.parametrize("size", [1, 4096, 4097, 700_000])
def test_load__of_a_dump__proves_the_same(tmp_path: Path, size: int) -> None:
    data, path = data_of(size), tmp_path / "tree"
    tree = tree_of(data)
    tree.dump(path)
    loaded = ProofTree.load(path)
    assert loaded == tree
    for index in {0, tree.leaves // 2, tree.leaves - 1}:
        assert loaded.path(index, reader(data)) == tree.path(index, reader(data))
    loaded.dump(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == path.read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["again", "tree"]


def test_dump__8_mib__keeps_less_than_two_percent(tmp_path: Path) -> None:
    data = bytes(8 * MIB)
    tree_of(data).dump(tmp_path / "tree")
    assert (tmp_path / "tree").stat().st_size < len(data) * 0.02


def test_load__no_file__not_stored(tmp_path: Path) -> None:
    with pytest.raises(NotStored, match="no proof tree"):
        ProofTree.load(tmp_path / "tree")


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"", "shorter"),
        (b"XMBLtre1", "shorter"),
        (b"XMBLtre1" + bytes(8), "not a proof tree"),
        (b"XMBLtre1" + bytes(7) + b"\1", "not a proof tree"),
        (b"XMBLtre1" + bytes(7) + b"\1" + bytes(33), "not a proof tree"),
        (b"XMBLtre2" + bytes(7) + b"\1" + bytes(32), "not a proof tree"),
        (b"XMBLtre1" + b"\xff" * 8 + bytes(32), "not a proof tree"),
    ],
)
def test_load__not_a_dump__corrupt(tmp_path: Path, broken: bytes, reason: str) -> None:
    (tmp_path / "tree").write_bytes(broken)
    with pytest.raises(Corrupt, match=reason):
        ProofTree.load(tmp_path / "tree")


def test_path__tree_file_damaged__corrupt(tmp_path: Path) -> None:
    data, path = data_of(20_000), tmp_path / "tree"
    tree_of(data).dump(path)
    dumped = bytearray(path.read_bytes())
    dumped[20] ^= 1
    path.write_bytes(dumped)
    with pytest.raises(Corrupt, match="doesn't match its tree"):
        ProofTree.load(path).path(16, reader(data))


@pytest.mark.parametrize("size", [1, 300_000])
def test_build_tree__small_file__equals_the_stream(tmp_path: Path, size: int) -> None:
    (tmp_path / "data").write_bytes(data_of(size))
    assert build_tree(tmp_path / "data") == tree_of(data_of(size))


def test_build_tree__three_shares__equal_whether_one_process_or_two(tmp_path: Path) -> None:
    data = bytes(64 * MIB) + data_of(MIB) * 64 + data_of(5000)
    (tmp_path / "data").write_bytes(data)
    expected = tree_of(data)
    for processes in (1, 2):
        tree = build_tree(tmp_path / "data", processes)
        assert tree == expected
        for index in (0, tree.leaves // 2, tree.leaves - 1):
            assert tree.path(index, reader(data)) == expected.path(index, reader(data))


def runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


PARENT = """
import multiprocessing, pathlib, sys, threading, time
from xmbl.crypto.merkle import build_tree

path = pathlib.Path(sys.argv[1])
threading.Thread(target=build_tree, args=(path,), daemon=True).start()
while len(children := multiprocessing.active_children()) < 2:
    time.sleep(0.01)
print(*[child.pid for child in children], flush=True)
time.sleep(60)
"""


def test_build_tree__parent_killed__leaves_no_process(tmp_path: Path) -> None:
    with (tmp_path / "data").open("wb") as file:
        file.truncate(2**30)
    command = [sys.executable, "-c", PARENT, str(tmp_path / "data")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(children) == 2
    deadline = time.monotonic() + 20
    while any(map(runs, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in children if runs(pid)] == []


def test_build_tree__empty_file__refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    with pytest.raises(UsageError, match="no bytes to prove"):
        build_tree(tmp_path / "data")


def test_build_tree__beyond_8_gib__refused(tmp_path: Path) -> None:
    with (tmp_path / "data").open("wb") as file:
        file.truncate(2**33 + 1)
    with pytest.raises(UsageError, match="8 GiB at most"):
        build_tree(tmp_path / "data")


def test_share__file_shrank__corrupt(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(1000))
    with pytest.raises(Corrupt, match="shorter than it was"):
        merkle._share(tmp_path / "data", 2000, 0)
