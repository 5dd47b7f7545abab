import boa

from tests.support.boa_world import NOBODY, SUPPLY, UNIT, WHOLE, events


def test_burn__what_was_slashed__is_destroyed_once(money, provider, client, market, attacker):
    units = 10 * WHOLE // UNIT
    money.staking.lock(provider, 2 * units, sender=market)
    money.staking.slash(provider, units, 0, client, sender=market)
    money.staking.burn(provider, market, sender=attacker)
    assert events(money.staking) == [
        ("Transfer", money.staking.address, NOBODY, 5 * WHOLE),
        ("Burnt", provider, market, 5 * WHOLE),
    ]
    assert money.token.totalSupply() == SUPPLY - 5 * WHOLE
    assert money.staking.lock_of(provider, market) == (50 * WHOLE, 10 * WHOLE, 0)
    with boa.reverts("staking: nothing"):
        money.staking.burn(provider, market)


def test_burn__where_nothing_was_slashed__is_refused(money, provider, market):
    with boa.reverts("staking: nothing"):
        money.staking.burn(provider, market)
