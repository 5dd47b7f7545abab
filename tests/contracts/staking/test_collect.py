import boa

from tests.support.boa_world import WHOLE, XMBL, events


def test_collect__what_is_owed__arrives_once(money, provider, client, market):
    money.staking.lock(provider, 10 * XMBL, sender=market)
    money.staking.slash(provider, 10 * XMBL, 0, client, sender=market)
    money.staking.collect(sender=client)
    assert events(money.staking) == [
        ("Transfer", money.staking.address, client, 5 * WHOLE),
        ("Collected", client, 5 * WHOLE),
    ]
    assert money.staking.owed(client) == 0
    with boa.reverts("staking: nothing"):
        money.staking.collect(sender=client)


def test_collect__who_is_owed_nothing__is_refused(money, client):
    with boa.reverts("staking: nothing"):
        money.staking.collect(sender=client)


def test_collect__a_token_that_says_no__is_refused(stubborn, operator, market, client):
    token, staking = stubborn
    staking.authorize(market, WHOLE, sender=operator)
    staking.lock(operator, XMBL, sender=market)
    staking.slash(operator, XMBL, 0, client, sender=market)
    token.refuse()
    with boa.reverts("staking: transfer"):
        staking.collect(sender=client)
