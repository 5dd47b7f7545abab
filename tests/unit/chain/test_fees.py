"""What an outbox offers for gas."""

import pytest

from xmbl.chain.fees import Fees, bumped, suggested
from xmbl.errors import FeeCeiling

GWEI = 10**9


def test_suggested__calm__survives_a_doubled_base_fee():
    assert suggested(10 * GWEI, 1 * GWEI, ceiling=200 * GWEI) == Fees(21 * GWEI, 1 * GWEI)


def test_suggested__near_the_ceiling__offers_the_ceiling():
    assert suggested(10 * GWEI, 1 * GWEI, ceiling=15 * GWEI) == Fees(15 * GWEI, 1 * GWEI)


def test_suggested__exactly_the_ceiling__is_allowed():
    assert suggested(10 * GWEI, 1 * GWEI, ceiling=11 * GWEI).max_fee == 11 * GWEI


def test_suggested__above_the_ceiling__refuses_with_both_prices():
    with pytest.raises(FeeCeiling, match=r"11 gwei now, above the ceiling of 10\.9 gwei"):
        suggested(10 * GWEI, 1 * GWEI, ceiling=10_900_000_000)


@pytest.mark.parametrize("old", [Fees(0, 0), Fees(7, 1), Fees(3 * GWEI, GWEI), Fees(10**12 + 1, 3)])
def test_bumped__any_fees__rise_by_an_eighth_or_more(old):
    new = bumped(old, Fees(0, 0))
    assert new.max_fee * 8 > old.max_fee * 9 or old.max_fee == 0
    assert new.tip * 8 > old.tip * 9 or old.tip == 0
    assert new.max_fee > old.max_fee
    assert new.tip > old.tip


def test_bumped__dearer_chain__follows_it():
    assert bumped(Fees(3 * GWEI, GWEI), Fees(50 * GWEI, 2 * GWEI)) == Fees(50 * GWEI, 2 * GWEI)
