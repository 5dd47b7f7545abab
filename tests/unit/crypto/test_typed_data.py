"""Struct hashes and signatures are what eth-account computes, and nothing malformed passes."""

from dataclasses import asdict, replace
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Approval, Deal, Quote, Terms, Voucher
from xmbl.errors import Corrupt, UsageError

CONTRACT = "0x00000000000000000000000000000000DeaDBeef"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
SEPARATOR = typed_data.domain_separator(typed_data.DEALS_DOMAIN, 31337, CONTRACT)

agent = Account.from_key(b"\x01" * 32)
client = Account.from_key(b"\x02" * 32)

TERMS = Terms(
    client=client.address,
    payee=agent.address,
    leaves=1024,
    price=7,
    collateral=400,
    end=30,
    client_notice=2,
    operator_notice=14,
    exit=3,
    deadline=900,
    salt=2**255 + 1,
)
DEAL = Deal(agent.address, b"\xab" * 32, TERMS)
QUOTE = Quote(agent.address, replace(TERMS, deadline=0, salt=0), 10**15, 500)

uints = st.integers(0, 2**256 - 1)
addresses = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
terms = st.builds(Terms, addresses, addresses, *[uints] * 9)
deals = st.builds(Deal, addresses, st.binary(min_size=32, max_size=32), terms)


def fields(encoded_type: str) -> list[dict[str, str]]:
    members = encoded_type[encoded_type.index("(") + 1 : encoded_type.index(")")].split(",")
    return [{"type": kind, "name": name} for kind, name in (member.split() for member in members)]


def signable(primary: str, message: dict[str, Any]) -> Any:
    encoded = {"Terms": typed_data.TERMS_TYPE, "Deal": typed_data.DEAL_TYPE, "Quote": typed_data.QUOTE_TYPE}
    return encode_typed_data(
        full_message={
            "domain": {
                "name": typed_data.DEALS_DOMAIN,
                "version": "1",
                "chainId": 31337,
                "verifyingContract": CONTRACT,
            },
            "types": {
                "EIP712Domain": fields(typed_data.DOMAIN_TYPE),
                "Terms": fields(typed_data.TERMS_TYPE),
                primary: fields(encoded[primary]),
            },
            "primaryType": primary,
            "message": message,
        }
    )


@given(deals)
def test_id__any_deal__equals_eth_accounts_struct_hash(deal: Deal) -> None:
    assert deal.id() == signable("Deal", asdict(deal)).body


def test_domain_separator__one_chain__equals_eth_accounts() -> None:
    assert signable("Deal", asdict(DEAL)).header == SEPARATOR


def test_hash__terms__equals_eth_accounts_struct_hash() -> None:
    assert signable("Terms", asdict(TERMS)).body == TERMS.hash()


def test_hash__quote__equals_eth_accounts_struct_hash() -> None:
    assert signable("Quote", asdict(QUOTE)).body == QUOTE.hash()


@pytest.mark.parametrize("field", TERMS.__slots__)
def test_id__one_term_changed__differs(field: str) -> None:
    changed = CONTRACT if field in ("client", "payee") else 99
    assert replace(DEAL, terms=replace(TERMS, **{field: changed})).id() != DEAL.id()


def test_as_tuple__deal__nests_terms_in_contract_order() -> None:
    operator, root, inner = DEAL.as_tuple()
    assert (operator, root) == (agent.address, b"\xab" * 32)
    assert inner == (client.address, agent.address, 1024, 7, 400, 30, 2, 14, 3, 900, 2**255 + 1)


def test_sign_digest__deal__equals_eth_accounts_signature() -> None:
    signed = agent.sign_message(signable("Deal", asdict(DEAL)))
    digest = typed_data.digest(SEPARATOR, DEAL.id())
    assert typed_data.sign_digest(agent, digest) == bytes(signed.signature)
    assert typed_data.sign_digest(bytes(agent.key), digest) == bytes(signed.signature)


def test_recover__own_signature__is_the_signer() -> None:
    digest = typed_data.digest(SEPARATOR, QUOTE.hash())
    assert typed_data.recover(digest, typed_data.sign_digest(agent, digest)) == agent.address


def test_recover__other_domain__is_somebody_else() -> None:
    signature = typed_data.sign_digest(agent, typed_data.digest(SEPARATOR, DEAL.id()))
    elsewhere = typed_data.domain_separator(typed_data.DEALS_DOMAIN, 1, CONTRACT)
    assert typed_data.recover(typed_data.digest(elsewhere, DEAL.id()), signature) != agent.address


@pytest.mark.parametrize("broken", [b"", b"\x01" * 64, b"\x01" * 64 + b"\x00", b"\x01" * 66])
def test_recover__odd_shape__refused(broken: bytes) -> None:
    with pytest.raises(Corrupt, match="isn't 65 bytes"):
        typed_data.recover(bytes(32), broken)


def test_recover__malleated_twin__refused() -> None:
    good = typed_data.sign_digest(agent, bytes(32))
    high_s = (ORDER - int.from_bytes(good[32:64], "big")).to_bytes(32, "big")
    with pytest.raises(Corrupt, match="high s"):
        typed_data.recover(bytes(32), good[:32] + high_s + bytes([55 - good[64]]))


@pytest.mark.parametrize("r", [bytes(32), b"\xff" * 32])
def test_recover__impossible_point__refused(r: bytes) -> None:
    with pytest.raises(Corrupt, match="no key"):
        typed_data.recover(bytes(32), r + b"\x01" * 32 + b"\x1b")


@pytest.mark.parametrize("value", [-1, 2**256])
def test_hash__number_out_of_range__refused(value: int) -> None:
    with pytest.raises(UsageError, match="unsigned 256-bit"):
        replace(TERMS, salt=value).hash()


@pytest.mark.parametrize("value", ["", "0x12", "0x" + "zz" * 20, "ab" * 20, "0x" + "ab" * 21])
def test_hash__not_an_address__refused(value: str) -> None:
    with pytest.raises(UsageError, match="not an address"):
        replace(TERMS, client=value).hash()


def test_id__short_root__refused() -> None:
    with pytest.raises(UsageError, match="32 bytes, not 31"):
        replace(DEAL, root=bytes(31)).id()


vouchers = st.builds(Voucher, addresses, addresses, uints, st.binary(min_size=32, max_size=32), uints)
approvals = st.builds(Approval, addresses, addresses, uints, uints, uints)


def of_payments(encoded_type: str, message: dict[str, Any]) -> Any:
    """A message of Payments as eth-account reads it."""
    primary = encoded_type[: encoded_type.index("(")]
    domain = {"name": "XMBL Payments", "version": "1", "chainId": 31337, "verifyingContract": CONTRACT}
    return encode_typed_data(
        full_message={
            "domain": domain,
            "types": {"EIP712Domain": fields(typed_data.DOMAIN_TYPE), primary: fields(encoded_type)},
            "primaryType": primary,
            "message": message,
        }
    )


@given(vouchers)
def test_hash__any_voucher__equals_eth_accounts_struct_hash(voucher: Voucher) -> None:
    signable = of_payments(typed_data.VOUCHER_TYPE, asdict(voucher))
    assert voucher.hash() == signable.body
    assert typed_data.domain_separator(typed_data.PAYMENTS_DOMAIN, 31337, CONTRACT) == signable.header


@given(approvals)
def test_hash__any_approval__equals_eth_accounts_struct_hash(approval: Approval) -> None:
    assert approval.hash() == of_payments(typed_data.APPROVAL_TYPE, asdict(approval)).body


@given(st.binary(min_size=32, max_size=32))
def test_compact__any_signature__keeps_its_signer(message: bytes) -> None:
    signature = typed_data.sign_digest(client, message)
    short = typed_data.compact(signature)
    assert len(short) == 64
    assert typed_data.expanded(short) == signature
    assert typed_data.recover(message, typed_data.expanded(short)) == client.address


@pytest.mark.parametrize(
    "signature",
    [b"", bytes(64), bytes(64) + b"\x1d", bytes(64) + b"\x00", bytes(32) + b"\x80" + bytes(31) + b"\x1b"],
    ids=["empty", "short", "v 29", "v 0", "high s"],
)
def test_compact__what_is_no_low_signature__is_corrupt(signature: bytes) -> None:
    with pytest.raises(Corrupt, match="compact form"):
        typed_data.compact(signature)


@pytest.mark.parametrize("length", [0, 63, 65])
def test_expanded__another_length__is_corrupt(length: int) -> None:
    with pytest.raises(Corrupt, match="64 bytes"):
        typed_data.expanded(bytes(length))


def test_expanded__nothing_but_zeros__belongs_to_no_key() -> None:
    with pytest.raises(Corrupt, match="no key"):
        typed_data.recover(bytes(32), typed_data.expanded(bytes(64)))
