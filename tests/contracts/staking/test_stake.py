import boa
import pytest

from tests.support.boa_world import THAW_BLOCKS, UNIT, WHOLE, events, mine


def test_stake__tokens__stand_behind_the_caller(money, provider):
    total = money.staking.total()
    money.staking.stake(WHOLE, 0, sender=provider)
    assert events(money.staking) == [
        ("Transfer", provider, money.staking.address, WHOLE),
        ("Staked", provider, WHOLE),
    ]
    assert money.staking.stake_of(provider) == (101 * WHOLE, 0, 0, 0, 0, 0, 0)
    assert money.staking.total() == total + WHOLE


def test_stake__nothing__is_refused(money, provider):
    with boa.reverts("staking: nothing"):
        money.staking.stake(0, 0, sender=provider)


@pytest.mark.parametrize("amount", [1, UNIT - 1, WHOLE + 1, 2**60 * UNIT, 2**256 - 2**256 % UNIT])
def test_stake__what_is_no_number_of_units__is_refused(money, provider, amount):
    with boa.reverts("staking: units"):
        money.staking.stake(amount, 0, sender=provider)


def test_stake__more_than_held__is_refused(money, provider):
    with boa.reverts("erc20: transfer amount exceeds balance"):
        money.staking.stake(101 * WHOLE, 0, sender=provider)


def test_stake__for_the_first_time__fixes_the_commission(money, attacker):
    money.staking.stake(WHOLE, 250, sender=attacker)
    assert money.staking.stake_of(attacker).commission == 250
    assert money.staking.pool_of(attacker) == (2**63, 0, 0)
    money.staking.stake(WHOLE, 250, sender=attacker)


@pytest.mark.parametrize("commission", [10_001, 2**88, 2**256 - 1])
def test_stake__for_more_than_everything__is_refused(money, attacker, commission):
    with boa.reverts("staking: commission"):
        money.staking.stake(WHOLE, commission, sender=attacker)


@pytest.mark.parametrize("commission", [0, 999, 1_001, 2**88 + 1_000])
def test_stake__for_another_commission_than_the_first__is_refused(money, operator, commission):
    with boa.reverts("staking: commission"):
        money.staking.stake(WHOLE, commission, sender=operator)


def test_stake__again_after_all_has_left__has_the_old_commission(money, operator):
    money.staking.thaw(100 * WHOLE, sender=operator)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=operator)
    with boa.reverts("staking: commission"):
        money.staking.stake(WHOLE, 5_000, sender=operator)


def test_stake__a_token_that_says_no__is_refused(stubborn, operator):
    token, staking = stubborn
    token.refuse()
    with boa.reverts("staking: transfer"):
        staking.stake(UNIT, 0, sender=operator)
