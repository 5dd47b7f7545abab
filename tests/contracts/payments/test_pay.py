import boa
import pytest

from tests.support.boa_world import NOBODY, WHOLE, events


@pytest.fixture(autouse=True)
def _escrow(money, client, market):
    money.payments.transfer(market, 10, sender=client)


def test_pay__three_accounts__are_credited_without_an_event(money, client, provider, delegator, market):
    money.payments.pay(provider, 5, delegator, 2, client, 3, sender=market)
    assert events(money.payments) == []
    balances = [money.payments.balance_of(account) for account in (market, provider, delegator, client)]
    assert balances == [0, 5, 2, 100 * WHOLE - 7]


def test_pay__one_account_thrice__gets_the_sum(money, provider, market):
    money.payments.pay(provider, 5, provider, 2, provider, 3, sender=market)
    assert money.payments.balance_of(provider) == 10


def test_pay__oneself__changes_nothing(money, market):
    money.payments.pay(market, 5, market, 5, NOBODY, 0, sender=market)
    assert money.payments.balance_of(market) == 10


def test_pay__amounts_of_nothing__ignore_their_accounts(money, provider, market):
    money.payments.pay(NOBODY, 0, provider, 4, NOBODY, 0, sender=market)
    assert [money.payments.balance_of(account) for account in (market, provider, NOBODY)] == [6, 4, 0]


@pytest.mark.parametrize("place", [0, 1, 2])
def test_pay__nobody__is_refused(money, provider, market, place):
    accounts = [provider, provider, provider]
    accounts[place] = NOBODY
    arguments = [value for account in accounts for value in (account, 1)]
    with boa.reverts("payments: zero address"):
        money.payments.pay(*arguments, sender=market)


@pytest.mark.parametrize(
    "amounts",
    [(11, 0, 0), (5, 5, 1), (2**256 - 1, 1, 5), (2**255, 2**255, 5), (2**112, 0, 0), (2**112 - 1,) * 3],
    ids=str,
)
def test_pay__more_than_owned__is_refused(money, provider, market, amounts):
    arguments = [value for amount in amounts for value in (provider, amount)]
    with boa.reverts("payments: balance"):
        money.payments.pay(*arguments, sender=market)
