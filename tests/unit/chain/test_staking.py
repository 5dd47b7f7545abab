"""What the views of Staking work out from what they read."""

import pytest

from xmbl.chain.staking import Pool, Stake
from xmbl.units import STAKE_UNIT


@pytest.mark.parametrize(
    ("stake", "free"),
    [
        (Stake(100, 0, 0, 0, 0, 0, 0), 100),
        (Stake(100, 50, 0, 0, 0, 0, 0), 150),
        (Stake(100, 500, 0, 0, 0, 0, 0), 200),
        (Stake(100, 500, 30, 40, 7, 0, 0), 90),
        (Stake(100, 50, 0, 0, 0, 20, 0), 130),
        (Stake(100, 50, 140, 0, 0, 20, 0), -10),
    ],
)
def test_free__by_both_rules__is_the_lesser(stake, free):
    assert stake.free(leverage=2) == free


@pytest.mark.parametrize(("price", "units", "shares"), [(2**63, 7, 7), (2**62, 7, 14), (2**63 // 3, 7, 22)])
def test_shares_worth__an_amount__are_just_enough(price, units, shares):
    pool = Pool(price=price, generation=0, thawing_shares=0)
    assert pool.shares_worth(units * STAKE_UNIT) == shares
    assert shares * price >> 63 == units > (shares - 1) * price >> 63
