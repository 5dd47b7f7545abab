"""Envelopes: what leaves its owner is sealed, and opens whole and in order or not at all.

**Streams** are cut into chunks of 262,128 bytes, each sealed with XChaCha20-Poly1305 (IETF), so a
sealed chunk has 262,144 bytes. A file has a secret key; every replica of it a key of its own, so no two
replicas share a byte. From that key come the cipher's key and a nonce prefix of 16 bytes; the chunk's
number is the rest of the nonce and authenticated besides. The last chunk is always shorter than the
others (empty if need be), so a stream cut at a chunk's border shows. Since nonces are derived, a
replica's key must seal one content only: a random salt, drawn anew whenever bytes are about to be sealed
for sending, is in it, so no memory has to be right for that.

**Secrets** (manifests, node keys) are sealed in one piece under a key, or under a password by scrypt.

XChaCha20-Poly1305 doesn't commit to its key: who knows two keys can make one ciphertext that opens under
both. For streams that is harmless, since the owner chooses all keys and the manifest fixes the sealed
bytes by their root. Secrets may come from anywhere, so they carry a commitment to their key.
"""

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

from xmbl.crypto.hchacha import hchacha20
from xmbl.errors import Corrupt, UsageError

KEY_BYTES = 32
TAG_BYTES = 16
CHUNK_PLAIN = 262_128
CHUNK_SEALED = CHUNK_PLAIN + TAG_BYTES
"""Bytes of a full sealed chunk: 1,024 proof leaves, one UnixFS leaf."""

SCRYPT_LOG2 = 17
"""The work of sealing under a password: scrypt with n = 2^17, r = 8, p = 1 and 128 MiB."""

_SCRYPT_LOG2_MAX = 20
_NONCE_BYTES = 24
_SECRET_MAGIC = b"XMBLsec1"
_PASSWORD_MAGIC = b"XMBLpwd1"
_SALT_BYTES = 16
_PASSWORD_HEADER = 8 + 1 + _SALT_BYTES
_LEAST_SECRET = 8 + _NONCE_BYTES + KEY_BYTES + TAG_BYTES


def new_key() -> bytes:
    """A fresh secret key."""
    return secrets.token_bytes(KEY_BYTES)


def new_salt() -> bytes:
    """A fresh salt for `replica_key`; it is no secret."""
    return secrets.token_bytes(_SALT_BYTES)


def replica_key(file_key: bytes, part: int, salt: bytes) -> bytes:
    """The key of one replica of a file's part; draw the salt when its sealing begins, never earlier."""
    if len(salt) != _SALT_BYTES:
        raise UsageError(f"A salt has {_SALT_BYTES} bytes, not {len(salt)}; make one with new_salt().")
    return _derive(file_key, b"xmbl replica", part.to_bytes(8, "big") + salt, KEY_BYTES)


def wallet_key(private_key: bytes, purpose: str) -> bytes:
    """A key that only the wallet's owner can derive, one for each purpose, such as `"manifest"`."""
    return _derive(private_key, b"xmbl wallet", purpose.encode(), KEY_BYTES)


def sealed_size(plain_size: int) -> int:
    """How many bytes a stream of so many has when it is sealed."""
    return plain_size + TAG_BYTES * (plain_size // CHUNK_PLAIN + 1)


def chunk_count(plain_size: int) -> int:
    """How many chunks a stream of so many bytes has; the last one is shorter than the others."""
    return plain_size // CHUNK_PLAIN + 1


class Sealer:
    """Seals the chunks of one replica, in any order."""

    def __init__(self, key: bytes) -> None:
        self._chunks = _Chunks(key)

    def seal(self, number: int, plain: bytes) -> bytes:
        """The sealed chunk; only the last may and must be shorter than `CHUNK_PLAIN`."""
        if len(plain) > CHUNK_PLAIN:
            raise UsageError(f"A chunk has at most {CHUNK_PLAIN} bytes, not {len(plain)}; cut it.")
        nonce, authenticated = self._chunks.nonce(number)
        return self._chunks.cipher.encrypt(nonce, plain, authenticated)


class Opener:
    """Opens the chunks of one replica, in any order; `OrderedOpener` also proves that none is missing."""

    def __init__(self, key: bytes) -> None:
        self._chunks = _Chunks(key)

    def open(self, number: int, sealed: bytes) -> bytes:
        """The chunk's plain bytes; `Corrupt` if it isn't that chunk, whole, sealed under this key."""
        if not TAG_BYTES <= len(sealed) <= CHUNK_SEALED:
            raise Corrupt(f"Chunk {number} has {len(sealed)} bytes, which no chunk has; fetch it again.")
        nonce, authenticated = self._chunks.nonce(number)
        try:
            return self._chunks.cipher.decrypt(nonce, sealed, authenticated)
        except InvalidTag:
            raise Corrupt(
                f"Chunk {number} doesn't open under this key; fetch it from another replica."
            ) from None


class OrderedOpener:
    """Opens a whole stream from its first chunk to its last."""

    def __init__(self, key: bytes) -> None:
        self._opener = Opener(key)
        self._next = 0
        self._ended = False

    def open(self, sealed: bytes) -> bytes:
        """The next chunk's plain bytes; `Corrupt` if another one, or any after the last, comes."""
        if self._ended:
            raise Corrupt("More bytes came after the last chunk; fetch the stream from another replica.")
        plain = self._opener.open(self._next, sealed)
        self._next += 1
        self._ended = len(plain) < CHUNK_PLAIN
        return plain

    def finish(self) -> None:
        """Call it at the stream's end: `Corrupt` if chunks are missing there."""
        if not self._ended:
            raise Corrupt(
                f"The stream ends after {self._next} chunks, too early; fetch it from another replica."
            )


def seal_secret(key: bytes, plain: bytes) -> bytes:
    """The secret in a sealed piece of its own, different each time."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    cipher_key, commitment = _secret_keys(key, nonce)
    sealed = crypto_aead_xchacha20poly1305_ietf_encrypt(plain, _SECRET_MAGIC, nonce, cipher_key)
    return _SECRET_MAGIC + nonce + commitment + sealed


def open_secret(key: bytes, sealed: bytes) -> bytes:
    """What `seal_secret` sealed; `Corrupt` for another key or a single changed bit."""
    reader = _Fields(sealed)
    magic, nonce, commitment = reader.take(8), reader.take(_NONCE_BYTES), reader.take(KEY_BYTES)
    cipher_key, expected = _secret_keys(key, nonce)
    if magic != _SECRET_MAGIC or not hmac.compare_digest(commitment, expected):
        raise Corrupt("This was not sealed under this key; use the wallet that sealed it.")
    complaint = "The sealed bytes were changed; restore them from a backup."
    return _decrypt(reader.rest(), _SECRET_MAGIC, nonce, cipher_key, complaint)


def is_secret(sealed: bytes) -> bool:
    """Whether these bytes have the form of what `seal_secret` makes; needs no key."""
    return sealed.startswith(_SECRET_MAGIC) and len(sealed) >= _LEAST_SECRET


def seal_with_password(password: str, plain: bytes, log2_work: int = SCRYPT_LOG2) -> bytes:
    """The secret sealed under a password; the work factor travels with it."""
    header = _PASSWORD_MAGIC + bytes([log2_work]) + secrets.token_bytes(_SALT_BYTES)
    return header + seal_secret(_password_key(password, header, log2_work), plain)


def open_with_password(password: str, sealed: bytes) -> bytes:
    """What `seal_with_password` sealed; `Corrupt` for a wrong password or changed bytes."""
    reader = _Fields(sealed)
    header = reader.take(_PASSWORD_HEADER)
    if not _is_password_header(header):
        raise Corrupt("This was not sealed under a password by XMBL; check which file it is.")
    return open_secret(_password_key(password, header, header[8]), reader.rest())


def is_under_password(sealed: bytes) -> bool:
    """Whether these bytes have the form of what `seal_with_password` makes; needs no password."""
    return _is_password_header(sealed) and is_secret(sealed[_PASSWORD_HEADER:])


def _is_password_header(header: bytes) -> bool:
    is_ours = header.startswith(_PASSWORD_MAGIC) and len(header) >= _PASSWORD_HEADER
    return is_ours and 1 <= header[8] <= _SCRYPT_LOG2_MAX


class _Chunks:
    """The cipher and nonces of one replica: XChaCha20-Poly1305, of whose nonces the first 16 bytes stay the
    same, so its inner key does too."""

    def __init__(self, key: bytes) -> None:
        derived = _derive(key, b"xmbl chunks", b"", KEY_BYTES + _NONCE_BYTES - 8)
        self.cipher = ChaCha20Poly1305(hchacha20(derived[:KEY_BYTES], derived[KEY_BYTES:]))

    def nonce(self, number: int) -> tuple[bytes, bytes]:
        """The rest of the chunk's nonce, and what is authenticated with it."""
        encoded = number.to_bytes(8, "big")
        return bytes(4) + encoded, encoded


class _Fields:
    """Cuts fields of fixed length off some bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def take(self, length: int) -> bytes:
        if len(self._data) < length:
            raise Corrupt("The sealed bytes end too early; restore them from a backup.")
        field, self._data = self._data[:length], self._data[length:]
        return field

    def rest(self) -> bytes:
        return self._data


def _decrypt(sealed: bytes, authenticated: bytes, nonce: bytes, key: bytes, complaint: str) -> bytes:
    if len(sealed) < TAG_BYTES:
        raise Corrupt(complaint)
    try:
        return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, authenticated, nonce, key)
    except CryptoError:
        raise Corrupt(complaint) from None


def _derive(key: bytes, purpose: bytes, data: bytes, length: int) -> bytes:
    if len(key) != KEY_BYTES:
        raise UsageError(f"A key has {KEY_BYTES} bytes, not {len(key)}; make one with new_key().")
    return hashlib.blake2b(data, key=key, person=purpose, digest_size=length).digest()


def _secret_keys(key: bytes, nonce: bytes) -> tuple[bytes, bytes]:
    derived = _derive(key, b"xmbl secret", nonce, 2 * KEY_BYTES)
    return derived[:KEY_BYTES], derived[KEY_BYTES:]


def _password_key(password: str, header: bytes, log2_work: int) -> bytes:
    # the header is the salt, so a changed work factor opens nothing
    n, r = 1 << log2_work, 8
    return hashlib.scrypt(
        password.encode(), salt=header, n=n, r=r, p=1, maxmem=129 * n * r + 2**16, dklen=KEY_BYTES
    )
