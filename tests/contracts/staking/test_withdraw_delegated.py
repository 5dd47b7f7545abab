import boa
import pytest

from tests.contracts.staking.conftest import SHARES
from tests.support.boa_world import NOBODY, THAW_BLOCKS, UNIT, WHOLE, XMBL, events, mine


@pytest.fixture
def _thawed(money, operator, delegator):
    money.staking.thaw_delegated(operator, 30 * XMBL, sender=delegator)
    mine(THAW_BLOCKS)


@pytest.mark.usefixtures("_thawed")
def test_withdraw_delegated__what_has_thawed__leaves(money, operator, delegator):
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert events(money.staking) == [
        ("Transfer", money.staking.address, delegator, 30 * WHOLE),
        ("WithdrawnDelegated", operator, delegator, 30 * WHOLE),
    ]
    assert money.staking.stake_of(operator) == (100 * WHOLE, 70 * WHOLE, 0, 0, 0, 0, 1_000)
    assert money.staking.delegation_of(operator, delegator) == (70 * XMBL, 70 * WHOLE, 0, 0, 0)


@pytest.mark.usefixtures("_thawed")
def test_withdraw_delegated__with_fees__claims_them_first(money, operator, delegator, earn):
    earn(3_001)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert events(money.staking) == [
        ("Claimed", operator, delegator, 900, 100),
        ("Transfer", money.staking.address, delegator, 30 * WHOLE),
        ("WithdrawnDelegated", operator, delegator, 30 * WHOLE),
    ]
    assert (money.payments.balance_of(delegator), money.payments.balance_of(operator)) == (900, 100)
    assert money.staking.delegation_of(operator, delegator).claimable == 0
    assert money.staking.fees_of(operator) == 1_000


@pytest.mark.usefixtures("_thawed")
def test_withdraw_delegated__after_a_slash__is_what_the_shares_are_worth(money, operator, delegator, market):
    money.staking.lock(operator, 170 * XMBL, sender=market)
    money.staking.slash(operator, 170 * XMBL, 0, NOBODY, sender=market)
    money.staking.withdraw_delegated(operator, sender=delegator)
    # 30 of 100 shares: the tranche has 30 of 100 left, and rounds against who leaves
    assert events(money.staking)[-1] == ("WithdrawnDelegated", operator, delegator, 9 * WHOLE - UNIT)


@pytest.mark.usefixtures("_thawed")
def test_withdraw_delegated__while_others_thaw__leaves_their_mark(
    money, operator, attacker, market, delegator
):
    money.staking.delegate(operator, 100 * WHOLE, sender=attacker)
    money.staking.thaw_delegated(operator, 100 * XMBL, sender=attacker)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert money.staking.stake_of(operator).delegated_thawing == 100 * WHOLE
    money.staking.lock(operator, 170 * XMBL, sender=market)
    with boa.reverts("staking: stake"):
        money.staking.lock(operator, 1, sender=market)


def test_withdraw_delegated__a_block_early__is_refused(money, operator, delegator):
    money.staking.thaw_delegated(operator, XMBL, sender=delegator)
    mine(THAW_BLOCKS - 1)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw_delegated(operator, sender=delegator)


@pytest.mark.usefixtures("_thawed")
def test_withdraw_delegated__twice__is_refused(money, operator, delegator):
    money.staking.withdraw_delegated(operator, sender=delegator)
    with boa.reverts("staking: nothing"):
        money.staking.withdraw_delegated(operator, sender=delegator)


def test_withdraw_delegated__where_the_generation_ended__is_refused(money, operator, delegator, market):
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, SHARES, sender=delegator)
    money.staking.slash(operator, 200 * XMBL, 0, NOBODY, sender=market)
    mine(THAW_BLOCKS)
    with boa.reverts("staking: nothing"):
        money.staking.withdraw_delegated(operator, sender=delegator)


@pytest.mark.parametrize("locked", [170 * XMBL, 170 * XMBL + 1])
def test_withdraw_delegated__what_covers_locks__is_refused_until_they_end(
    money, operator, delegator, market, locked
):
    money.staking.lock(operator, locked, sender=market)
    money.staking.thaw_delegated(operator, 30 * XMBL, sender=delegator)
    mine(THAW_BLOCKS)
    if locked > 170 * XMBL:
        with boa.reverts("staking: locked"):
            money.staking.withdraw_delegated(operator, sender=delegator)
        money.staking.unlock(operator, 1, sender=market)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert money.staking.stake_of(operator)[:3] == (100 * WHOLE, 70 * WHOLE, 170 * WHOLE)


def test_withdraw_delegated__a_token_that_says_no__is_refused(stubborn, operator):
    token, staking = stubborn
    staking.delegate(operator, WHOLE, sender=operator)
    staking.thaw_delegated(operator, SHARES // 100, sender=operator)
    mine(THAW_BLOCKS)
    token.refuse()
    with boa.reverts("staking: transfer"):
        staking.withdraw_delegated(operator, sender=operator)


def test_withdraw_delegated__too_late__is_refused_until_it_thawed_again(money, operator, delegator):
    money.staking.thaw_delegated(operator, 100 * XMBL, sender=delegator)
    mine(THAW_BLOCKS + THAW_BLOCKS // 7)
    with boa.reverts("staking: lapsed"):
        money.staking.withdraw_delegated(operator, sender=delegator)
    money.staking.thaw_delegated(operator, 0, sender=delegator)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw_delegated(operator, sender=delegator)
    mine(THAW_BLOCKS + THAW_BLOCKS // 7 - 1)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert money.staking.delegation_of(operator, delegator).shares == 0
