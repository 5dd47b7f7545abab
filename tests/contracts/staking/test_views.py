"""What the views say beyond what the tests of functions look at."""

from tests.support.boa_world import NOBODY, WHOLE, XMBL


def test_views__of_strangers__are_empty(money, attacker, client):
    assert money.staking.stake_of(attacker) == (0, 0, 0, 0, 0, 0, 0)
    assert money.staking.delegation_of(attacker, client) == (0, 0, 0, 0, 0)
    assert money.staking.pool_of(attacker) == (0, 0, 0)
    assert money.staking.fees_of(attacker) == money.staking.owed(attacker) == 0
    assert money.staking.lock_of(attacker, NOBODY) == (0, 0, 0)


def test_total__own_and_delegated__are_counted(money, operator, delegator):
    total = money.staking.total()
    money.staking.delegate(operator, 7 * WHOLE, sender=delegator)
    money.staking.stake(5 * WHOLE, 1_000, sender=operator)
    assert money.staking.total() == total + 12 * WHOLE


def test_fees_of__what_came_in_since__is_counted(money, operator, delegator, earn):
    earn(3_001)
    before = money.staking.fees_of(operator), money.staking.delegation_of(operator, delegator).claimable
    money.staking.sync()
    after = money.staking.fees_of(operator), money.staking.delegation_of(operator, delegator).claimable
    assert before == after == (1_000, 900)


def test_delegation_of__at_two_operators__are_two(money, operator, provider, delegator):
    money.staking.delegate(provider, 3 * WHOLE, sender=delegator)
    assert money.staking.delegation_of(provider, delegator)[:2] == (3 * XMBL, 3 * WHOLE)
    assert money.staking.delegation_of(operator, delegator)[:2] == (100 * XMBL, 100 * WHOLE)
