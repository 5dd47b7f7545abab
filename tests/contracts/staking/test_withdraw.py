import boa

from tests.support.boa_world import THAW_BLOCKS, UNIT, WHOLE, events, mine


def test_withdraw__what_has_thawed__leaves(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=provider)
    assert events(money.staking) == [
        ("Transfer", money.staking.address, provider, 30 * WHOLE),
        ("Withdrawn", provider, 30 * WHOLE),
    ]
    assert money.staking.stake_of(provider)[:3] == (70 * WHOLE, 0, 0)
    assert money.staking.total() == 70 * WHOLE


def test_withdraw__a_block_early__is_refused(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS - 1)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw(sender=provider)


def test_withdraw__what_never_thawed__is_refused(money, provider):
    with boa.reverts("staking: thawing"):
        money.staking.withdraw(sender=provider)


def test_withdraw__twice__is_refused(money, provider):
    money.staking.thaw(30 * WHOLE, sender=provider)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=provider)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw(sender=provider)


def test_withdraw__what_covers_locks__is_refused_until_they_end(money, provider, market):
    money.staking.lock(provider, 50 * WHOLE // UNIT, sender=market)
    money.staking.thaw(50 * WHOLE + UNIT, sender=provider)
    mine(THAW_BLOCKS)
    with boa.reverts("staking: locked"):
        money.staking.withdraw(sender=provider)
    money.staking.unlock(provider, 1, sender=market)
    money.staking.withdraw(sender=provider)
    assert money.staking.stake_of(provider)[:2] == (50 * WHOLE - UNIT, 50 * WHOLE - UNIT)
