import pytest

from tests.support.boa_world import NOBODY, deploy_money, person


@pytest.mark.parametrize("count", range(5))
def test_is_market__every_place__counts(count):
    markets = [person("market") for _ in range(count)]
    staking = deploy_money(markets).staking
    assert all(staking.is_market(market) for market in markets)


def test_is_market__anybody_else__is_none(money, attacker):
    assert not money.staking.is_market(attacker)


def test_is_market__the_zero_that_fills_the_list__is_none(money):
    assert not money.staking.is_market(NOBODY)
