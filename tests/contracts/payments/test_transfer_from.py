import boa
import pytest

from tests.support.boa_world import ANY, NOBODY, WHOLE, events


@pytest.fixture
def allowed(money, client, market):
    money.payments.approve(market, 5, sender=client)
    return 5


def test_transfer_from__an_allowance__is_used_up(money, client, provider, market, allowed):
    money.payments.transfer_from(client, provider, 3, sender=market)
    assert events(money.payments) == [("Transferred", client, provider, 3)]
    assert money.payments.allowance(client, market) == 2
    assert money.payments.balance_of(provider) == 3


def test_transfer_from__to_the_caller__leaves_the_log_to_it(money, client, market, allowed):
    money.payments.transfer_from(client, market, 3, sender=market)
    assert events(money.payments) == []
    assert money.payments.balance_of(market) == 3


def test_transfer_from__an_unlimited_allowance__stays(money, client, provider, market):
    money.payments.approve(market, ANY, sender=client)
    money.payments.transfer_from(client, provider, 3, sender=market)
    assert money.payments.allowance(client, market) == ANY


def test_transfer_from__more_than_allowed__is_refused(money, client, provider, market, allowed):
    with boa.reverts("payments: allowance"):
        money.payments.transfer_from(client, provider, 6, sender=market)


def test_transfer_from__a_stranger__is_refused(money, client, attacker, allowed):
    with boa.reverts("payments: allowance"):
        money.payments.transfer_from(client, attacker, 1, sender=attacker)


def test_transfer_from__the_owner_itself__needs_an_allowance_too(money, client, provider):
    with boa.reverts("payments: allowance"):
        money.payments.transfer_from(client, provider, 1, sender=client)


def test_transfer_from__more_than_owned__is_refused(money, client, provider, market):
    money.payments.approve(market, ANY, sender=client)
    with boa.reverts("payments: balance"):
        money.payments.transfer_from(client, provider, 100 * WHOLE + 1, sender=market)


def test_transfer_from__to_nobody__is_refused(money, client, market, allowed):
    with boa.reverts("payments: zero address"):
        money.payments.transfer_from(client, NOBODY, 1, sender=market)
