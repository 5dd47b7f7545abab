"""A voucher with its signature: how it travels between peers, rests in a file, and who signed it.

`pack` makes what CBOR carries, `text` what a person can pass on; reading either trusts nothing.
"""

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from xmbl.codec import Codec, fixed, record, require, unsigned
from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Voucher, compact, expanded
from xmbl.errors import UsageError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

MOST = 2**112 - 1
"""The most wei that the ledger holds, so that a voucher can be good for."""


def _account(raw: Any) -> str:
    require(type(raw) is bytes and len(raw) == 20 and any(raw))
    return typed_data.checksum(raw)


ADDRESS: Codec[str] = Codec(lambda address: bytes.fromhex(address[2:]), _account)
"""An account: 20 bytes, not all zero."""

_VOUCHER = record(
    Voucher,
    {
        "payer": ADDRESS, "payee": ADDRESS, "cumulative": unsigned(MOST + 1), "subject": fixed(32),
        "expiry": unsigned(2**64),
    },
)  # fmt: skip
_SIGNATURE = fixed(64)

_ACCOUNT_TEXT, _HASH_TEXT = re.compile(r"0x[0-9a-fA-F]{40}"), re.compile(r"0x[0-9a-fA-F]{64}")
_SIGNATURE_TEXT, _NUMBER_TEXT = re.compile(r"0x[0-9a-fA-F]{128}"), re.compile(r"[0-9]{1,34}")


@dataclass(frozen=True, slots=True)
class SignedVoucher:
    """A voucher and the compact signature over it, 64 bytes."""

    voucher: Voucher
    signature: bytes

    def pack(self) -> dict[str, Any]:
        """What a message carries."""
        return {**_VOUCHER.pack(self.voucher), "signature": self.signature}

    @classmethod
    def unpack(cls, raw: Any) -> Self:
        """The voucher in what a peer sent; `ValueError` unless everything is exactly right."""
        require(type(raw) is dict)
        signature = _SIGNATURE.unpack(raw.get("signature"))
        return cls(_VOUCHER.unpack({name: raw[name] for name in raw if name != "signature"}), signature)

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


def _packed(document: dict[str, Any]) -> dict[str, Any]:
    patterns = {
        "payer": _ACCOUNT_TEXT, "payee": _ACCOUNT_TEXT, "subject": _HASH_TEXT, "signature": _SIGNATURE_TEXT,
    }  # fmt: skip
    require(bool(_NUMBER_TEXT.fullmatch(document["cumulative"])))
    require(all(pattern.fullmatch(document[name]) for name, pattern in patterns.items()))
    raw = {name: bytes.fromhex(document[name][2:]) for name in patterns}
    return {**document, **raw, "cumulative": int(document["cumulative"])}
