import boa

from tests.support.boa_world import NOBODY, events


def test_approve__a_spender__is_set_not_added(money, client, market):
    money.payments.approve(market, 5, sender=client)
    money.payments.approve(market, 7, sender=client)
    assert events(money.payments) == [("Approved", client, market, 7)]
    assert money.payments.allowance(client, market) == 7


def test_approve__nobody__is_refused(money, client):
    with boa.reverts("payments: zero address"):
        money.payments.approve(NOBODY, 5, sender=client)
