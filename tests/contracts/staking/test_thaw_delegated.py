import boa
import pytest

from tests.contracts.staking.conftest import SHARES
from tests.support.boa_world import NOBODY, THAW_BLOCKS, WHOLE, XMBL, block, events, mine


def test_thaw_delegated__some_shares__are_on_their_way(money, operator, delegator):
    money.staking.thaw_delegated(operator, 30 * XMBL, sender=delegator)
    until = block() + THAW_BLOCKS
    assert events(money.staking) == [("ThawingDelegated", operator, delegator, 30 * XMBL, until)]
    assert money.staking.delegation_of(operator, delegator) == (SHARES, 100 * WHOLE, 30 * XMBL, until, 0)
    assert money.staking.stake_of(operator).delegated_thawing == 30 * WHOLE
    assert money.staking.pool_of(operator).thawing_shares == 30 * XMBL


def test_thaw_delegated__again__restarts_the_clock_for_the_sum(money, operator, delegator):
    money.staking.thaw_delegated(operator, 30 * XMBL, sender=delegator)
    mine(60)
    money.staking.thaw_delegated(operator, 20 * XMBL, sender=delegator)
    until = block() + THAW_BLOCKS
    assert events(money.staking) == [("ThawingDelegated", operator, delegator, 50 * XMBL, until)]
    assert money.staking.pool_of(operator).thawing_shares == 50 * XMBL


def test_thaw_delegated__while_all_is_locked__is_never_refused(money, operator, delegator, market):
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, SHARES, sender=delegator)
    assert money.staking.delegation_of(operator, delegator).thawing_shares == SHARES


def test_thaw_delegated__while_it_thaws__still_earns(money, operator, delegator, earn):
    money.staking.thaw_delegated(operator, SHARES, sender=delegator)
    earn(3_001)
    assert money.staking.delegation_of(operator, delegator).claimable == 900


@pytest.mark.parametrize("shares", [70 * XMBL + 1, 2**256 - 1])
def test_thaw_delegated__more_than_there_are__is_refused(money, operator, delegator, shares):
    money.staking.thaw_delegated(operator, 30 * XMBL, sender=delegator)
    with boa.reverts("staking: shares"):
        money.staking.thaw_delegated(operator, shares, sender=delegator)


def test_thaw_delegated__shares_of_another__are_refused(money, operator, delegator, attacker):
    with boa.reverts("staking: shares"):
        money.staking.thaw_delegated(operator, 1, sender=attacker)


def test_thaw_delegated__shares_of_a_generation_that_ended__are_refused(money, operator, delegator, market):
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.slash(operator, 200 * XMBL, 0, NOBODY, sender=market)
    with boa.reverts("staking: shares"):
        money.staking.thaw_delegated(operator, 1, sender=delegator)


def test_thaw_delegated__nothing__is_refused(money, operator, delegator):
    with boa.reverts("staking: nothing"):
        money.staking.thaw_delegated(operator, 0, sender=delegator)
