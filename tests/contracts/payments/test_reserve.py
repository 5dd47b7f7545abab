import boa
import pytest

from tests.support.boa_world import NOBODY, WHOLE, events
from tests.support.promises import FAR


def test_reserve__free_money__waits_for_the_payee(money, client, provider):
    money.payments.reserve(provider, 30 * WHOLE, 500, sender=client)
    assert events(money.payments) == [("Reserved", client, provider, 30 * WHOLE, 500)]
    assert money.payments.account(client) == (100 * WHOLE, 30 * WHOLE, 0, 0)
    assert money.payments.lane(client, provider) == (30 * WHOLE, 500)


def test_reserve__more__grows_the_lane_and_keeps_the_later_block(money, client, provider):
    money.payments.reserve(provider, 30, 500, sender=client)
    money.payments.reserve(provider, 5, 499, sender=client)
    assert events(money.payments) == [("Reserved", client, provider, 35, 500)]
    assert money.payments.lane(client, provider) == (35, 500)


def test_reserve__nothing__raises_the_block_alone(money, client, provider):
    money.payments.reserve(provider, 30, 500, sender=client)
    money.payments.reserve(provider, 0, 501, sender=client)
    assert money.payments.lane(client, provider) == (30, 501)


def test_reserve__several_payees__adds_up(money, client, provider, delegator):
    money.payments.reserve(provider, 30, 500, sender=client)
    money.payments.reserve(delegator, 12, 0, sender=client)
    assert money.payments.account(client).reserved == 42


def test_reserve__for_oneself__is_a_lane_like_any(money, client):
    money.payments.reserve(client, 30, 500, sender=client)
    assert (money.payments.account(client).reserved, money.payments.lane(client, client)) == (30, (30, 500))


@pytest.mark.parametrize("amount", [71 * WHOLE, 100 * WHOLE, 2**112, 2**144, 2**256 - 1])
def test_reserve__more_than_is_free__is_refused(money, client, provider, delegator, amount):
    money.payments.reserve(provider, 30 * WHOLE, 500, sender=client)
    for payee in (provider, delegator):
        with boa.reverts("payments: balance"):
            money.payments.reserve(payee, amount, 500, sender=client)


def test_reserve__for_nobody__is_refused(money, client):
    with boa.reverts("payments: zero address"):
        money.payments.reserve(NOBODY, 1, 500, sender=client)


def test_reserve__the_last_block__fits(money, client, provider):
    money.payments.reserve(provider, 100 * WHOLE, FAR, sender=client)
    assert money.payments.lane(client, provider) == (100 * WHOLE, FAR)


@pytest.mark.parametrize("until", [2**64, 2**144, 2**256 - 1])
def test_reserve__a_block_beyond_its_field__is_refused(money, client, provider, until):
    with boa.reverts("payments: until"):
        money.payments.reserve(provider, 1, until, sender=client)


@pytest.mark.parametrize("way", ["withdraw", "transfer", "pay", "burn", "transfer_from"])
def test_reserve__what_is_in_a_lane__leaves_by_no_other_way(money, client, provider, market, way):
    payments, most = money.payments, 70 * WHOLE
    payments.reserve(provider, 30 * WHOLE, 500, sender=client)
    payments.approve(market, 2**256 - 1, sender=client)
    ways = {
        "withdraw": lambda amount: payments.withdraw(amount, sender=client),
        "transfer": lambda amount: payments.transfer(provider, amount, sender=client),
        "pay": lambda amount: payments.pay(market, amount - 2, provider, 1, market, 1, sender=client),
        "burn": lambda amount: payments.burn(amount, sender=client),
        "transfer_from": lambda amount: payments.transfer_from(client, market, amount, sender=market),
    }
    with boa.reverts("payments: balance"):
        ways[way](most + 1)
    ways[way](most)
    assert payments.account(client) == (30 * WHOLE, 30 * WHOLE, 0, 0)
