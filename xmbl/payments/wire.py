"""A voucher with its signature: how it travels between peers, rests in a file, and who signed it.

`pack` makes what CBOR carries, `text` what a person can pass on; reading either trusts nothing.
"""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Voucher, compact, expanded
from xmbl.errors import UsageError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

MOST = 2**112 - 1
"""The most wei that the ledger holds, so that a voucher can be good for."""

_ADDRESS, _HASH = re.compile(r"0x[0-9a-fA-F]{40}"), re.compile(r"0x[0-9a-fA-F]{64}")
_SIGNATURE, _NUMBER = re.compile(r"0x[0-9a-fA-F]{128}"), re.compile(r"[0-9]{1,34}")


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher and the compact signature over it, 64 bytes."""

    voucher: Voucher
    signature: bytes

    def pack(self) -> dict[str, Any]:
        """What a message carries."""
        voucher = self.voucher
        return {
            "payer": bytes.fromhex(voucher.payer[2:]), "payee": bytes.fromhex(voucher.payee[2:]),
            "cumulative": voucher.cumulative, "subject": voucher.subject, "expiry": voucher.expiry,
            "signature": self.signature,
        }  # fmt: skip

    @classmethod
    def unpack(cls, raw: Any) -> Self:
        """The voucher in what a peer sent; `ValueError` unless everything is exactly right."""
        _require(type(raw) is dict and raw.keys() == _FIELDS)
        payer, payee = _account(raw["payer"]), _account(raw["payee"])
        cumulative, expiry = _unsigned(raw["cumulative"], MOST), _unsigned(raw["expiry"], 2**64 - 1)
        voucher = Voucher(payer, payee, cumulative, _bytes(raw["subject"], 32), expiry)
        return cls(voucher, _bytes(raw["signature"], 64))

    def document(self) -> dict[str, Any]:
        """The voucher as JSON has it; amounts as text, since they are longer than some readers' numbers."""
        voucher = self.voucher
        return {
            "payer": voucher.payer, "payee": voucher.payee, "cumulative": str(voucher.cumulative),
            "subject": "0x" + voucher.subject.hex(), "expiry": voucher.expiry,
            "signature": "0x" + self.signature.hex(),
        }  # fmt: skip

    @classmethod
    def parse(cls, text: str) -> Self:
        """The voucher in a text as `document` writes it; `UsageError` if it isn't one."""
        try:
            return cls.unpack(_packed(json.loads(text)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UsageError("That isn't a voucher; give one as `xmbl pay voucher sign` writes it.") from None


@dataclass(frozen=True, slots=True)
class Domain:
    """One ledger on one chain, as signatures name it."""

    separator: bytes

    @classmethod
    def of(cls, chain_id: int, ledger: str) -> Self:
        """The domain of the `Payments` at the address `ledger`."""
        return cls(typed_data.domain_separator(typed_data.PAYMENTS_DOMAIN, chain_id, ledger))

    def sign(self, signer: "bytes | LocalAccount", voucher: Voucher) -> SignedVoucher:
        """The voucher, signed by a private key or an unlocked account."""
        digest = typed_data.digest(self.separator, voucher.hash())
        return SignedVoucher(voucher, compact(typed_data.sign_digest(signer, digest)))

    def signer(self, signed: SignedVoucher) -> str:
        """Who signed it; `Corrupt` for a signature that nobody can have made."""
        digest = typed_data.digest(self.separator, signed.voucher.hash())
        return typed_data.recover(digest, expanded(signed.signature))


_FIELDS = {"payer", "payee", "cumulative", "subject", "expiry", "signature"}


def _packed(document: dict[str, Any]) -> dict[str, Any]:
    patterns = {"payer": _ADDRESS, "payee": _ADDRESS, "subject": _HASH, "signature": _SIGNATURE}
    _require(document.keys() == _FIELDS and bool(_NUMBER.fullmatch(document["cumulative"])))
    _require(all(pattern.fullmatch(document[name]) for name, pattern in patterns.items()))
    raw = {name: bytes.fromhex(document[name][2:]) for name in patterns}
    return {**raw, "cumulative": int(document["cumulative"]), "expiry": document["expiry"]}


def _account(raw: Any) -> str:
    _require(type(raw) is bytes and len(raw) == 20 and any(raw))
    return typed_data.checksum(raw)


def _bytes(raw: Any, length: int) -> bytes:
    _require(type(raw) is bytes and len(raw) == length)
    return bytes(raw)


def _unsigned(raw: Any, most: int) -> int:
    # a bool is an int to Python, but not to us
    _require(type(raw) is int and 0 <= raw <= most)
    return int(raw)


def _require(good: bool) -> None:
    if not good:
        raise ValueError("not a voucher")
