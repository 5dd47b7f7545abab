import boa
import pytest

from tests.support.boa_world import WHOLE, XMBL, events


@pytest.fixture(autouse=True)
def _locked(money, provider, market, second_market):
    money.staking.authorize(second_market, 50 * WHOLE, sender=provider)
    money.staking.lock(provider, 20 * XMBL, sender=market)
    money.staking.lock(provider, 30 * XMBL, sender=second_market)


def test_unlock__a_part__is_free_again(money, provider, market):
    money.staking.unlock(provider, 5 * XMBL, sender=market)
    assert events(money.staking) == []
    assert money.staking.lock_of(provider, market) == (50 * WHOLE, 15 * WHOLE, 0)
    assert money.staking.stake_of(provider)[:3] == (100 * WHOLE, 0, 45 * WHOLE)


def test_unlock__more_than_the_caller_holds__is_refused(money, provider, market):
    with boa.reverts("staking: locked"):
        money.staking.unlock(provider, 20 * XMBL + 1, sender=market)


def test_unlock__who_is_no_market__is_refused(money, provider):
    with boa.reverts("staking: market"):
        money.staking.unlock(provider, 1, sender=provider)


def test_unlock__what_fits_no_field__is_refused(money, provider, market):
    with boa.reverts("staking: units"):
        money.staking.unlock(provider, 2**256 - 1, sender=market)


def test_unlock__of_nothing__does_nothing(money, provider, market):
    money.staking.unlock(provider, 0, sender=market)
    assert events(money.staking) == []
