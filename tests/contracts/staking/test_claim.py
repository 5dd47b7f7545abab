import boa

from tests.support.boa_world import UNIT, WHOLE, events


def test_claim__what_is_owed__arrives_once(money, provider, client, market):
    units = 10 * WHOLE // UNIT
    money.staking.lock(provider, units, sender=market)
    money.staking.slash(provider, units, 0, client, sender=market)
    money.staking.claim(sender=client)
    assert events(money.staking) == [
        ("Transfer", money.staking.address, client, 5 * WHOLE),
        ("Claimed", client, 5 * WHOLE),
    ]
    assert money.staking.owed(client) == 0
    with boa.reverts("staking: nothing"):
        money.staking.claim(sender=client)


def test_claim__who_is_owed_nothing__is_refused(money, client):
    with boa.reverts("staking: nothing"):
        money.staking.claim(sender=client)
