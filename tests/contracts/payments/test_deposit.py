import boa
import pytest

from tests.support.boa_world import ANY, WHOLE, events


def test_deposit__a_plain_asset__credits_the_amount(money, client):
    money.payments.deposit(WHOLE, sender=client)
    assert events(money.payments) == [
        ("Transfer", client, money.payments.address, WHOLE),
        ("Deposited", client, WHOLE),
    ]
    assert money.payments.balance_of(client) == 101 * WHOLE


def test_deposit__an_asset_with_a_fee__credits_what_arrived(odd, delegator):
    asset, payments = odd
    asset.set_fees(3, 0)
    payments.deposit(50, sender=delegator)
    assert events(payments) == [("Deposited", delegator, 47)]
    assert payments.balance_of(delegator) == 147


def test_deposit__an_asset_that_answers_nothing__is_credited(silent, delegator):
    _, payments = silent
    payments.deposit(50, sender=delegator)
    assert payments.balance_of(delegator) == 50


def test_deposit__an_asset_that_says_no__is_refused(odd, delegator):
    asset, payments = odd
    asset.refuse()
    with boa.reverts("payments: transfer"):
        payments.deposit(50, sender=delegator)


@pytest.mark.parametrize(("holding", "fits"), [(2**112 - 1, True), (2**112, False)])
def test_deposit__a_holding__stays_below_its_field(odd, attacker, holding, fits):
    asset, payments = odd
    asset.mint(attacker, 2**200)
    asset.approve(payments.address, ANY, sender=attacker)
    if fits:
        payments.deposit(holding - 100, sender=attacker)
        assert payments.balance_of(attacker) == holding - 100
    else:
        with boa.reverts("payments: full"):
            payments.deposit(holding - 100, sender=attacker)


def test_deposit__without_the_tokens__is_refused(money, delegator):
    money.token.approve(money.payments.address, ANY, sender=delegator)
    with boa.reverts("erc20: transfer amount exceeds balance"):
        money.payments.deposit(1, sender=delegator)


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("deposit", (50,)), ("withdraw", (0,)), ("transfer", ("0x" + "11" * 20, 0)), ("burn", (0,))],
)
def test_deposit__entered_again_by_its_asset__is_refused(odd, delegator, reenter, function, arguments):
    _, payments = odd
    reenter(function, *arguments)
    with boa.reverts():
        payments.deposit(50, sender=delegator)
    payments_now = payments.balance_of(delegator)
    assert payments_now == 100


def test_deposit__looked_at_by_its_asset__goes_through(odd, delegator, reenter):
    _, payments = odd
    reenter("balance_of", delegator)
    payments.deposit(50, sender=delegator)
    assert payments.balance_of(delegator) == 150
