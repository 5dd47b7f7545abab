"""Secrets for one reader, who need not be asked first.

A **reader** is what a wallet's owner gives to whoever may want to send it a secret: an X25519 key, and the
signature of the wallet's address over it. So whoever knows the address knows that the key is its owner's, and
a key that somebody puts in its place on the way names another address. The text says both; it is no secret.

What is sealed travels under a fresh key, which libsodium's sealed box brings to the reader alone. Nothing in
it says who sealed it: the content has to prove itself.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nacl.bindings import crypto_box_seal, crypto_box_seal_open, crypto_box_seed_keypair
from nacl.exceptions import CryptoError

from xmbl.crypto.envelope import KEY_BYTES, is_secret, new_key, open_secret, seal_secret, wallet_key
from xmbl.crypto.typed_data import keccak, recover, sign_digest
from xmbl.errors import Corrupt, UsageError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_TEXT = "xmbl-reader-"
_MAGIC = b"XMBLbox1"
_BOX_BYTES = KEY_BYTES + 48
_SIGNED = b"\x19XMBL reader\n"
"""No transaction and no EIP-712 message begins like this, so a signature over it is good for nothing else."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who may read: the owner of the wallet `address`, who signed `key`."""

    address: str
    key: bytes
    signature: bytes

    def text(self) -> str:
        """What people pass on."""
        raw = bytes.fromhex(self.address[2:]) + self.key + self.signature
        return _TEXT + urlsafe_b64encode(raw).decode()


def reader_of(account: "LocalAccount") -> Reader:
    """The reader that the owner of this account is; the same each time."""
    key = _keys(bytes(account.key))[0]
    return Reader(account.address, key, sign_digest(account, _digest(key)))


def parse_reader(text: str) -> Reader:
    """The reader that `Reader.text` wrote; `UsageError` if it was mistyped or isn't signed by its address."""
    from eth_utils.address import to_checksum_address

    try:
        raw = urlsafe_b64decode(text.strip().removeprefix(_TEXT))
        found = Reader(to_checksum_address(raw[:20]), raw[20:52], raw[52:])
        signer = recover(_digest(found.key), found.signature)
    except (NotBase64, ValueError, Corrupt):
        signer = ""
    if not signer or signer != found.address:
        raise UsageError("This is no reader; copy the whole text that `xmbl deal reader` prints.")
    return found


def seal_for(reader: Reader, plain: bytes) -> bytes:
    """The secret, for that reader alone; different each time."""
    key = new_key()
    return _MAGIC + crypto_box_seal(key, reader.key) + seal_secret(key, plain)


def is_for_reader(sealed: bytes) -> bool:
    """Whether these bytes have the form of what `seal_for` makes; needs no key."""
    return sealed.startswith(_MAGIC) and is_secret(sealed[len(_MAGIC) + _BOX_BYTES :])


def open_for(account: "LocalAccount", sealed: bytes) -> bytes:
    """What `seal_for` sealed for the owner of this account; `Corrupt` if it is for another or was changed."""
    public, private = _keys(bytes(account.key))
    box = sealed[len(_MAGIC) : len(_MAGIC) + _BOX_BYTES]
    try:
        key = crypto_box_seal_open(box, public, private)
    except (CryptoError, ValueError):
        raise Corrupt("This was sealed for another reader than this wallet; choose that wallet.") from None
    return open_secret(key, sealed[len(_MAGIC) + _BOX_BYTES :])


def _keys(private_key: bytes) -> tuple[bytes, bytes]:
    public, private = crypto_box_seed_keypair(wallet_key(private_key, "reader"))
    return public, private


def _digest(key: bytes) -> bytes:
    return keccak(_SIGNED + key)
