import boa
import pytest

from tests.support.boa_world import NOBODY, XMBL, events, person


@pytest.mark.parametrize("by_operator", [True, False])
def test_claim_delegated__what_shares_earned__is_shared_with_the_operator(
    money, operator, delegator, earn, by_operator
):
    earn(3_001)
    sender = operator if by_operator else delegator
    money.staking.claim_delegated(operator, delegator, sender=sender)
    assert events(money.staking) == [("Claimed", operator, delegator, 900, 100)]
    assert (money.payments.balance_of(delegator), money.payments.balance_of(operator)) == (900, 100)
    with boa.reverts("staking: nothing"):
        money.staking.claim_delegated(operator, delegator, sender=delegator)


def test_claim_delegated__after_the_commission_was_lowered__takes_the_lower_one(
    money, operator, delegator, earn
):
    earn(3_001)
    money.staking.set_commission(0, sender=operator)
    money.staking.claim_delegated(operator, delegator, sender=delegator)
    assert events(money.staking) == [("Claimed", operator, delegator, 1_000, 0)]


def test_claim_delegated__with_a_commission_of_all__pays_the_operator_alone(money, attacker, delegator, earn):
    money.staking.stake(100 * 10**18, 10_000, sender=attacker)
    money.staking.delegate(attacker, 100 * 10**18, sender=delegator)
    earn(5_001)
    money.staking.claim_delegated(attacker, delegator, sender=delegator)
    assert events(money.staking) == [("Claimed", attacker, delegator, 0, 1_000)]
    assert (money.payments.balance_of(delegator), money.payments.balance_of(attacker)) == (0, 1_000)


def test_claim_delegated__by_somebody_else__is_refused(money, operator, delegator, earn, provider):
    """Each claim rounds down, and costs a delegator up to a wei."""
    earn(3_001)
    for sender in (provider, person("attacker")):
        with boa.reverts("staking: sender"):
            money.staking.claim_delegated(operator, delegator, sender=sender)


def test_claim_delegated__nothing_earned__is_refused(money, operator, delegator):
    with boa.reverts("staking: nothing"):
        money.staking.claim_delegated(operator, delegator, sender=delegator)


def test_claim_delegated__where_the_generation_ended__is_refused(money, operator, delegator, market, earn):
    earn(3_001)
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.slash(operator, 200 * XMBL, 0, NOBODY, sender=market)
    with boa.reverts("staking: nothing"):
        money.staking.claim_delegated(operator, delegator, sender=delegator)
