import boa
import pytest

from tests.support.boa_world import NOBODY, WHOLE, events


def test_transfer__own_money__moves(money, client, provider):
    money.payments.transfer(provider, WHOLE, sender=client)
    assert events(money.payments) == [("Transferred", client, provider, WHOLE)]
    assert money.payments.balance_of(client) == 99 * WHOLE
    assert money.payments.balance_of(provider) == WHOLE


@pytest.mark.parametrize("amount", [0, 1, 100 * WHOLE])
def test_transfer__to_oneself__changes_nothing(money, client, amount):
    money.payments.transfer(client, amount, sender=client)
    assert money.payments.balance_of(client) == 100 * WHOLE


@pytest.mark.parametrize("amount", [100 * WHOLE + 1, 2**112, 2**224, 2**256 - 1])
def test_transfer__more_than_owned__is_refused(money, client, provider, amount):
    with boa.reverts("payments: balance"):
        money.payments.transfer(provider, amount, sender=client)


def test_transfer__to_nobody__is_refused(money, client):
    with boa.reverts("payments: zero address"):
        money.payments.transfer(NOBODY, 1, sender=client)
