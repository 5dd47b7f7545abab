"""What the fields of a storage message may hold."""

from functools import partial
from typing import Any

from xmbl.codec import Codec, fixed, record, require, unsigned
from xmbl.crypto.merkle import MAX_LEAVES
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.crypto.typed_data import Quote, Terms
from xmbl.payments.wire import ADDRESS, MOST, SignedVoucher

MAX_SIZE = MAX_LEAVES * LEAF_BYTES
"""Bytes of one deal: a larger file is several deals."""

READ_LIMIT = 8 * 2**20
"""Bytes that one request may ask for."""

WINDOW_LIMIT = 2 * READ_LIMIT
"""Bytes that may be paid for before they are checked: a fast line has as many on its way."""

REASON_LIMIT = 300
PATH_LIMIT = 25


def _unpack_root(raw: Any) -> bytes:
    return b"" if raw == b"" else HASH.unpack(raw)


def _unpack_flag(raw: Any) -> bool:
    require(type(raw) is bool)
    return bool(raw)


def _unpack_reason(raw: Any) -> str:
    require(type(raw) is str)
    return "".join(sign if sign.isprintable() else " " for sign in raw[:REASON_LIMIT])


def _unpack_path(raw: Any) -> tuple[bytes, ...]:
    require(type(raw) in (list, tuple) and len(raw) <= PATH_LIMIT)
    return tuple(map(HASH.unpack, raw))


def _pack_shown(shown: SignedVoucher | None) -> Any:
    return shown.pack() if shown else None


def _unpack_shown(raw: Any) -> SignedVoucher | None:
    return None if raw is None else SignedVoucher.unpack(raw)


HASH = fixed(32)
ROOT: Codec[bytes] = Codec(bytes, _unpack_root)
SIGNATURE = fixed(65)
LEAF = fixed(LEAF_BYTES)
FLAG: Codec[bool] = Codec(bool, _unpack_flag)
REASON: Codec[str] = Codec(lambda text: text[:REASON_LIMIT], _unpack_reason)
PATH: Codec[tuple[bytes, ...]] = Codec(list, _unpack_path)
SIZE = unsigned(MAX_SIZE + 1, least=1)
OFFSET = unsigned(MAX_SIZE)
LENGTH = unsigned(READ_LIMIT + 1, least=1)
WINDOW = unsigned(WINDOW_LIMIT + 1, least=1)
LEAF_INDEX = unsigned(MAX_LEAVES)
BLOCK = unsigned(2**64)
PERIOD = unsigned(2**24)
SALT = unsigned(2**63)
AMOUNT = unsigned(MOST + 1)
SHOWN: Codec[SignedVoucher | None] = Codec(_pack_shown, _unpack_shown)
VOUCHER: Codec[SignedVoucher] = Codec(SignedVoucher.pack, SignedVoucher.unpack)

# deadline and salt come with the signature over the deal
_TERMS = record(
    partial(Terms, deadline=0, salt=0),
    {
        "client": ADDRESS,
        "payee": ADDRESS,
        "leaves": unsigned(MAX_LEAVES + 1, least=1),
        "price": unsigned(2**40, least=1),
        "collateral": unsigned(2**60, least=1),
        "end": PERIOD,
        "client_notice": unsigned(31, least=2),
        "operator_notice": unsigned(31, least=2),
        "exit": unsigned(16),
    },
)
QUOTED = record(Quote, {"operator": ADDRESS, "terms": _TERMS, "egress": AMOUNT, "expiry": BLOCK})
