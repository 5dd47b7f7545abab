"""One pass gives what sealing, the CID and the tree give each on their own, however the bytes are cut."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xmbl.crypto.cids import CidBuilder
from xmbl.crypto.envelope import CHUNK_PLAIN, CHUNK_SEALED, OrderedOpener, Sealer, sealed_size
from xmbl.crypto.ingest import Ingest, Ingested, Landing
from xmbl.crypto.merkle import TreeBuilder
from xmbl.errors import UsageError

KEY = bytes(range(32))


def data_of(size: int) -> bytes:
    return hashlib.shake_128(b"ingest").digest(size)


def cut(data: bytes, piece: int) -> list[bytes]:
    return [data[at : at + piece] for at in range(0, len(data), piece)]


def ingest(data: bytes, piece: int) -> tuple[list[bytes], Ingested]:
    run, chunks = Ingest(Sealer(KEY)), []
    for part in cut(data, piece):
        chunks += run.feed(part)
    last, ingested = run.finish()
    return [*chunks, last], ingested


def land(sealed: bytes, piece: int) -> Ingested:
    landing = Landing()
    for part in cut(sealed, piece):
        landing.update(part)
    return landing.finish()


def apart(sealed: bytes) -> tuple[str, bytes]:
    cid, tree = CidBuilder(), TreeBuilder()
    cid.update(sealed)
    tree.update(sealed)
    return cid.finish(), tree.finish().root


@pytest.mark.parametrize("size", [0, 1, CHUNK_PLAIN - 1, CHUNK_PLAIN, CHUNK_PLAIN + 1, 1_500_000])
@pytest.mark.parametrize("piece", [50_000, CHUNK_PLAIN, 1_000_000])
def test_finish__any_size_in_any_pieces__equals_the_parts(size: int, piece: int) -> None:
    data = data_of(size)
    chunks, ingested = ingest(data, piece)
    opener = OrderedOpener(KEY)
    assert b"".join(opener.open(chunk) for chunk in chunks) == data
    opener.finish()
    sealed = b"".join(chunks)
    assert (ingested.cid, ingested.root) == apart(sealed)
    assert (ingested.size, ingested.leaves) == (sealed_size(size), -(-len(sealed) // 256))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 900_000), st.sampled_from([7_777, 65_536, CHUNK_SEALED, 700_000]))
def test_landing__bytes_in_any_pieces__agrees_with_the_owner(size: int, piece: int) -> None:
    chunks, ingested = ingest(data_of(size), 262_144)
    assert land(b"".join(chunks), piece) == ingested


def test_landing__one_byte_changed__disagrees_in_root_and_cid() -> None:
    chunks, ingested = ingest(data_of(300_000), 262_144)
    sealed = bytearray(b"".join(chunks))
    sealed[-1] ^= 1
    landed = land(bytes(sealed), 65_536)
    assert landed.root != ingested.root
    assert landed.cid != ingested.cid


def test_landing__nothing_came__refused() -> None:
    with pytest.raises(UsageError, match="no bytes to prove"):
        Landing().finish()
