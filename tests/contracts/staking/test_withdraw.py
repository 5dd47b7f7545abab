import boa
import pytest

from tests.support.boa_world import THAW_BLOCKS, UNIT, WHOLE, XMBL, events, mine


def test_withdraw__what_has_thawed__leaves(money, provider):
    total = money.staking.total()
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=provider)
    assert events(money.staking) == [
        ("Transfer", money.staking.address, provider, 30 * WHOLE),
        ("Withdrawn", provider, 30 * WHOLE),
    ]
    assert money.staking.stake_of(provider)[:4] == (70 * WHOLE, 0, 0, 0)
    assert money.staking.total() == total - 30 * WHOLE


def test_withdraw__with_fees__claims_them_first(money, operator, delegator, earn):
    money.staking.thaw(100 * WHOLE, sender=operator)
    mine(THAW_BLOCKS)
    earn(3_001)
    money.staking.withdraw(sender=operator)
    assert events(money.staking) == [
        ("Claimed", operator, operator, 1_000, 0),
        ("Transfer", money.staking.address, operator, 100 * WHOLE),
        ("Withdrawn", operator, 100 * WHOLE),
    ]
    assert money.payments.balance_of(operator) == 1_000
    assert money.staking.delegation_of(operator, delegator).claimable == 900


def test_withdraw__a_block_early__is_refused(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS - 1)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw(sender=provider)


def test_withdraw__in_the_last_block_for_it__leaves(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS + THAW_BLOCKS // 7 - 1)
    money.staking.withdraw(sender=provider)
    assert money.staking.stake_of(provider).own == 70 * WHOLE


def test_withdraw__too_late__is_refused_until_it_thawed_again(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS + THAW_BLOCKS // 7)
    with boa.reverts("staking: lapsed"):
        money.staking.withdraw(sender=provider)
    money.staking.thaw(0, sender=provider)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw(sender=provider)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=provider)
    assert money.staking.stake_of(provider).own == 70 * WHOLE


def test_withdraw__what_never_thawed__is_refused(money, provider):
    with boa.reverts("staking: nothing"):
        money.staking.withdraw(sender=provider)


def test_withdraw__twice__is_refused(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=provider)
    with boa.reverts("staking: nothing"):
        money.staking.withdraw(sender=provider)


def test_withdraw__what_covers_locks__is_refused_until_they_end(money, provider, market):
    money.staking.lock(provider, 50 * WHOLE // UNIT, sender=market)
    money.staking.thaw(50 * WHOLE + UNIT, sender=provider)
    mine(THAW_BLOCKS)
    with boa.reverts("staking: locked"):
        money.staking.withdraw(sender=provider)
    money.staking.unlock(provider, 1, sender=market)
    money.staking.withdraw(sender=provider)
    assert money.staking.stake_of(provider)[:3] == (50 * WHOLE - UNIT, 0, 50 * WHOLE - UNIT)


@pytest.mark.parametrize("locked", [40 * XMBL, 40 * XMBL + 1])
def test_withdraw__what_carries_locks_on_delegated__is_refused_until_they_end(
    money, operator, delegator, market, locked
):
    money.staking.lock(operator, locked, sender=market)
    money.staking.thaw(80 * WHOLE, sender=operator)
    mine(THAW_BLOCKS)
    if locked > 40 * XMBL:
        with boa.reverts("staking: leverage"):
            money.staking.withdraw(sender=operator)
        money.staking.unlock(operator, 1, sender=market)
    money.staking.withdraw(sender=operator)
    assert money.staking.stake_of(operator)[:3] == (20 * WHOLE, 100 * WHOLE, 40 * WHOLE)


def test_withdraw__a_token_that_says_no__is_refused(stubborn, operator):
    token, staking = stubborn
    staking.thaw(WHOLE, sender=operator)
    mine(THAW_BLOCKS)
    token.refuse()
    with boa.reverts("staking: transfer"):
        staking.withdraw(sender=operator)
