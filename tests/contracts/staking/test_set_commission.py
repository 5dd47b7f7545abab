import boa
import pytest

from tests.support.boa_world import WHOLE, events


@pytest.mark.parametrize("commission", [0, 999])
def test_set_commission__a_lower_one__is_set_for_ever(money, operator, commission):
    money.staking.set_commission(commission, sender=operator)
    assert events(money.staking) == [("CommissionSet", operator, commission)]
    assert money.staking.stake_of(operator).commission == commission
    with boa.reverts("staking: commission"):
        money.staking.set_commission(1_000, sender=operator)


@pytest.mark.parametrize("commission", [1_000, 1_001, 10_000, 2**256 - 1])
def test_set_commission__the_same_or_a_higher_one__is_refused(money, operator, commission):
    with boa.reverts("staking: commission"):
        money.staking.set_commission(commission, sender=operator)


def test_set_commission__who_never_staked__is_refused(money, attacker):
    with boa.reverts("staking: commission"):
        money.staking.set_commission(0, sender=attacker)


def test_set_commission__while_others_have_shares__leaves_them_and_their_price(money, operator, delegator):
    before = money.staking.pool_of(operator)
    money.staking.thaw_delegated(operator, 7, sender=delegator)
    money.staking.set_commission(0, sender=operator)
    assert money.staking.pool_of(operator) == (before.price, before.generation, 7)
    assert money.staking.delegation_of(operator, delegator).value == 100 * WHOLE
