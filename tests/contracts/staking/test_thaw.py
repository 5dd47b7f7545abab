import boa

from tests.support.boa_world import THAW_BLOCKS, UNIT, WHOLE, block, events, mine


def test_thaw__a_part__is_on_its_way(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    until = block() + THAW_BLOCKS
    assert events(money.staking) == [("Thawing", provider, 30 * WHOLE, until)]
    assert money.staking.stake_of(provider) == (100 * WHOLE, 0, 0, 30 * WHOLE, until, 0, 0)


def test_thaw__again__restarts_the_clock_for_the_sum(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(60)
    money.staking.thaw(20 * WHOLE, sender=provider)
    assert events(money.staking) == [("Thawing", provider, 50 * WHOLE, block() + THAW_BLOCKS)]


def test_thaw__locked_stake__is_never_refused(money, provider, market):
    money.staking.lock(provider, 50 * WHOLE // UNIT, sender=market)
    money.staking.thaw(100 * WHOLE, sender=provider)
    assert money.staking.stake_of(provider)[:4] == (100 * WHOLE, 0, 50 * WHOLE, 100 * WHOLE)


def test_thaw__more_than_is_staked__is_refused(money, provider):
    money.staking.thaw(60 * WHOLE, sender=provider)
    with boa.reverts("staking: stake"):
        money.staking.thaw(40 * WHOLE + UNIT, sender=provider)


def test_thaw__nothing__is_refused(money, provider):
    with boa.reverts("staking: nothing"):
        money.staking.thaw(0, sender=provider)


def test_thaw__what_is_no_number_of_units__is_refused(money, provider):
    with boa.reverts("staking: units"):
        money.staking.thaw(UNIT + 1, sender=provider)
