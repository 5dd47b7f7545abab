"""`deal_terms` against `typed_data` and the rules."""

from dataclasses import astuple

import boa
from eth_utils import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import block, load
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import Reverted
from xmbl.storage import rules

TERMS = load("mocks/DealTermsHarness.vy").deploy()
PARAMETERS = rules.Parameters(
    period=20, price_unit=10**12, rate=1, cover=50, limit=10, fee=200, window=40, bond=10**15
)
ADDRESSES = st.binary(min_size=20, max_size=20).map(to_checksum_address)
UINTS = st.integers(0, 2**256 - 1)


@given(
    st.builds(
        Deal,
        ADDRESSES,
        st.binary(min_size=32, max_size=32),
        st.builds(Terms, ADDRESSES, ADDRESSES, *[UINTS] * 9),
    )
)
def test_id__any_deal__is_the_struct_hash(deal: Deal) -> None:
    assert TERMS.id_of(deal.as_tuple()) == deal.id()
    assert TERMS.id(deal.operator, deal.root, deal.terms.hash()) == deal.id()


def near(*bounds: int) -> st.SearchStrategy[int]:
    """Values on both sides of some bounds, and far away."""
    return st.sampled_from([max(0, bound + side) for bound in bounds for side in (-1, 0, 1)])


@st.composite
def nearly_good_terms(draw: st.DrawFn, period: int, now: int) -> Terms:
    """Terms of which most fields are fine and some are at or beyond their bounds."""

    def pick(good: int, *bounds: int) -> int:
        return draw(st.one_of(st.just(good), st.just(good), near(*bounds)))

    price = pick(1_000, 0, rules.MAX_PRICE)
    cover = PARAMETERS.least_collateral(price)
    return Terms(
        client="0x" + "11" * 20,
        payee="0x" + "22" * 20,
        leaves=pick(5, 0, rules.MAX_LEAVES, 2**256 - 2),
        price=price,
        collateral=pick(cover, cover, 2 * cover),
        end=pick(period + 9, 0, period + 1, period + 367, rules.LAST_PERIOD),
        client_notice=pick(2, 2, 30, 2**256 - 2),
        operator_notice=pick(14, 2, 30),
        exit=pick(3, PARAMETERS.limit, 2**256 - 2),
        deadline=pick(now, now, (period + 2) * PARAMETERS.period, 2**256 - 2),
        salt=0,
    )


@given(st.data())
def test_check__terms_at_and_beyond_their_bounds__are_judged_as_by_the_rules(data: st.DataObject) -> None:
    now = block()
    period = now // PARAMETERS.period
    terms = data.draw(nearly_good_terms(period, now))
    arguments = (astuple(terms), period, PARAMETERS.period, PARAMETERS.limit, PARAMETERS.least_collateral(1))
    try:
        rules.check_terms(terms, period, now, PARAMETERS)
    except Reverted as refusal:
        with boa.reverts(refusal.reason):
            TERMS.check(*arguments)
    else:
        TERMS.check(*arguments)
