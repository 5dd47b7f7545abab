import boa
import pytest

from tests.support.boa_world import ODD_TOKEN, STAKING, UNIT, WHOLE, events, person


def test_stake__tokens__stand_behind_the_caller(money, provider):
    money.staking.stake(WHOLE, sender=provider)
    assert events(money.staking) == [
        ("Transfer", provider, money.staking.address, WHOLE),
        ("Staked", provider, WHOLE),
    ]
    assert money.staking.stake_of(provider) == (101 * WHOLE, 0, 0, 0)
    assert money.staking.total() == 101 * WHOLE


def test_stake__nothing__is_refused(money, provider):
    with boa.reverts("staking: nothing"):
        money.staking.stake(0, sender=provider)


@pytest.mark.parametrize("amount", [1, UNIT - 1, WHOLE + 1, 2**60 * UNIT, 2**256 - 2**256 % UNIT])
def test_stake__what_is_no_number_of_units__is_refused(money, provider, amount):
    with boa.reverts("staking: units"):
        money.staking.stake(amount, sender=provider)


def test_stake__more_than_held__is_refused(money, provider):
    with boa.reverts("erc20: transfer amount exceeds balance"):
        money.staking.stake(101 * WHOLE, sender=provider)


def test_stake__a_token_that_says_no__is_refused():
    token, operator = ODD_TOKEN.deploy(), person("operator")
    token.refuse()
    staking = STAKING.deploy(token.address, [operator] * 4, 1)
    token.approve(staking.address, UNIT, sender=operator)
    with boa.reverts("staking: transfer"):
        staking.stake(UNIT, sender=operator)
