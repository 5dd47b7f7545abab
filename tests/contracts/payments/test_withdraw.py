import boa

from tests.support.boa_world import WHOLE, events


def test_withdraw__own_money__leaves(money, client):
    money.payments.withdraw(WHOLE, sender=client)
    assert events(money.payments) == [
        ("Transfer", money.payments.address, client, WHOLE),
        ("Withdrawn", client, WHOLE),
    ]
    assert money.payments.balance_of(client) == 99 * WHOLE
    assert money.token.balanceOf(client) == 101 * WHOLE


def test_withdraw__everything__leaves_nothing(money, client):
    money.payments.withdraw(100 * WHOLE, sender=client)
    assert money.payments.account(client) == (0, 0, 0, 0)


def test_withdraw__more_than_owned__is_refused(money, client):
    with boa.reverts("payments: balance"):
        money.payments.withdraw(100 * WHOLE + 1, sender=client)


def test_withdraw__an_asset_that_answers_nothing__goes_through(silent, delegator):
    asset, payments = silent
    payments.deposit(50, sender=delegator)
    payments.withdraw(50, sender=delegator)
    assert asset.balanceOf(delegator) == 1_000


def test_withdraw__an_asset_that_says_no__is_refused(odd, delegator):
    asset, payments = odd
    asset.refuse()
    with boa.reverts("payments: transfer"):
        payments.withdraw(50, sender=delegator)


def test_withdraw__an_asset_that_takes_more__is_refused(odd, delegator):
    asset, payments = odd
    asset.set_fees(0, 1)
    with boa.reverts("payments: amount"):
        payments.withdraw(50, sender=delegator)


def test_withdraw__entered_again_by_its_asset__is_refused(odd, delegator, reenter):
    _, payments = odd
    reenter("deposit", 50)
    with boa.reverts():
        payments.withdraw(50, sender=delegator)
    assert payments.balance_of(delegator) == 100
