"""Sources become the same sealed bytes each time, or say that they changed."""

import hashlib
import io
import os
import secrets
import socket
from pathlib import Path

import pytest

from xmbl.crypto.cids import cid_of_file
from xmbl.crypto.envelope import CHUNK_PLAIN, OrderedOpener, replica_key, sealed_size
from xmbl.crypto.merkle import MAX_LEAVES, build_tree
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.errors import UsageError
from xmbl.storage import sources

KEY = replica_key(b"\1" * 32, 0, bytes(16))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(secrets.token_bytes(CHUNK_PLAIN * 2 + 5))
    return path


def plain(chunks):
    opener = OrderedOpener(KEY)
    data = b"".join(opener.open(chunk) for chunk in chunks)
    opener.finish()
    return data


def test_sealed__a_file__opens_to_its_bytes_in_order(file, tmp_path):
    source = sources.from_path(file, tmp_path / "spool")
    chunks = list(sources.sealed(source.path, source.parts[0], KEY))
    assert plain(chunks) == file.read_bytes()
    assert sum(map(len, chunks)) == sealed_size(source.size)


@pytest.mark.parametrize("size", [0, 5, CHUNK_PLAIN, CHUNK_PLAIN * 2 + 5])
def test_sealed__at_its_end__says_what_all_chunks_are(tmp_path, size):
    source = sources.from_stream(io.BytesIO(secrets.token_bytes(size)), tmp_path / "spool")
    whole, ends = tmp_path / "sealed", []

    def to_the_end():
        ends.append((yield from sources.sealed(source.path, source.parts[0], KEY)))

    whole.write_bytes(b"".join(to_the_end()))
    (ingested,) = ends
    assert (ingested.cid, ingested.root) == (cid_of_file(whole), build_tree(whole).root)


@pytest.mark.parametrize("size", [0, 1, CHUNK_PLAIN - 1, CHUNK_PLAIN, CHUNK_PLAIN + 1])
def test_sealed__any_size__has_the_size_that_was_announced(tmp_path, size):
    source = sources.from_stream(io.BytesIO(bytes(size)), tmp_path / "spool")
    chunks = list(sources.sealed(source.path, source.parts[0], KEY))
    assert sum(map(len, chunks)) == sealed_size(size)
    assert plain(chunks) == bytes(size)


def test_sealed__twice__gives_the_same_bytes(file, tmp_path):
    part = sources.from_path(file, tmp_path / "spool").parts[0]
    assert list(sources.sealed(file, part, KEY)) == list(sources.sealed(file, part, KEY))


def test_sealed__a_file_that_changed__is_refused(file, tmp_path):
    part = sources.from_path(file, tmp_path / "spool").parts[0]
    file.write_bytes(bytes(part.size))
    with pytest.raises(UsageError, match="changed while it was stored"):
        list(sources.sealed(file, part, KEY))


def test_sealed__a_file_that_shrank__is_refused(file, tmp_path):
    part = sources.from_path(file, tmp_path / "spool").parts[0]
    file.write_bytes(b"short")
    with pytest.raises(UsageError, match="changed while it was stored"):
        list(sources.sealed(file, part, KEY))


def test_from_path__what_is_not_there__is_refused(tmp_path):
    with pytest.raises(UsageError, match="neither a file nor a folder"):
        sources.from_path(tmp_path / "nothing", tmp_path / "spool")


def test_from_path__a_file__is_hashed_as_it_lies(file, tmp_path):
    source = sources.from_path(file, tmp_path / "spool")
    assert (source.path, source.folder) == (file, False)
    assert source.parts[0].sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert not (tmp_path / "spool").exists()


def test_from_path__a_large_file__is_cut_into_parts_that_fit_a_deal(file, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "PART_PLAIN", CHUNK_PLAIN)
    parts = sources.from_path(file, tmp_path / "spool").parts
    assert [(part.offset, part.size) for part in parts] == [
        (0, CHUNK_PLAIN), (CHUNK_PLAIN, CHUNK_PLAIN), (2 * CHUNK_PLAIN, 5),
    ]  # fmt: skip
    whole = b"".join(plain(sources.sealed(file, part, KEY)) for part in parts)
    assert whole == file.read_bytes()


def test_part__the_largest__fits_a_deal():
    assert sealed_size(sources.PART_PLAIN) <= MAX_LEAVES * LEAF_BYTES
    assert sealed_size(sources.PART_PLAIN + CHUNK_PLAIN) > MAX_LEAVES * LEAF_BYTES


def test_spool__of_a_stream__is_private(tmp_path):
    source = sources.from_stream(io.BytesIO(b"secret"), tmp_path / "spools" / "one")
    assert source.path.stat().st_mode & 0o077 == 0


def test_folder__packed_and_unpacked__is_the_same_and_names_nobody(tmp_path):
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_bytes(b"bytes")
    source = sources.from_path(folder, tmp_path / "spool")
    assert source.folder
    assert b"root" not in source.path.read_bytes()
    sources.unpack(source.path, tmp_path / "back")
    assert (tmp_path / "back" / "inner" / "file").read_bytes() == b"bytes"


def absolute_link(path):
    path.symlink_to("/etc/hostname")


def absolute_link_inside(path):
    path.symlink_to(path.parent / "file")


def link_outside(path):
    path.symlink_to("../../outside")


def link_outside_and_back(path):
    path.symlink_to("../../folder/file")


def socket_file(path):
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))


@pytest.mark.parametrize(
    "make",
    [absolute_link, absolute_link_inside, link_outside, link_outside_and_back, os.mkfifo, socket_file],
    ids=lambda make: make.__name__,
)
def test_from_path__a_folder_with_what_cannot_come_back__is_refused_with_its_path(make, tmp_path):
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    make(folder / "inner" / "odd")
    with pytest.raises(UsageError, match=f"^{folder}/inner/odd can't be stored: .* take it out first"):
        sources.from_path(folder, tmp_path / "spool")


def test_folder__links_inside_it_and_hard_links__come_back(tmp_path):
    folder, back = tmp_path / "folder", tmp_path / "back"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_bytes(b"bytes")
    (folder / "inner" / "up").symlink_to("../inner/file")
    (folder / "gone").symlink_to("inner/nothing")
    (folder / "itself").symlink_to("itself")
    (folder / "second").hardlink_to(folder / "inner" / "file")
    sources.unpack(sources.from_path(folder, tmp_path / "spool").path, back)
    assert (back / "inner" / "up").read_bytes() == (back / "second").read_bytes() == b"bytes"
    assert (back / "gone").readlink() == Path("inner/nothing")
    assert (back / "itself").is_symlink()
