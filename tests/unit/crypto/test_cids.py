"""CIDs are what Kubo computes: known ids of small files, and a model of UnixFS for large ones."""

import base64
import hashlib
from pathlib import Path

import pytest

from xmbl.crypto.cids import CidBuilder, cid_of_file

LEAF = 262_144
LINKS = 174


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def embedded(field: int, data: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(data)) + data


def cid(codec: int, block: bytes) -> bytes:
    return bytes([1, codec, 0x12, 32]) + hashlib.sha256(block).digest()


def node(children: list[tuple[bytes, int, int]]) -> tuple[bytes, int, int]:
    """A dag-pb node over (cid, bytes of the file below, bytes of all blocks below)."""
    links = b"".join(
        embedded(2, embedded(1, child) + embedded(2, b"") + number(3, total)) for child, _, total in children
    )
    size = sum(below for _, below, _ in children)
    unixfs = number(1, 2) + number(3, size) + b"".join(number(4, below) for _, below, _ in children)
    block = links + embedded(1, unixfs)
    return cid(0x70, block), size, len(block) + sum(total for _, _, total in children)


def model(data: bytes) -> str:
    level = [
        (cid(0x55, leaf), len(leaf), len(leaf))
        for leaf in (data[at : at + LEAF] for at in range(0, len(data) or 1, LEAF))
    ]
    while len(level) > 1:
        level = [node(level[at : at + LINKS]) for at in range(0, len(level), LINKS)]
    return "b" + base64.b32encode(level[0][0]).decode().lower().rstrip("=")


def built(data: bytes, piece: int) -> str:
    builder = CidBuilder()
    for at in range(0, len(data), piece):
        builder.update(data[at : at + piece])
    return builder.finish()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"),
        (b"hello world", "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"),
    ],
)
def test_finish__small_files__have_the_ids_that_kubo_prints(data: bytes, expected: str) -> None:
    assert built(data, 3) == expected
    assert model(data) == expected


@pytest.mark.parametrize("size", [LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 3 * LEAF + 5])
def test_finish__sizes_at_leaf_borders__equal_the_model(size: int) -> None:
    data = hashlib.shake_128(b"cid").digest(size)
    assert built(data, 100_000) == model(data)


@pytest.mark.parametrize("size", [LINKS * LEAF, LINKS * LEAF + 1])
def test_finish__one_node_full_and_one_byte_more__equal_the_model(size: int) -> None:
    assert built(bytes(size), 2**20) == model(bytes(size))


def test_cid_of_file__several_pieces__equals_the_stream(tmp_path: Path) -> None:
    data = hashlib.shake_128(b"file").digest(3 * 2**20 + 1)
    (tmp_path / "data").write_bytes(data)
    assert cid_of_file(tmp_path / "data") == built(data, 1000)
