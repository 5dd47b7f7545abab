"""How one field of a storage message travels, and what it may hold.

`pack` makes what CBOR carries; `unpack` trusts nothing: whatever isn't exactly right raises
`ValueError` or `TypeError`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from eth_utils.address import to_canonical_address, to_checksum_address

from xmbl.crypto.merkle import MAX_LEAVES
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.crypto.typed_data import Quote, Terms
from xmbl.payments.wire import MOST, SignedVoucher

MAX_SIZE = MAX_LEAVES * LEAF_BYTES
"""Bytes of one deal: a larger file is several deals."""

READ_LIMIT = 4 * 2**20
"""Bytes that one request may ask for."""

WINDOW_LIMIT = 4 * READ_LIMIT
"""Bytes that may be paid for before they are checked: a fast line has as many on its way."""

REASON_LIMIT = 300
PATH_LIMIT = 25

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How one field travels: `unpack` trusts nothing and raises `ValueError` or `TypeError`."""

    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]


def _require(good: bool) -> None:
    if not good:
        raise ValueError


def _unsigned(below: int, least: int = 0) -> Codec[int]:
    def unpack(raw: Any) -> int:
        # a bool is an int to Python, but not to us
        _require(type(raw) is int and least <= raw < below)
        return int(raw)

    return Codec(int, unpack)


def _fixed(length: int) -> Codec[bytes]:
    def unpack(raw: Any) -> bytes:
        _require(type(raw) is bytes and len(raw) == length)
        return bytes(raw)

    return Codec(bytes, unpack)


def _unpack_address(raw: Any) -> str:
    _require(type(raw) is bytes and len(raw) == 20 and any(raw))
    return str(to_checksum_address(raw))


def _unpack_root(raw: Any) -> bytes:
    return b"" if raw == b"" else HASH.unpack(raw)


def _unpack_flag(raw: Any) -> bool:
    _require(type(raw) is bool)
    return bool(raw)


def _unpack_reason(raw: Any) -> str:
    _require(type(raw) is str)
    return "".join(sign if sign.isprintable() else " " for sign in raw[:REASON_LIMIT])


def _unpack_path(raw: Any) -> tuple[bytes, ...]:
    _require(type(raw) in (list, tuple) and len(raw) <= PATH_LIMIT)
    return tuple(map(HASH.unpack, raw))


def _pack_shown(shown: SignedVoucher | None) -> Any:
    return shown.pack() if shown else None


def _unpack_shown(raw: Any) -> SignedVoucher | None:
    return None if raw is None else SignedVoucher.unpack(raw)


ADDRESS: Codec[str] = Codec(to_canonical_address, _unpack_address)
HASH = _fixed(32)
ROOT: Codec[bytes] = Codec(bytes, _unpack_root)
SIGNATURE = _fixed(65)
LEAF = _fixed(LEAF_BYTES)
FLAG: Codec[bool] = Codec(bool, _unpack_flag)
REASON: Codec[str] = Codec(lambda text: text[:REASON_LIMIT], _unpack_reason)
PATH: Codec[tuple[bytes, ...]] = Codec(list, _unpack_path)
SIZE = _unsigned(MAX_SIZE + 1, least=1)
OFFSET = _unsigned(MAX_SIZE)
LENGTH = _unsigned(READ_LIMIT + 1, least=1)
WINDOW = _unsigned(WINDOW_LIMIT + 1, least=1)
LEAF_INDEX = _unsigned(MAX_LEAVES)
BLOCK = _unsigned(2**64)
PERIOD = _unsigned(2**24)
SALT = _unsigned(2**63)
AMOUNT = _unsigned(MOST + 1)
SHOWN: Codec[SignedVoucher | None] = Codec(_pack_shown, _unpack_shown)
VOUCHER: Codec[SignedVoucher] = Codec(SignedVoucher.pack, SignedVoucher.unpack)

_TERMS: dict[str, Codec[Any]] = {
    "client": ADDRESS,
    "payee": ADDRESS,
    "leaves": _unsigned(MAX_LEAVES + 1, least=1),
    "price": _unsigned(2**40, least=1),
    "collateral": _unsigned(2**60, least=1),
    "end": PERIOD,
    "client_notice": _unsigned(31, least=2),
    "operator_notice": _unsigned(31, least=2),
    "exit": _unsigned(16),
}


def _pack_quote(quote: Quote) -> dict[str, Any]:
    terms = {name: codec.pack(getattr(quote.terms, name)) for name, codec in _TERMS.items()}
    plain = {"egress": quote.egress, "expiry": quote.expiry}
    return {"operator": ADDRESS.pack(quote.operator), "terms": terms, **plain}


def _unpack_quote(raw: Any) -> Quote:
    _require(type(raw) is dict and raw.keys() == {"operator", "terms", "egress", "expiry"})
    named = raw["terms"]
    _require(type(named) is dict and named.keys() == _TERMS.keys())
    values = {name: codec.unpack(named[name]) for name, codec in _TERMS.items()}
    # deadline and salt come with the signature over the deal
    terms = Terms(**values, deadline=0, salt=0)
    egress, expiry = AMOUNT.unpack(raw["egress"]), BLOCK.unpack(raw["expiry"])
    return Quote(ADDRESS.unpack(raw["operator"]), terms, egress, expiry)


QUOTED: Codec[Quote] = Codec(_pack_quote, _unpack_quote)
