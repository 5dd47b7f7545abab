"""A voucher travels whole, or not at all; only its signer's own signature is taken for it."""

import json
from dataclasses import replace

import pytest
from eth_keys.backends import CoinCurveECCBackend, get_backend
from hypothesis import given
from hypothesis import strategies as st

from tests.support.vouchers import DOMAIN, READER, SIGNER, signed
from xmbl.errors import Corrupt, UsageError
from xmbl.payments.wire import MOST, Domain, SignedVoucher

VOUCHER = signed(5)

anything = st.none() | st.booleans() | st.integers() | st.binary() | st.text() | st.lists(st.integers())


def test_unpack__what_was_packed__is_the_same():
    assert SignedVoucher.unpack(VOUCHER.pack()) == VOUCHER


@given(st.sampled_from(sorted(VOUCHER.pack())), anything)
def test_unpack__a_field_replaced_by_anything__is_refused_or_valid(name, value):
    raw = VOUCHER.pack() | {name: value}
    try:
        found = SignedVoucher.unpack(raw)
    except (ValueError, TypeError):
        return
    assert found.pack() == raw


@given(anything | st.dictionaries(st.text(), st.integers()))
def test_unpack__anything_at_all__is_refused(raw):
    with pytest.raises((ValueError, TypeError)):
        SignedVoucher.unpack(raw)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cumulative", -1),
        ("cumulative", MOST + 1),
        ("cumulative", True),
        ("expiry", 2**64),
        ("payer", bytes(20)),
        ("signature", bytes(65)),
    ],
)
def test_unpack__what_no_ledger_takes__is_refused(name, value):
    with pytest.raises(ValueError, match="not what it has to be"):
        SignedVoucher.unpack(VOUCHER.pack() | {name: value})


def test_parse__its_document__is_the_same():
    assert SignedVoucher.parse(json.dumps(VOUCHER.document())) == VOUCHER


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "null", json.dumps(VOUCHER.document() | {"cumulative": 5}),
     json.dumps(VOUCHER.document() | {"payer": "0x12"}), json.dumps(VOUCHER.document() | {"more": 1}),
     json.dumps(VOUCHER.document() | {"cumulative": "9" * 40})],
)  # fmt: skip
def test_parse__another_text__is_refused_with_a_remedy(text):
    with pytest.raises(UsageError, match=r"give one as `xmbl pay voucher sign` writes it"):
        SignedVoucher.parse(text)


def test_signer__of_a_signed_voucher__is_who_signed():
    assert DOMAIN.signer(VOUCHER) == READER.address
    assert DOMAIN.signer(signed(5, SIGNER)) == SIGNER.address


def test_signer__for_another_ledger_or_amount__is_somebody_else():
    assert Domain.of(1, "0x" + "99" * 20).signer(VOUCHER) != READER.address
    more = replace(VOUCHER, voucher=replace(VOUCHER.voucher, cumulative=6))
    assert DOMAIN.signer(more) != READER.address


def test_signer__a_signature_of_nobody__is_corrupt():
    with pytest.raises(Corrupt):
        DOMAIN.signer(replace(VOUCHER, signature=bytes(64)))


def test_signatures__of_a_hundred_thousand_vouchers_a_minute__are_checked_by_libsecp256k1():
    assert isinstance(get_backend(), CoinCurveECCBackend)
