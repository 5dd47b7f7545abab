import boa

from tests.support.boa_world import WHOLE, events


def test_burn__own_money__is_nobodys_and_stays(money, client):
    held = money.token.balanceOf(money.payments.address)
    money.payments.burn(WHOLE, sender=client)
    assert events(money.payments) == [("Burnt", client, WHOLE)]
    assert (money.payments.balance_of(client), money.payments.burnt()) == (99 * WHOLE, WHOLE)
    assert money.token.balanceOf(money.payments.address) == held


def test_burn__more_than_owned__is_refused(money, client):
    with boa.reverts("payments: balance"):
        money.payments.burn(100 * WHOLE + 1, sender=client)
