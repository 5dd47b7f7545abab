import boa
import pytest

from tests.support.boa_world import NOBODY, UNIT, WHOLE, events


def test_authorize__a_market__may_lock_up_to_the_limit(money, provider, second_market):
    money.staking.authorize(second_market, 7 * WHOLE, sender=provider)
    assert events(money.staking) == [("Authorized", provider, second_market, 7 * WHOLE)]
    assert money.staking.lock_of(provider, second_market) == (7 * WHOLE, 0, 0)


def test_authorize__less_than_is_locked__leaves_the_lock(money, provider, market):
    money.staking.lock(provider, 20 * WHOLE // UNIT, sender=market)
    money.staking.authorize(market, 5 * WHOLE, sender=provider)
    assert money.staking.lock_of(provider, market) == (5 * WHOLE, 20 * WHOLE, 0)


def test_authorize__who_is_no_market__is_refused(money, provider, attacker):
    for somebody in (attacker, provider, NOBODY):
        with boa.reverts("staking: market"):
            money.staking.authorize(somebody, WHOLE, sender=provider)


@pytest.mark.parametrize("limit", [1, WHOLE + 1, 2**60 * UNIT])
def test_authorize__what_is_no_number_of_units__is_refused(money, provider, market, limit):
    with boa.reverts("staking: units"):
        money.staking.authorize(market, limit, sender=provider)
