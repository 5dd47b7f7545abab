import boa
import pytest

from tests.support.boa_world import events, person

THIRDS = [333_333, 333_333, 333_334]


@pytest.fixture
def recipients():
    return sorted((person("author"), person("editor"), person("publisher")), key=lambda who: int(who, 16))


@pytest.fixture
def income(money, client, recipients):
    """Pays into the split of thirds."""
    split = money.payments.split_account(recipients, THIRDS)

    def pay(amount):
        money.payments.transfer(split, amount, sender=client)
        return split

    return pay


def balances(money, accounts):
    return [money.payments.balance_of(account) for account in accounts]


def test_distribute__an_income__is_shared_and_leaves_a_rest(money, attacker, recipients, income):
    split = income(1_000_001)
    money.payments.distribute(recipients, THIRDS, sender=attacker)
    assert events(money.payments) == [("Distributed", split, 1_000_000)]
    assert balances(money, recipients) == [333_333, 333_333, 333_334]
    assert money.payments.account(split) == (1, 0, 1, 1)


def test_distribute__again__counts_the_rest_as_distributed(money, recipients, income):
    split = income(1_000_001)
    money.payments.distribute(recipients, THIRDS)
    income(2)
    money.payments.distribute(recipients, THIRDS)
    assert events(money.payments) == [("Distributed", split, 1)]
    assert balances(money, recipients) == [333_333, 333_333, 333_335]
    assert money.payments.account(split) == (2, 0, 3, 2)


def test_distribute__to_a_split__goes_on_from_there(money, client, provider, recipients):
    inner = money.payments.split_account(recipients, THIRDS)
    outer = sorted((inner, provider), key=lambda who: int(who, 16))
    weights = [250_000 if who == provider else 750_000 for who in outer]
    money.payments.transfer(money.payments.split_account(outer, weights), 4_000_000, sender=client)
    money.payments.distribute(outer, weights)
    money.payments.distribute(recipients, THIRDS)
    assert money.payments.balance_of(provider) == 1_000_000
    assert balances(money, recipients) == [999_999, 999_999, 1_000_002]


def test_distribute__two_hundred_recipients__fit(money, client):
    many = [f"0x{number:040x}" for number in range(1, 201)]
    money.payments.transfer(money.payments.split_account(many, [5_000] * 200), 10**9, sender=client)
    money.payments.distribute(many, [5_000] * 200)
    assert balances(money, many) == [5_000_000] * 200


def test_distribute__without_income__is_refused(money, recipients):
    with boa.reverts("payments: nothing"):
        money.payments.distribute(recipients, THIRDS)


def test_distribute__with_only_the_rest__is_refused(money, recipients, income):
    income(1)
    money.payments.distribute(recipients, THIRDS)
    with boa.reverts("payments: nothing"):
        money.payments.distribute(recipients, THIRDS)


def _refused(money, client, recipients, weights, reason):
    money.payments.transfer(money.payments.split_account(recipients, weights), 10**6, sender=client)
    with boa.reverts(reason):
        money.payments.distribute(recipients, weights)


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 1), (0, 2, 1)])
def test_distribute__recipients_that_do_not_ascend__are_refused(money, client, recipients, order):
    _refused(money, client, [recipients[place] for place in order], THIRDS, "payments: recipients")


def test_distribute__nobody_as_recipient__is_refused(money, client, recipients):
    _refused(money, client, ["0x" + "00" * 20, *recipients[:2]], THIRDS, "payments: recipients")


@pytest.mark.parametrize(
    "weights",
    [
        [333_333, 333_333, 333_333],
        [333_333, 333_333, 333_335],
        [0, 500_000, 500_000],
        [500_000, 500_000, 0],
        [500_000, 500_000],
        [250_000, 250_000, 250_000, 250_000],
        [2**256 - 1, 1, 10**6],
        [2**256 - 10**6, 10**6, 10**6],
        [],
    ],
    ids=str,
)
def test_distribute__weights_that_make_no_whole__are_refused(money, client, recipients, weights):
    _refused(money, client, recipients, weights, "payments: weights")


def test_distribute__no_shares_at_all__is_refused(money, client):
    _refused(money, client, [], [], "payments: weights")
