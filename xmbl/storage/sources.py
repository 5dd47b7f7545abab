"""What a client stores: a file, a folder or a stream, as plain bytes in parts that fit a deal each.

A folder becomes a tar, a stream is kept in a file of its own until all its deals are open, since each
replica reads it again, sealed under a key of its own.
"""

import hashlib
import os
import tarfile
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from xmbl.crypto.envelope import CHUNK_PLAIN, CHUNK_SEALED, Sealer, chunk_count
from xmbl.crypto.ingest import Ingest, Ingested
from xmbl.crypto.merkle import MAX_LEAVES
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.errors import UsageError
from xmbl.storage.manifest import Part

PART_PLAIN = (MAX_LEAVES * LEAF_BYTES // CHUNK_SEALED - 1) * CHUNK_PLAIN
"""Plain bytes of the largest part: a stream's last chunk is never full."""

_READ = 2**20


@dataclass(frozen=True, slots=True)
class Source:
    """Plain bytes in `path`; `folder` if they are a tar of one."""

    path: Path
    size: int
    folder: bool
    parts: tuple[Part, ...]


def from_path(path: Path, spool: Path) -> Source:
    """A file as it lies, or a folder packed into `spool`; `UsageError` if it is neither, or for a device, a
    pipe or a link that leads outside in it: `unpack` would refuse them."""
    if path.is_dir():
        _pack(path, spool)
        return _source(spool, folder=True)
    if path.is_file():
        return _source(path, folder=False)
    raise UsageError(
        f"{path} is neither a file nor a folder; give one that exists, or - for the standard input."
    )


def from_stream(stream: BinaryIO, spool: Path) -> Source:
    """What a stream brings, kept in `spool`."""
    with _private(spool) as file:
        while piece := stream.read(_READ):
            file.write(piece)
    return _source(spool, folder=False)


def reopened(path: Path, folder: bool) -> Source:
    """A source that was prepared before."""
    return _source(path, folder)


def unpack(archive: Path, target: Path) -> None:
    """The folder that `from_path` packed; nothing lands outside `target`."""
    with tarfile.open(archive) as tar:
        tar.extractall(target, filter="data")


def sealed(path: Path, part: Part, key: bytes) -> Generator[bytes, None, Ingested]:
    """The sealed chunks in order, and then what all of them are.

    `UsageError` before the last one if the file isn't what it was.
    """
    ingest, seen = Ingest(Sealer(key)), hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        file.seek(part.offset)
        for number in range(chunk_count(part.size)):
            plain = _exactly(file, min(CHUNK_PLAIN, part.size - number * CHUNK_PLAIN), path)
            seen.update(plain)
            yield from ingest.feed(plain)
    if seen.hexdigest() != part.sha256:
        raise _changed(path)
    last, ingested = ingest.finish()
    yield last
    return ingested


def _source(path: Path, folder: bool) -> Source:
    size = path.stat().st_size
    with path.open("rb", buffering=0) as file:
        parts = tuple(_part(file, path, index, size) for index in range(max(1, -(-size // PART_PLAIN))))
    return Source(path, size, folder, parts)


def _part(file: BinaryIO, path: Path, index: int, total: int) -> Part:
    offset = index * PART_PLAIN
    size, seen = min(PART_PLAIN, total - offset), hashlib.sha256()
    for at in range(0, size, _READ):
        seen.update(_exactly(file, min(_READ, size - at), path))
    return Part(index, offset, size, seen.hexdigest())


def _exactly(file: BinaryIO, length: int, path: Path) -> bytes:
    data = file.read(length)
    while len(data) < length and (more := file.read(length - len(data))):
        data += more
    if len(data) != length:
        raise _changed(path)
    return data


def _changed(path: Path) -> UsageError:
    return UsageError(f"{path} changed while it was stored; store a copy that nobody writes to.")


def _pack(folder: Path, spool: Path) -> None:
    with _private(spool) as file, tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(folder.rglob("*")):
            _add(tar, folder, path)


def _add(tar: tarfile.TarFile, folder: Path, path: Path) -> None:
    entry = tar.gettarinfo(path, path.relative_to(folder).as_posix())
    if not _comes_back(entry, folder, path):
        raise UsageError(
            f"{path} can't be stored: it is neither a file nor a folder nor a relative link within {folder};"
            " take it out first."
        )
    # whose machine it was is nobody's business
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    if not entry.isreg():
        tar.addfile(entry)
        return
    with path.open("rb") as content:
        tar.addfile(entry, content)


def _comes_back(entry: tarfile.TarInfo | None, folder: Path, path: Path) -> bool:
    """Whether `unpack` will take it, wherever that is; a socket has no entry at all."""
    try:
        return bool(entry and tarfile.data_filter(entry, str(folder))) and _stays_within(folder, path)
    except tarfile.FilterError:
        return False


def _stays_within(folder: Path, path: Path) -> bool:
    """Whether a link never leaves the folder on its way: one that comes back in by the folder's name won't
    where the folder has another one."""
    root, at = os.path.realpath(folder), os.path.realpath(path.parent)
    for step in path.readlink().parts if path.is_symlink() else ():
        at = os.path.realpath(os.path.join(at, step))  # noqa: PTH118 - a Path raises for a link to itself
        if not Path(at).is_relative_to(root):
            return False
    return True


def _private(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(0o600)
    return path.open("wb")
