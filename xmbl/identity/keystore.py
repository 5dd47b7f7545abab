"""Wallets: Ethereum keystore files, version 3, sealed by scrypt, one for each name in a private folder.

A file is written whole and never overwritten, since a lost key is lost money. Nothing here prints, logs or
returns a secret but `unlock`.
"""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xmbl.errors import KeystoreError, UsageError
from xmbl.files import write_whole

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_ADDRESS = re.compile(r"(0x)?[0-9a-fA-F]{40}")
_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_ENDING = ".json"


class Keystore:
    """The wallets of one folder.

    `work` is scrypt's n, a power of two: without it a new key gets eth-account's full 2^18, half a second
    and 256 MiB each time; give less only for keys that are thrown away.
    """

    def __init__(self, folder: Path, work: int | None = None) -> None:
        self._folder, self._work = folder, work

    def new(self, name: str, password: str) -> str:
        """Make a key and keep it; its address. `KeystoreError` if the name is taken."""
        from eth_account import Account

        return self._keep(name, Account.create(), password)

    def import_key(self, name: str, private_key: str, password: str) -> str:
        """Keep a key given as 64 hexadecimal digits; its address."""
        from eth_account import Account

        digits = private_key.strip()
        if not _KEY.fullmatch(digits):
            raise UsageError("This is not a private key; give its 64 hexadecimal digits.")
        try:
            account: LocalAccount = Account.from_key(digits)
        except Exception:  # noqa: BLE001 - eth_keys' own message would show the key
            raise UsageError("This number is no private key of the curve; check its digits.") from None
        return self._keep(name, account, password)

    def import_file(self, name: str, text: str, password: str) -> str:
        """Keep the key of a keystore v3 file that the password opens, sealed anew; its address."""
        return self._keep(name, _opened(_parsed(text, "the file"), password, "the file"), password)

    def list(self) -> tuple[str, ...]:
        """The names of all wallets, in order."""
        stems = (path.name.removesuffix(_ENDING) for path in self._folder.glob(f"*{_ENDING}"))
        return tuple(sorted(stem for stem in stems if _NAME.fullmatch(stem)))

    def address(self, name: str) -> str:
        """A wallet's address, without its password."""
        return _address(self._document(name), name)

    def unlock(self, name: str, password: str) -> "LocalAccount":
        """The account that signs; `KeystoreError` for a wrong password."""
        return _opened(self._document(name), password, f"wallet {name}")

    def export(self, name: str) -> str:
        """The keystore v3 file as any Ethereum wallet reads it; still sealed under its password."""
        self._document(name)
        return self.path(name).read_text(encoding="utf-8")

    def path(self, name: str) -> Path:
        """Where the wallet's file is or would be; `UsageError` for what can't be a name."""
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"{name!r} can't name a wallet; use 64 small letters and digits at most, with - and _ inside."
            )
        return self._folder / f"{name}{_ENDING}"

    def require_free(self, name: str) -> None:
        """`KeystoreError` if there is such a wallet."""
        if self.path(name).exists():
            raise KeystoreError(f"There is a wallet {name} already; choose another name.")

    def _document(self, name: str) -> dict[str, Any]:
        try:
            text = self.path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise KeystoreError(
                f"There is no wallet {name}; `xmbl wallet list` shows those there are."
            ) from None
        return _parsed(text, f"wallet {name}")

    def _keep(self, name: str, account: "LocalAccount", password: str) -> str:
        self.require_free(name)
        document = account.encrypt(password, kdf="scrypt", iterations=self._work)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)
        try:
            write_whole(self.path(name), [json.dumps(document).encode()], mode=0o600, replace=False)
        except FileExistsError:
            raise KeystoreError(f"There is a wallet {name} already; choose another name.") from None
        return account.address


def _parsed(text: str, what: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if not isinstance(document, dict) or document.get("version") != 3:
        raise KeystoreError(f"{what.capitalize()} is not a keystore of version 3; restore it from a backup.")
    return document


def _address(document: dict[str, Any], name: str) -> str:
    from eth_utils.address import to_checksum_address

    address = str(document.get("address", ""))
    if not _ADDRESS.fullmatch(address):
        raise KeystoreError(f"Wallet {name} doesn't say its address; restore it from a backup.")
    return to_checksum_address("0x" + address.removeprefix("0x"))


def _opened(document: dict[str, Any], password: str, what: str) -> "LocalAccount":
    from eth_account import Account

    try:
        account: LocalAccount = Account.from_key(Account.decrypt(document, password))
    except Exception:  # noqa: BLE001 - a wrong password and every kind of damage have one remedy
        raise KeystoreError(
            f"The password doesn't open {what}; try again, or restore it from a backup if it was damaged."
        ) from None
    if str(document.get("address")).lower().removeprefix("0x") != account.address.lower()[2:]:
        raise KeystoreError(f"The address in {what} isn't its key's; restore it from a backup.")
    return account
