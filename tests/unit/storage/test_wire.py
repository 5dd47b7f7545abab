"""What a peer sends is exactly the message expected, or refused."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.crypto.typed_data import Quote, Terms, Voucher
from xmbl.errors import Crowded, ProtocolError, Refused
from xmbl.network import frames
from xmbl.payments.wire import SignedVoucher
from xmbl.storage import wire
from xmbl.storage.wire import (
    ExtendRequest,
    LeafReply,
    LeafRequest,
    Message,
    PaidRead,
    PriceReply,
    PriceRequest,
    QuoteRequest,
    ReadReady,
    ReadRequest,
    Refusal,
    SignedExtension,
    SignedQuote,
    StoreReady,
    StoreReceipt,
    StoreRequest,
)

CLIENT = "0x" + "11" * 20
OPERATOR = "0x" + "22" * 20
TERMS = Terms(CLIENT, OPERATOR, 1024, 7, 350, 30, 2, 14, 3, deadline=0, salt=0)
QUOTE = Quote(OPERATOR, TERMS, 10**15, 500)
VOUCHER = SignedVoucher(Voucher(CLIENT, OPERATOR, 10**18, b"\2" * 32, 500), b"\1" * 64)

MESSAGES = [
    Refusal("No room.", busy=False),
    Refusal("No seat.", busy=True),
    QuoteRequest(CLIENT, 262_144, 30),
    SignedQuote(QUOTE, b"\1" * 65),
    ExtendRequest(b"\2" * 32, 30),
    SignedExtension(20, 510, b"\1" * 65),
    StoreRequest(QUOTE, b"\1" * 65, 262_144, b""),
    StoreRequest(QUOTE, b"\1" * 65, 262_144, b"\2" * 32),
    StoreReady(held=True),
    StoreReceipt(b"\2" * 32, 510, 2**63 - 1, b"\1" * 65),
    ReadRequest(b"\2" * 32, 0, 4 * 2**20),
    ReadReady(5),
    PriceRequest(b"\2" * 32, CLIENT),
    PriceReply(OPERATOR, 10**15, 4 * 2**20, 500, b"\1" * 65, None),
    PriceReply(OPERATOR, 10**15, 4 * 2**20, 500, b"\1" * 65, VOUCHER),
    PaidRead(b"\2" * 32, 0, 4 * 2**20, VOUCHER),
    LeafRequest(b"\2" * 32, 2**25 - 1),
    LeafReply(b"\3" * 256, (b"\4" * 32,) * 25),
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.binary() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)


def over_the_wire(message: Message) -> object:
    return frames.unpack(frames.pack(message.encode())[frames.HEADER_BYTES :])


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_decode__a_message_that_travelled__is_the_same(message):
    assert type(message).decode(over_the_wire(message)) == message


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
@given(data=st.data())
def test_decode__a_field_replaced_by_anything__is_refused_or_valid(message, data):
    raw = message.encode()
    name = data.draw(st.sampled_from(sorted(raw)))
    raw[name] = data.draw(anything)
    try:
        decoded = type(message).decode(raw)
    except (ProtocolError, Refused):
        return
    assert type(message).decode(decoded.encode()) == decoded


@given(anything)
def test_decode__anything_at_all__is_refused(raw):
    with pytest.raises(ProtocolError):
        QuoteRequest.decode(raw)


def test_decode__a_refusal_in_its_place__raises_the_reason():
    with pytest.raises(Refused, match=r"^No room\.$") as refused:
        SignedQuote.decode(Refusal("No room.", busy=False).encode())
    assert type(refused.value) is Refused


def test_decode__a_refusal_for_the_moment__can_be_told_from_one_for_good():
    with pytest.raises(Crowded, match=r"^No seat\.$"):
        SignedQuote.decode(Refusal("No seat.", busy=True).encode())


def test_decode__a_reason_with_terminal_codes__loses_them():
    raw = {"kind": "Refusal", "reason": "a\x1b[2Jb\nc", "busy": False}
    assert Refusal.decode(raw).reason == "a [2Jb c"


def test_decode__another_message__is_named():
    with pytest.raises(ProtocolError, match="something else than a StoreReady"):
        StoreReady.decode(ReadReady(1).encode())


def test_decode__an_extra_field__is_refused():
    with pytest.raises(ProtocolError, match="a ReadReady with other fields"):
        ReadReady.decode({**ReadReady(1).encode(), "more": 1})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", 0),
        ("size", 2**33 + 1),
        ("size", True),
        ("end", -1),
        ("client", bytes(20)),
        ("client", CLIENT),
    ],
)
def test_decode__a_number_no_contract_accepts__is_named(field, value):
    with pytest.raises(ProtocolError, match=f"a QuoteRequest whose {field} is wrong"):
        QuoteRequest.decode({**QuoteRequest(CLIENT, 5, 7).encode(), field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("leaves", 0),
        ("leaves", 2**25 + 1),
        ("price", 0),
        ("price", 2**40),
        ("collateral", 0),
        ("client_notice", 1),
        ("operator_notice", 31),
        ("exit", 16),
        ("payee", bytes(20)),
    ],
)
def test_decode__a_quote_with_impossible_terms__is_refused(field, value):
    raw = SignedQuote(QUOTE, bytes(65)).encode()
    raw["quote"]["terms"][field] = value
    with pytest.raises(ProtocolError, match="whose quote is wrong"):
        SignedQuote.decode(raw)


def test_deal__of_a_receipt__completes_the_quoted_terms():
    deal = StoreReceipt(b"\2" * 32, 510, 77, bytes(65)).deal(QUOTE)
    assert (deal.operator, deal.root) == (OPERATOR, b"\2" * 32)
    assert deal.terms == replace(TERMS, deadline=510, salt=77)


def test_decode_any__one_of_several__is_told_apart():
    assert wire.decode_any(ReadReady(1).encode(), LeafRequest, ReadReady) == ReadReady(1)
    with pytest.raises(ProtocolError, match="none of LeafRequest, ReadRequest"):
        wire.decode_any({"kind": ["ReadReady"]}, LeafRequest, ReadRequest)
