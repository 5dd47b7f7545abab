"""Every EIP-712 type of XMBL, hashed and signed exactly as the contracts check it.

Addresses are checksum strings, money is in the units that the contract's struct documents. A
value that doesn't fit its type raises `UsageError`; a signature that can't have been made by
anyone, or that the contracts would refuse as malleable, raises `Corrupt`.
"""

from dataclasses import astuple, dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from xmbl.errors import Corrupt, UsageError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

TERMS_TYPE = (
    "Terms(address client,address payee,uint256 leaves,uint256 price,uint256 collateral,uint256 end,"
    "uint256 client_notice,uint256 operator_notice,uint256 exit,uint256 deadline,uint256 salt)"
)
DEAL_TYPE = f"Deal(address operator,bytes32 root,Terms terms){TERMS_TYPE}"
EXTENSION_TYPE = "Extension(bytes32 deal,uint256 old_end,uint256 new_end,uint256 deadline)"
QUOTE_TYPE = f"Quote(address operator,Terms terms,uint256 egress,uint256 expiry){TERMS_TYPE}"
VOUCHER_TYPE = "Voucher(address payer,address payee,uint256 cumulative,bytes32 subject,uint256 expiry)"
APPROVAL_TYPE = "Approve(address owner,address spender,uint256 amount,uint256 nonce,uint256 deadline)"
READ_QUOTE_TYPE = (
    "ReadQuote(address operator,bytes32 deal,address payee,uint256 egress,uint256 window,uint256 expiry)"
)
DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"

DEALS_DOMAIN = "XMBL StorageDeals"
"""The EIP-712 domain name of the `StorageDeals` contract."""

PAYMENTS_DOMAIN = "XMBL Payments"
"""The EIP-712 domain name of the `Payments` contract."""

VERSION = "1"
"""The EIP-712 version of every XMBL contract."""

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True, slots=True)
class Terms:
    """What a storage deal promises; the struct of the same name in `StorageDeals`.

    `leaves` of 256 bytes; `price` in price units a period; `collateral` in units of 10^9 wei;
    `end` the first period not covered; notices in periods; `exit` in misses; `deadline` the
    last block in which the terms open.
    """

    client: str
    payee: str
    leaves: int
    price: int
    collateral: int
    end: int
    client_notice: int
    operator_notice: int
    exit: int
    deadline: int
    salt: int

    def hash(self) -> bytes:
        """The EIP-712 struct hash, as a proof names it."""
        return _struct_hash(TERMS_TYPE, *astuple(self))


@dataclass(frozen=True, slots=True)
class Deal:
    """One client's bytes, by their proof root, with one operator under these terms."""

    operator: str
    root: bytes
    terms: Terms

    def id(self) -> bytes:
        """The deal's id on chain: its EIP-712 struct hash."""
        return _struct_hash(DEAL_TYPE, self.operator, self.root, self.terms.hash())

    def as_tuple(self) -> tuple[str, bytes, tuple[str | int, ...]]:
        """The deal as web3 and titanoboa want it in a contract call."""
        return self.operator, self.root, astuple(self.terms)


@dataclass(frozen=True, slots=True)
class Extension:
    """The operator's consent to a deal, by its id, that ends later: `new_end` instead of `old_end`, both the
    first period not covered, if it is sent up to block `deadline`."""

    deal: bytes
    old_end: int
    new_end: int
    deadline: int

    def hash(self) -> bytes:
        """The EIP-712 struct hash that the agent signs."""
        return _struct_hash(EXTENSION_TYPE, *astuple(self))


@dataclass(frozen=True, slots=True)
class Quote:
    """An agent's promise, before any byte is sent, to sign these terms for whatever root arrives.

    The promise holds until block `expiry`. `terms.deadline` and `terms.salt` are set only when
    the deal itself is signed, so they are zero here. `egress` is what a MiB costs to read at
    present, in wei; a `ReadQuote` says it anew for each reader.
    """

    operator: str
    terms: Terms
    egress: int
    expiry: int

    def hash(self) -> bytes:
        """The EIP-712 struct hash that the agent signs."""
        return _struct_hash(QUOTE_TYPE, self.operator, self.terms.hash(), self.egress, self.expiry)


@dataclass(frozen=True, slots=True)
class ReadQuote:
    """An agent's promise to give the bytes of `deal` out at this price, on every stream begun up to block
    `expiry`, for as long as that stream lasts.

    `egress` in wei for a MiB, 0 for nothing; vouchers for the deal pay `payee`, each up to `window` bytes.
    """

    operator: str
    deal: bytes
    payee: str
    egress: int
    window: int
    expiry: int

    def hash(self) -> bytes:
        """The EIP-712 struct hash that the agent signs."""
        return _struct_hash(READ_QUOTE_TYPE, *astuple(self))


@dataclass(frozen=True, slots=True)
class Voucher:
    """A promise that `payee` has got `cumulative` wei in all from `payer` for `subject`.

    The payer signs it, or a hot signer that it authorized. `subject` is 32 bytes that name what is
    paid for: a content, a deal, a job. It pays up to and in block `expiry`, and a later voucher
    replaces it only by a higher `cumulative`.
    """

    payer: str
    payee: str
    cumulative: int
    subject: bytes
    expiry: int

    def hash(self) -> bytes:
        """The EIP-712 struct hash that is signed."""
        return _struct_hash(VOUCHER_TYPE, *astuple(self))


@dataclass(frozen=True, slots=True)
class Approval:
    """The owner's word that `spender` may move `amount` wei of its account in Payments.

    Good once, for the owner's present `nonce`, up to and in block `deadline`.
    """

    owner: str
    spender: str
    amount: int
    nonce: int
    deadline: int

    def hash(self) -> bytes:
        """The EIP-712 struct hash that the owner signs."""
        return _struct_hash(APPROVAL_TYPE, *astuple(self))


def domain_separator(name: str, chain_id: int, contract: str) -> bytes:
    """The EIP-712 domain of one contract on one chain."""
    return _struct_hash(DOMAIN_TYPE, keccak(name.encode()), keccak(VERSION.encode()), chain_id, contract)


def digest(separator: bytes, struct_hash: bytes) -> bytes:
    """What is signed: the struct hash bound to its domain."""
    return keccak(b"\x19\x01" + separator + struct_hash)


def sign_digest(signer: "bytes | LocalAccount", message: bytes) -> bytes:
    """65 bytes `r || s || v` with v 27 or 28, by a private key or an unlocked account."""
    from eth_keys.datatypes import PrivateKey

    key = signer if isinstance(signer, bytes) else bytes(signer.key)
    signature = PrivateKey(key).sign_msg_hash(message).to_bytes()
    return signature[:64] + bytes([signature[64] + 27])


def recover(message: bytes, signature: bytes) -> str:
    """Who signed the digest; `Corrupt` for what the contracts wouldn't accept either."""
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    if len(signature) != 65 or signature[64] not in (27, 28):
        raise Corrupt("The signature isn't 65 bytes r, s, v with v 27 or 28; ask the signer for another.")
    if int.from_bytes(signature[32:64], "big") > _HALF_ORDER:
        raise Corrupt("The signature has a high s, which the contracts refuse; ask the signer for another.")
    try:
        signed = Signature(signature[:64] + bytes([signature[64] - 27]))
        return checksum(signed.recover_public_key_from_msg_hash(message).to_canonical_address())
    except (BadSignature, ValidationError):
        raise Corrupt("The signature belongs to no key; ask the signer for another.") from None


def compact(signature: bytes) -> bytes:
    """64 bytes `r || vs` of a signature as `sign_digest` makes it (EIP-2098), as a voucher carries it."""
    if len(signature) != 65 or signature[64] not in (27, 28) or signature[32] >> 7:
        raise Corrupt("Only 65 bytes r, s, v with a low s and v 27 or 28 have a compact form.")
    highest = signature[32] | (signature[64] - 27) << 7
    return signature[:32] + bytes([highest]) + signature[33:64]


def expanded(signature: bytes) -> bytes:
    """65 bytes `r || s || v` of a compact signature, as `recover` wants them."""
    if len(signature) != 64:
        raise Corrupt("A compact signature has 64 bytes, r and vs; ask the signer for another.")
    lowest = signature[32] & 0x7F
    return signature[:32] + bytes([lowest]) + signature[33:] + bytes([27 + (signature[32] >> 7)])


@lru_cache(4_096)
def checksum(address: bytes) -> str:
    """The text of an address of 20 bytes: the same few come again and again, and each costs a hash."""
    from eth_utils.address import to_checksum_address

    return str(to_checksum_address(address))


def keccak(data: bytes) -> bytes:
    """Keccak-256, the chain's hash."""
    from eth_hash.auto import keccak as backend

    return backend(data)


@cache
def _type_hash(encoded_type: str) -> bytes:
    return keccak(encoded_type.encode())


def _struct_hash(encoded_type: str, *values: str | int | bytes) -> bytes:
    return keccak(_type_hash(encoded_type) + b"".join(map(_word, values)))


def _word(value: str | int | bytes) -> bytes:
    if isinstance(value, int):
        return _uint_word(value)
    return _address_word(value) if isinstance(value, str) else _bytes_word(value)


def _uint_word(value: int) -> bytes:
    try:
        return value.to_bytes(32, "big")
    except OverflowError:
        raise UsageError(f"{value} doesn't fit an unsigned 256-bit number; check the terms.") from None


def _address_word(value: str) -> bytes:
    try:
        raw = bytes.fromhex(value.removeprefix("0x"))
    except ValueError:
        raw = b""
    if len(raw) != 20 or len(value) != 42:
        raise UsageError(f"{value!r} is not an address; give 0x and 40 hexadecimal digits.")
    return raw.rjust(32, b"\0")


def _bytes_word(value: bytes) -> bytes:
    if len(value) != 32:
        raise UsageError(f"A hash has 32 bytes, not {len(value)}; check the root.")
    return bytes(value)
