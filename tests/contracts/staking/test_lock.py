import boa
import pytest

from tests.support.boa_world import THAW_BLOCKS, UNIT, WHOLE, XMBL, events, mine


def test_lock__within_the_limit__holds_stake(money, provider, market):
    money.staking.lock(provider, 20 * XMBL, sender=market)
    assert events(money.staking) == []
    assert money.staking.lock_of(provider, market) == (50 * WHOLE, 20 * WHOLE, 0)
    assert money.staking.stake_of(provider)[:3] == (100 * WHOLE, 0, 20 * WHOLE)


def test_lock__up_to_the_limit__fits(money, provider, market):
    money.staking.lock(provider, 50 * XMBL, sender=market)
    assert money.staking.lock_of(provider, market)[1] == 50 * WHOLE


def test_lock__above_the_limit__is_refused(money, provider, market):
    money.staking.lock(provider, 50 * XMBL, sender=market)
    with boa.reverts("staking: limit"):
        money.staking.lock(provider, 1, sender=market)


def test_lock__a_market_without_a_limit__is_refused(money, provider, second_market):
    with boa.reverts("staking: limit"):
        money.staking.lock(provider, 1, sender=second_market)


def test_lock__who_is_no_market__is_refused(money, provider, attacker):
    with boa.reverts("staking: market"):
        money.staking.lock(provider, 0, sender=attacker)


def test_lock__more_than_all_markets_may__is_refused(money, provider, market, second_market):
    money.staking.authorize(second_market, 100 * WHOLE, sender=provider)
    money.staking.lock(provider, 50 * XMBL, sender=market)
    money.staking.lock(provider, 50 * XMBL, sender=second_market)
    with boa.reverts("staking: stake"):
        money.staking.lock(provider, 1, sender=second_market)


def test_lock__thawing_stake__is_refused(money, provider, market):
    money.staking.thaw(60 * WHOLE, sender=provider)
    money.staking.lock(provider, 40 * XMBL, sender=market)
    with boa.reverts("staking: stake"):
        money.staking.lock(provider, 1, sender=market)


@pytest.mark.parametrize("units", [2**60, 2**196, 2**256 - 1])
def test_lock__what_fits_no_field__is_refused(money, provider, market, units):
    with boa.reverts("staking: units"):
        money.staking.lock(provider, units, sender=market)


def test_lock__of_nothing__only_checks(money, provider, market):
    money.staking.lock(provider, 0, sender=market)
    assert events(money.staking) == []


def test_lock__of_nothing_beyond_a_lowered_limit__is_refused(money, provider, market):
    money.staking.lock(provider, 20 * XMBL, sender=market)
    money.staking.authorize(market, 19 * WHOLE, sender=provider)
    with boa.reverts("staking: limit"):
        money.staking.lock(provider, 0, sender=market)


def test_lock__of_nothing_while_locked_stake_thaws__is_refused(money, provider, market):
    money.staking.lock(provider, 20 * XMBL, sender=market)
    money.staking.thaw(80 * WHOLE + UNIT, sender=provider)
    with boa.reverts("staking: stake"):
        money.staking.lock(provider, 0, sender=market)


def test_lock__beside_delegated_stake__reaches_twice_own_stake(money, operator, delegator, attacker, market):
    money.staking.delegate(operator, 100 * WHOLE, sender=attacker)
    money.staking.lock(operator, 200 * XMBL, sender=market)
    with boa.reverts("staking: leverage"):
        money.staking.lock(operator, 1, sender=market)


def test_lock__on_own_stake_that_thaws__is_refused(money, operator, delegator, market):
    money.staking.thaw(60 * WHOLE, sender=operator)
    money.staking.lock(operator, 80 * XMBL, sender=market)
    with boa.reverts("staking: leverage"):
        money.staking.lock(operator, 1, sender=market)


def test_lock__on_delegated_stake_that_thaws__is_refused(money, operator, delegator, market):
    money.staking.thaw_delegated(operator, 30 * XMBL, sender=delegator)
    money.staking.lock(operator, 170 * XMBL, sender=market)
    with boa.reverts("staking: stake"):
        money.staking.lock(operator, 1, sender=market)


def test_lock__of_nothing_while_delegated_stake_thaws__is_refused(money, operator, delegator, market):
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.lock(operator, 0, sender=market)
    money.staking.thaw_delegated(operator, 1, sender=delegator)
    with boa.reverts("staking: stake"):
        money.staking.lock(operator, 0, sender=market)


def test_lock__after_those_who_thawed_have_left__needs_no_look_at_them(money, operator, delegator, market):
    money.staking.thaw_delegated(operator, 100 * XMBL, sender=delegator)
    mine(THAW_BLOCKS)
    money.staking.withdraw_delegated(operator, sender=delegator)
    money.staking.lock(operator, 100 * XMBL, sender=market)
    assert money.staking.stake_of(operator)[:3] == (100 * WHOLE, 0, 100 * WHOLE)
