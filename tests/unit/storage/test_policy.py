"""Terms follow the operator's will and the market's numbers; every refusal says why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.errors import Refused
from xmbl.storage import policy
from xmbl.storage.policy import GIB, Operator, Standing, StoragePolicy
from xmbl.storage.rules import Parameters, check_terms
from xmbl.storage.wire import QuoteRequest

CLIENT = "0x" + "11" * 20
OPERATOR = Operator("0x" + "22" * 20, "0x" + "33" * 20)
MARKET = Parameters(period=20, price_unit=10**12, rate=1, cover=50, limit=3, fee=200, window=40, bond=10**15)
WILL = StoragePolicy(price=10**15, capacity=10 * GIB, unpaid=2 * GIB)
STANDING = Standing(block=105, held=0, unpaid=0, free=100 * GIB, units=10**9, grow=10**9)
REQUEST = QuoteRequest(CLIENT, GIB, end=12)


def quote(will=WILL, standing=STANDING, request=REQUEST):
    return policy.quote(will, MARKET, standing, OPERATOR, request)


def refusal(will=WILL, standing=STANDING, request=REQUEST):
    with pytest.raises(Refused) as refused:
        quote(will, standing, request)
    return str(refused.value)


@given(
    st.integers(1, 2**33),
    st.integers(0, 10**18),
    st.integers(100, 200),
    st.integers(7, 12),
)
def test_quote__any_request_it_accepts__gives_terms_that_the_contract_opens(size, price, cover, end):
    will = replace(WILL, price=price, cover=cover)
    standing = replace(STANDING, units=2**60, grow=2**40)
    try:
        offered = quote(will, standing, QuoteRequest(CLIENT, size, end))
    except Refused:
        return
    terms = replace(offered.terms, deadline=STANDING.block + policy.patience(MARKET))
    check_terms(terms, STANDING.block // MARKET.period, STANDING.block, MARKET)
    assert offered.expiry == STANDING.block + 20


def test_price__of_a_gib__is_the_policys():
    assert quote().terms.price == 1000


def test_price__of_a_byte__is_one_unit():
    assert quote(request=replace(REQUEST, size=1)).terms.price == 1


def test_price__a_little_over_a_gib__is_rounded_up():
    assert quote(request=replace(REQUEST, size=GIB + 1)).terms.price == 1001


def test_collateral__of_a_thousand_units__covers_fifty_prices():
    assert quote().terms.collateral == 50 * 1000 * 10**12 // 10**9
    assert quote(replace(WILL, cover=200)).terms.collateral == 100 * 1000 * 10**12 // 10**9


def test_exit__above_the_markets_limit__is_the_limit():
    assert quote(replace(WILL, exit=9)).terms.exit == 3


def test_patience__long_periods__are_300_blocks():
    assert policy.patience(replace(MARKET, period=7_200)) == 300


@pytest.mark.parametrize(
    ("will", "standing", "request_", "reason"),
    [
        (replace(WILL, deny=frozenset({CLIENT})), STANDING, REQUEST, "I don't serve this client."),
        (
            replace(WILL, allow=frozenset({OPERATOR.address})),
            STANDING,
            REQUEST,
            "I serve only the clients on my list.",
        ),
        (
            WILL,
            STANDING,
            replace(REQUEST, end=6),
            "A deal that opens now begins in period 6; ask for a later end than 6.",
        ),
        (
            replace(WILL, periods=5),
            STANDING,
            REQUEST,
            "I keep bytes for 5 periods at most; ask for an end up to 11.",
        ),
        (replace(WILL, minimum=2 * GIB), STANDING, REQUEST, "I take deals of 2 GiB or more."),
        (
            WILL,
            replace(STANDING, held=9 * GIB + 2**29),
            REQUEST,
            "I have room for 512 MiB more; ask another operator.",
        ),
        (WILL, replace(STANDING, free=2**20), REQUEST, "I have room for 1 MiB more; ask another operator."),
        (
            WILL,
            replace(STANDING, unpaid=GIB + 1),
            REQUEST,
            "Too many bytes wait here for their deals to be opened; ask again later.",
        ),
        (
            WILL,
            replace(STANDING, units=49_999_999),
            REQUEST,
            "I have no stake left to lock for another deal of this price; ask another operator.",
        ),
        (
            WILL,
            replace(STANDING, grow=999),
            REQUEST,
            "My deals may not grow any further in this period; ask again in the next.",
        ),
    ],
    ids=["deny", "allow", "end", "periods", "minimum", "capacity", "disk", "unpaid", "stake", "cap"],
)
def test_quote__a_request_against_the_policy__is_refused_with_its_reason(will, standing, request_, reason):
    assert refusal(will, standing, request_) == reason


def test_quote__an_operator_that_leaves__takes_nothing_and_says_so():
    assert refusal(standing=replace(STANDING, leaving=True)) == (
        "I take no new deals any more; ask another operator."
    )
