"""The node key: an ed25519 seed by which peers recognise a node, sealed under the node's password.

The public key stands beside it in the clear, so that registering and showing a node need no password.
"""

import json
from pathlib import Path
from typing import Any

from nacl.bindings import crypto_sign_seed_keypair

from xmbl.crypto import envelope
from xmbl.errors import Corrupt, KeystoreError
from xmbl.files import write_whole

_VERSION = 1


def create(path: Path, password: str, log2_work: int = envelope.SCRYPT_LOG2) -> bytes:
    """Make a node key and keep it in a file; its seed. `KeystoreError` if there is one already."""
    seed = envelope.new_key()
    document = {
        "version": _VERSION,
        "public_key": public_key(seed).hex(),
        "sealed_seed": envelope.seal_with_password(password, seed, log2_work).hex(),
    }
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        write_whole(path, [json.dumps(document).encode()], mode=0o600, replace=False)
    except FileExistsError:
        raise KeystoreError(f"There is a node key {path} already; a node keeps its key.") from None
    return seed


def load(path: Path, password: str) -> bytes:
    """The seed; `KeystoreError` for a wrong password or a damaged file."""
    public, sealed = _fields(path)
    try:
        seed = envelope.open_with_password(password, sealed)
    except Corrupt:
        raise KeystoreError(
            f"The password doesn't open the node key {path}; try again, or restore the file from a backup."
        ) from None
    if public_key(seed) != public:
        raise KeystoreError(f"The public key in {path} isn't its seed's; restore the file from a backup.")
    return seed


def public_key_of(path: Path) -> bytes:
    """The 32 bytes that the registry keeps for the node, without the password."""
    return _fields(path)[0]


def public_key(seed: bytes) -> bytes:
    """The 32 bytes of the seed's public key."""
    return crypto_sign_seed_keypair(seed)[0]


def _fields(path: Path) -> tuple[bytes, bytes]:
    try:
        document: dict[str, Any] = json.loads(path.read_bytes())
        public, sealed = (bytes.fromhex(document[name]) for name in ("public_key", "sealed_seed"))
    except FileNotFoundError:
        raise KeystoreError(f"There is no node key {path}; make one with `xmbl node init`.") from None
    except (ValueError, KeyError, TypeError):
        raise KeystoreError(f"{path} is not a node key; restore it from a backup.") from None
    if document.get("version") != _VERSION or len(public) != 32:
        raise KeystoreError(f"{path} is not a node key; restore it from a backup.")
    return public, sealed
