import boa

from tests.support.boa_world import WHOLE, events


def test_claim__what_own_stake_earned__arrives_once(money, operator, delegator, earn):
    earn(3_001)
    assert money.staking.fees_of(operator) == 1_000
    money.staking.claim(sender=operator)
    assert events(money.staking) == [("Claimed", operator, operator, 1_000, 0)]
    assert money.payments.balance_of(operator) == 1_000
    assert money.staking.fees_of(operator) == 0
    with boa.reverts("staking: nothing"):
        money.staking.claim(sender=operator)


def test_claim__of_one__leaves_what_others_earned(money, operator, delegator, provider, earn):
    earn(3_001)
    money.staking.claim(sender=operator)
    assert money.payments.balance_of(operator) == 1_000
    assert money.staking.fees_of(provider) == 1_000
    assert money.staking.delegation_of(operator, delegator).claimable == 900


def test_claim__after_more_was_staked__is_what_it_was_before(money, operator, delegator, earn):
    earn(3_001)
    money.staking.stake(33 * WHOLE, 1_000, sender=operator)
    assert money.staking.fees_of(operator) in (999, 1_000)


def test_claim__what_is_less_than_a_wei__is_refused(money, operator, delegator, earn):
    earn(1)
    with boa.reverts("staking: nothing"):
        money.staking.claim(sender=operator)


def test_claim__who_never_staked__is_refused(money, attacker, operator, earn):
    earn(1_000)
    with boa.reverts("staking: nothing"):
        money.staking.claim(sender=attacker)
