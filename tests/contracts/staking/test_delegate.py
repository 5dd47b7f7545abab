import boa
import pytest

from tests.contracts.staking.conftest import SHARES
from tests.support.boa_world import NOBODY, UNIT, WHOLE, XMBL, events, person

ONE = 2**63


def test_delegate__tokens__stand_behind_the_operator(money, operator, delegator):
    money.staking.delegate(operator, WHOLE, sender=delegator)
    assert events(money.staking) == [
        ("Transfer", delegator, money.staking.address, WHOLE),
        ("Delegated", operator, delegator, WHOLE, XMBL),
    ]
    assert money.staking.stake_of(operator) == (100 * WHOLE, 101 * WHOLE, 0, 0, 0, 0, 1_000)
    assert money.staking.delegation_of(operator, delegator) == (SHARES + XMBL, 101 * WHOLE, 0, 0, 0)
    assert money.staking.pool_of(operator) == (ONE, 0, 0)


def test_delegate__more__keeps_what_was_earned(money, operator, delegator, earn):
    earn(3_001)
    assert money.staking.delegation_of(operator, delegator).claimable == 900
    money.staking.delegate(operator, 77 * WHOLE, sender=delegator)
    assert money.staking.delegation_of(operator, delegator).claimable in (899, 900)


def test_delegate__after_others_earned__gets_nothing_of_theirs(money, operator, delegator, earn, attacker):
    earn(3_001)
    money.staking.delegate(operator, 100 * WHOLE, sender=attacker)
    assert money.staking.delegation_of(operator, attacker).claimable == 0
    assert money.staking.delegation_of(operator, delegator).claimable == 900
    assert money.staking.fees_of(operator) == 1_000


def test_delegate__after_a_slash__buys_at_the_lower_price(money, operator, delegator, lose, attacker):
    lose(operator, 100 * XMBL)
    assert money.staking.pool_of(operator).price == ONE // 2
    money.staking.delegate(operator, 10 * WHOLE, sender=attacker)
    assert money.staking.delegation_of(operator, attacker)[:2] == (20 * XMBL, 10 * WHOLE)
    assert money.staking.delegation_of(operator, delegator)[:2] == (SHARES, 50 * WHOLE)


def test_delegate__by_an_operator_to_itself__is_delegated(money, operator, delegator):
    money.staking.delegate(operator, WHOLE, sender=operator)
    assert money.staking.stake_of(operator)[:2] == (100 * WHOLE, 101 * WHOLE)


def test_delegate__nothing__is_refused(money, operator, delegator):
    with boa.reverts("staking: nothing"):
        money.staking.delegate(operator, 0, sender=delegator)


@pytest.mark.parametrize("amount", [1, WHOLE + 1, 2**60 * UNIT])
def test_delegate__what_is_no_number_of_units__is_refused(money, operator, delegator, amount):
    with boa.reverts("staking: units"):
        money.staking.delegate(operator, amount, sender=delegator)


def test_delegate__to_who_never_staked__is_refused(money, delegator, attacker):
    with boa.reverts("staking: operator"):
        money.staking.delegate(attacker, WHOLE, sender=delegator)


@pytest.mark.parametrize(("left", "joins"), [(2**9, True), (2**9 - 1, False)])
def test_delegate__below_a_256th__is_closed(money, lose, few, left, joins):
    operator, late = few[0], person("delegator")
    money.give(late, 3 * UNIT)
    lose(operator, 2 * left)
    if joins:
        money.staking.delegate(operator, 3 * UNIT, sender=late)
        assert money.staking.delegation_of(operator, late)[:2] == (3 * 256, 3 * UNIT)
    else:
        with boa.reverts("staking: closed"):
            money.staking.delegate(operator, 3 * UNIT, sender=late)


def test_delegate__where_a_generation_has_ended__starts_anew(money, operator, delegator, market):
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, SHARES, sender=delegator)
    money.staking.slash(operator, 200 * XMBL, 0, NOBODY, sender=market)
    assert money.staking.pool_of(operator) == (ONE, 1, 0)
    assert money.staking.delegation_of(operator, delegator) == (0, 0, 0, 0, 0)
    money.staking.delegate(operator, WHOLE, sender=delegator)
    assert money.staking.delegation_of(operator, delegator) == (XMBL, WHOLE, 0, 0, 0)
    assert money.staking.stake_of(operator).commission == 1_000


def test_delegate__more_than_held__is_refused(money, operator, delegator):
    with boa.reverts("erc20: transfer amount exceeds balance"):
        money.staking.delegate(operator, 101 * WHOLE, sender=delegator)


def test_delegate__a_token_that_says_no__is_refused(stubborn, operator):
    token, staking = stubborn
    token.refuse()
    with boa.reverts("staking: transfer"):
        staking.delegate(operator, UNIT, sender=operator)
