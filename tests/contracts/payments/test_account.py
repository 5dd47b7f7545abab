from tests.support.boa_world import NOBODY, WHOLE


def test_account__of_a_holder__has_a_balance_only(money, client):
    assert money.payments.account(client) == (100 * WHOLE, 0, 0, 0)


def test_account__of_a_stranger__is_empty(money):
    assert money.payments.account(NOBODY) == (0, 0, 0, 0)
