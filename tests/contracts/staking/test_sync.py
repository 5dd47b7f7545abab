import boa
import pytest

from tests.support.boa_world import NOBODY, UNIT, WHOLE, XMBL, deploy_money, events, person
from tests.support.slots import Slots

LEAST = 2**30
"""Units of stake below which fees wait."""


@pytest.fixture
def small(client):
    """Money of its own, with a client that can pay any fee, and two who may stake."""
    money = deploy_money()
    payer, first, second = person("payer"), person("operator"), person("second operator")
    money.fund(payer, 10**26)
    for who in (first, second):
        money.give(who, 10**26)
    return money, payer, first, second


def accounted(money):
    """Wei that the index has shared out and nobody fetched."""
    return Slots(money.staking, "fee_index", "word")[()] & (2**84 - 1)


def test_sync__fees__are_shared_out(money, operator, earn, attacker):
    earn(1_000)
    money.staking.sync(sender=attacker)
    assert events(money.staking) == []
    assert accounted(money) == 1_000


def test_sync__twice__changes_nothing(money, operator, earn):
    earn(1_000)
    money.staking.sync()
    before = Slots(money.staking, "fee_index", "word")[()]
    money.staking.sync()
    assert Slots(money.staking, "fee_index", "word")[()] == before


def test_sync__while_little_is_staked__waits_for_more(small):
    money, payer, first, second = small
    money.payments.transfer(money.staking.address, 10**6, sender=payer)
    money.staking.stake((LEAST - 1) * UNIT, 0, sender=first)
    money.staking.sync()
    assert (accounted(money), money.staking.fees_of(first)) == (0, 0)
    money.staking.stake(3 * (LEAST - 1) * UNIT, 0, sender=second)
    money.staking.stake(4 * UNIT, 0, sender=second)
    money.staking.sync()
    # all who are there when it goes on share what waited, by their stake
    assert accounted(money) == 10**6
    assert (money.staking.fees_of(first), money.staking.fees_of(second)) == (249_999, 749_999)


def test_sync__more_than_a_step_of_the_index__takes_it_bit_by_bit(small):
    money, payer, first, _ = small
    money.staking.stake(LEAST * UNIT, 0, sender=first)
    money.payments.transfer(money.staking.address, 2**72, sender=payer)
    for step in (1, 2, 3, 4, 4):
        money.staking.sync()
        assert accounted(money) == step * 2**70
    assert money.staking.fees_of(first) == 2**72


def test_sync__more_than_its_field__leaves_the_rest_waiting(small):
    money, payer, first, _ = small
    money.staking.stake(10**5 * WHOLE, 0, sender=first)
    money.payments.transfer(money.staking.address, 2**85, sender=payer)
    for _ in range(3):
        money.staking.sync()
    assert accounted(money) == 2**84 - 1
    money.staking.claim(sender=first)
    money.staking.sync()
    money.staking.claim(sender=first)
    money.staking.claim(sender=first)
    assert 0 <= 2**85 - money.payments.balance_of(first) <= 3


def test_sync__an_index_that_runs_over__still_pays(small):
    money, payer, first, _ = small
    money.staking.stake(4 * LEAST * UNIT, 0, sender=first)
    slot = Slots(money.staking, "fee_index", "word")
    slot[()] = slot[()] | (2**112 - 5) << 144
    marks = Slots(money.staking, "stakes", "_marks")
    marks[first] = 2**112 - 5
    money.payments.transfer(money.staking.address, 10**9, sender=payer)
    money.staking.sync()
    assert slot[()] >> 144 == (10**9 << 64) // (4 * LEAST) - 5
    money.staking.claim(sender=first)
    assert money.payments.balance_of(first) == 10**9


def history(small, often):
    """What two stakers get for the same moves, with a sync after each or with none."""
    money, payer, first, second = small
    staking, pay = money.staking, money.payments.transfer
    moves = [(staking.stake, (10 * WHOLE, 1_000), first)]
    for wei, own, delegated in ((999_999, 7, 3), (10**6 + 1, 1, 9), (12_345, 5, 5)):
        moves.append((pay, (staking.address, wei), payer))
        moves.append((staking.stake, (own * WHOLE, 1_000), first))
        moves.append((pay, (staking.address, wei), payer))
        moves.append((staking.delegate, (first, delegated * WHOLE), second))
    with boa.env.anchor():
        for call, arguments, sender in moves:
            call(*arguments, sender=sender)
            if often:
                staking.sync()
        staking.claim(sender=first)
        staking.claim_delegated(first, second, sender=second)
        return [money.payments.balance_of(who) for who in (first, second)]


def test_sync__often_or_never__claims_are_the_same(small):
    """S10: each step may cost a wei."""
    often, never = history(small, often=True), history(small, often=False)
    assert often == pytest.approx(never, abs=13)
    assert 0 <= 2 * (999_999 + 10**6 + 1 + 12_345) - sum(never) <= 13


def test_sync__before_a_slash__keeps_what_others_earned(money, operator, provider, market, earn):
    earn(3_001)
    money.staking.lock(operator, 50 * XMBL, sender=market)
    money.staking.slash(operator, 50 * XMBL, 0, NOBODY, sender=market)
    assert accounted(money) == 3_001
    assert money.staking.fees_of(provider) == 1_000
    assert money.staking.fees_of(operator) == 500  # a slash forfeits its part


def test_sync__while_payments_is_gone__alone_is_stopped(money, operator, earn):
    """Payments has no owner and no end; were it gone, stake could still be locked and unlocked."""
    boa.env.set_code(money.payments.address, b"")
    with boa.reverts():
        money.staking.sync()
