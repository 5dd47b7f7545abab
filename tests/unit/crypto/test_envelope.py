"""What is sealed opens whole, in order and under its own key, or not at all."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt

from xmbl.crypto import envelope
from xmbl.crypto.envelope import CHUNK_PLAIN, CHUNK_SEALED, Opener, OrderedOpener, Sealer
from xmbl.errors import Corrupt, UsageError

KEY = bytes(range(32))
OTHER = bytes(32)
LIGHT = 4


def seal_stream(plain: bytes, key: bytes = KEY) -> list[bytes]:
    sealer = Sealer(key)
    count = envelope.chunk_count(len(plain))
    return [sealer.seal(at, plain[at * CHUNK_PLAIN : (at + 1) * CHUNK_PLAIN]) for at in range(count)]


def open_stream(chunks: list[bytes], key: bytes = KEY) -> bytes:
    opener = OrderedOpener(key)
    plain = b"".join(opener.open(chunk) for chunk in chunks)
    opener.finish()
    return plain


THREE = bytes(CHUNK_PLAIN) + b"\1" * CHUNK_PLAIN + b"the end"


@pytest.mark.parametrize("size", [0, 1, CHUNK_PLAIN - 1, CHUNK_PLAIN, CHUNK_PLAIN + 1, 2 * CHUNK_PLAIN])
def test_open__whole_stream__gives_the_plain_bytes(size: int) -> None:
    plain = hashlib.shake_128(b"plain").digest(size)
    chunks = seal_stream(plain)
    assert open_stream(chunks) == plain
    assert sum(map(len, chunks)) == envelope.sealed_size(size)
    assert all(len(chunk) == CHUNK_SEALED for chunk in chunks[:-1])
    assert len(chunks[-1]) < CHUNK_SEALED


def test_seal__one_chunk__is_xchacha20_poly1305_with_the_documented_nonce() -> None:
    derived = hashlib.blake2b(b"", key=KEY, person=b"xmbl chunks", digest_size=48).digest()
    number = (7).to_bytes(8, "big")
    sealed = Sealer(KEY).seal(7, b"plain")
    nonce = derived[32:] + number
    assert crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, number, nonce, derived[:32]) == b"plain"


def test_seal__two_replicas_of_zeros__share_no_leaf() -> None:
    keys = [envelope.replica_key(KEY, 0, envelope.new_salt()) for _ in range(2)]
    leaves = [
        chunk[at : at + 256]
        for key in keys
        for chunk in seal_stream(bytes(2 * CHUNK_PLAIN), key)
        for at in range(0, len(chunk), 256)
    ]
    assert len(set(leaves)) == len(leaves)


def test_seal__more_than_a_chunk__refused() -> None:
    with pytest.raises(UsageError, match="at most 262128 bytes, not 262129"):
        Sealer(KEY).seal(0, bytes(CHUNK_PLAIN + 1))


def test_replica_key__files_parts_and_salts__all_differ() -> None:
    salts = [envelope.new_salt() for _ in range(5)]
    keys = {
        envelope.replica_key(file_key, part, salt)
        for file_key in (KEY, OTHER)
        for part in range(4)
        for salt in salts
    }
    assert len(keys | {KEY, OTHER}) == 42


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17)])
def test_replica_key__without_a_whole_salt__is_refused(salt: bytes) -> None:
    with pytest.raises(UsageError, match=f"A salt has 16 bytes, not {len(salt)}"):
        envelope.replica_key(KEY, 0, salt)


def test_wallet_key__purposes_and_replicas__all_differ() -> None:
    keys = {envelope.wallet_key(KEY, purpose) for purpose in ("manifest", "node", "")}
    assert len(keys | {KEY, envelope.replica_key(KEY, 0, bytes(16))}) == 5


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(33)])
def test_sealer__key_of_another_length__refused(key: bytes) -> None:
    with pytest.raises(UsageError, match="A key has 32 bytes"):
        Sealer(key)


def test_open__other_key__corrupt() -> None:
    with pytest.raises(Corrupt, match="Chunk 0 doesn't open"):
        Opener(OTHER).open(0, Sealer(KEY).seal(0, b"plain"))


def test_open__other_number__corrupt() -> None:
    with pytest.raises(Corrupt, match="Chunk 1 doesn't open"):
        Opener(KEY).open(1, Sealer(KEY).seal(0, b"plain"))


@given(st.integers(0, 20), st.integers(0, 7))
def test_open__one_bit_flipped__corrupt(byte: int, bit: int) -> None:
    sealed = bytearray(Sealer(KEY).seal(0, b"plain"))
    sealed[byte] ^= 1 << bit
    with pytest.raises(Corrupt, match="Chunk 0 doesn't open"):
        Opener(KEY).open(0, bytes(sealed))


@pytest.mark.parametrize("size", [0, 15, CHUNK_SEALED + 1])
def test_open__size_of_no_chunk__corrupt(size: int) -> None:
    with pytest.raises(Corrupt, match=f"has {size} bytes, which no chunk has"):
        Opener(KEY).open(0, bytes(size))


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 0, 1, 2], [1, 2], [0, 2], [0, 2, 1], [2]])
def test_ordered_opener__chunks_swapped_doubled_or_dropped__corrupt(order: list[int]) -> None:
    chunks = seal_stream(THREE)
    with pytest.raises(Corrupt, match="doesn't open under this key"):
        open_stream([chunks[at] for at in order])


@pytest.mark.parametrize("kept", [0, 1, 2])
def test_ordered_opener__stream_cut_between_chunks__corrupt(kept: int) -> None:
    with pytest.raises(Corrupt, match=f"ends after {kept} chunks, too early"):
        open_stream(seal_stream(THREE)[:kept])


def test_ordered_opener__exact_multiple_cut_at_its_empty_last_chunk__corrupt() -> None:
    with pytest.raises(Corrupt, match="ends after 1 chunks, too early"):
        open_stream(seal_stream(bytes(CHUNK_PLAIN))[:-1])


def test_ordered_opener__stream_cut_inside_a_chunk__corrupt() -> None:
    chunks = seal_stream(THREE)
    with pytest.raises(Corrupt, match="Chunk 1 doesn't open"):
        open_stream([chunks[0], chunks[1][:-1]])


def test_ordered_opener__chunk_after_the_last__corrupt() -> None:
    with pytest.raises(Corrupt, match="after the last chunk"):
        open_stream([*seal_stream(THREE), Sealer(KEY).seal(3, b"more")])


@given(st.binary(max_size=200))
def test_open_secret__own_key__gives_the_plain_bytes(plain: bytes) -> None:
    assert envelope.open_secret(KEY, envelope.seal_secret(KEY, plain)) == plain


def test_seal_secret__twice__differs() -> None:
    first, second = (envelope.seal_secret(KEY, b"plain") for _ in range(2))
    assert first != second


def test_open_secret__other_key__corrupt() -> None:
    with pytest.raises(Corrupt, match="not sealed under this key"):
        envelope.open_secret(OTHER, envelope.seal_secret(KEY, b"plain"))


def test_open_secret__any_bit_flipped__corrupt() -> None:
    sealed = envelope.seal_secret(KEY, b"plain")
    for at in range(len(sealed)):
        broken = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
        with pytest.raises(Corrupt):
            envelope.open_secret(KEY, broken)


def test_open_secret__any_prefix__corrupt() -> None:
    sealed = envelope.seal_secret(KEY, b"plain")
    for length in range(len(sealed)):
        with pytest.raises(Corrupt):
            envelope.open_secret(KEY, sealed[:length])


def test_open_secret__commitment_of_another_key__corrupt() -> None:
    """The ciphertext alone would open; the commitment says that it was made for another key."""
    sealed, other = envelope.seal_secret(KEY, b"plain"), envelope.seal_secret(OTHER, b"plain")
    with pytest.raises(Corrupt, match="not sealed under this key"):
        envelope.open_secret(KEY, sealed[:32] + other[32:64] + sealed[64:])


def test_open_with_password__own_password__gives_the_plain_bytes() -> None:
    sealed = envelope.seal_with_password("pässword", b"plain", LIGHT)
    assert envelope.open_with_password("pässword", sealed) == b"plain"


@pytest.mark.parametrize("password", ["", "passwor", "Password"])
def test_open_with_password__wrong__corrupt(password: str) -> None:
    sealed = envelope.seal_with_password("password", b"plain", LIGHT)
    with pytest.raises(Corrupt, match="not sealed under this key"):
        envelope.open_with_password(password, sealed)


def test_open_with_password__work_factor_changed__corrupt() -> None:
    sealed = bytearray(envelope.seal_with_password("password", b"plain", LIGHT))
    sealed[8] = LIGHT + 1
    with pytest.raises(Corrupt, match="not sealed under this key"):
        envelope.open_with_password("password", bytes(sealed))


@pytest.mark.parametrize("work", [0, 21, 255])
def test_open_with_password__impossible_work_factor__refused_before_any_work(work: int) -> None:
    sealed = bytearray(envelope.seal_with_password("password", b"plain", LIGHT))
    sealed[8] = work
    with pytest.raises(Corrupt, match="not sealed under a password"):
        envelope.open_with_password("password", bytes(sealed))


def test_open_with_password__any_prefix__corrupt() -> None:
    sealed = envelope.seal_with_password("password", b"plain", LIGHT)
    for length in (0, 8, 24, 25, len(sealed) - 1):
        with pytest.raises(Corrupt):
            envelope.open_with_password("password", sealed[:length])


def test_seal_with_password__default_work__is_2_to_the_17() -> None:
    assert envelope.seal_with_password("password", b"")[8] == 17


def test_chunk_count__growing_sizes__grows_at_each_full_chunk() -> None:
    sizes = range(0, 3 * CHUNK_PLAIN, CHUNK_PLAIN // 2)
    assert [envelope.chunk_count(size) for size in sizes] == [1, 1, 2, 2, 3, 3]
    assert all(envelope.sealed_size(a) < envelope.sealed_size(b) for a, b in pairwise(sizes))
