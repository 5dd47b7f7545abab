from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.errors import Reverted
from xmbl.payments import rules
from xmbl.payments.rules import ANY, NOBODY, WHOLE, Account, Ledger, Split, split_account

CLIENT, PROVIDER, SPENDER = ("0x" + digit * 40 for digit in "123")
THIRDS = Split((CLIENT, PROVIDER, SPENDER), (333_333, 333_333, 333_334))

incomes = st.lists(st.integers(1, 10**20), min_size=1, max_size=12)
weights = st.integers(1, WHOLE - 1).map(lambda first: (first, WHOLE - first))


def funded(**balances: int) -> Ledger:
    names = {"client": CLIENT, "provider": PROVIDER, "spender": SPENDER}
    return reduce(
        lambda ledger, one: rules.deposit(ledger, names[one[0]], one[1]), balances.items(), Ledger()
    )


def total(ledger: Ledger) -> int:
    return sum(account.balance for account in ledger.accounts.values())


@given(incomes, weights, st.data())
def test_distribute__whenever_it_happens__ends_with_the_same_sums(incomes, weights, data):
    split = Split((CLIENT, PROVIDER), weights)
    ledger = funded(spender=sum(incomes))
    for income in incomes:
        ledger = rules.transfer(ledger, SPENDER, split_account(split), income)
        if data.draw(st.booleans()):
            ledger = rules.distribute(ledger, split)
    if ledger.account(split_account(split)).balance > ledger.account(split_account(split)).rest:
        ledger = rules.distribute(ledger, split)
    got = [ledger.account(who).balance for who in split.recipients]
    assert got == [sum(incomes) * weight // WHOLE for weight in weights]
    assert total(ledger) == sum(incomes)


def test_distribute__a_remainder__waits_as_the_rest():
    ledger = rules.transfer(funded(spender=5), SPENDER, split_account(THIRDS), 5)
    ledger = rules.distribute(ledger, THIRDS)
    assert [ledger.account(who).balance for who in THIRDS.recipients] == [1, 1, 1]
    assert ledger.account(split_account(THIRDS)) == Account(balance=2, phase=5, rest=2)


@pytest.mark.parametrize(
    ("split", "reason"),
    [
        (Split((PROVIDER, CLIENT), (1, WHOLE - 1)), "recipients"),
        (Split((CLIENT, CLIENT), (1, WHOLE - 1)), "recipients"),
        (Split((NOBODY, CLIENT), (1, WHOLE - 1)), "recipients"),
        (Split((CLIENT, PROVIDER), (0, WHOLE)), "weights"),
        (Split((CLIENT, PROVIDER), (1, WHOLE)), "weights"),
        (Split((CLIENT,), (1, WHOLE - 1)), "weights"),
        (Split((), ()), "weights"),
    ],
)
def test_distribute__shares_that_make_no_split__are_refused(split, reason):
    ledger = rules.transfer(funded(spender=5), SPENDER, split_account(split), 5)
    with pytest.raises(Reverted) as refusal:
        rules.distribute(ledger, split)
    assert refusal.value.reason == f"payments: {reason}"


def test_distribute__nothing_new__is_refused():
    with pytest.raises(Reverted, match=r"^Payments refuses this call: nothing\.$"):
        rules.distribute(Ledger(), THIRDS)


def test_transfer_from__an_allowance__is_used_up_unless_unlimited():
    limited = rules.approve(funded(client=9), CLIENT, SPENDER, 5)
    assert rules.transfer_from(limited, SPENDER, CLIENT, PROVIDER, 5).allowance(CLIENT, SPENDER) == 0
    unlimited = rules.approve(funded(client=9), CLIENT, SPENDER, ANY)
    assert rules.transfer_from(unlimited, SPENDER, CLIENT, PROVIDER, 5).allowance(CLIENT, SPENDER) == ANY


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_pay__any_amounts__keep_the_sum_or_are_refused(first, second, third):
    ledger = funded(client=40, provider=1)
    payees = [(PROVIDER, first), (SPENDER, second), (CLIENT, third)]
    if first + second + third > 40:
        with pytest.raises(Reverted) as refusal:
            rules.pay(ledger, CLIENT, payees)
        assert refusal.value.reason == "payments: balance"
    else:
        assert total(rules.pay(ledger, CLIENT, payees)) == 41


def test_burn__own_money__stays_in_the_holding():
    ledger = rules.burn(funded(client=9), CLIENT, 4)
    assert (ledger.burnt, ledger.holding, ledger.account(CLIENT).balance) == (4, 9, 5)


def test_deposit__a_full_ledger__is_refused():
    with pytest.raises(Reverted) as refusal:
        rules.deposit(rules.donate(Ledger(), rules.MOST), CLIENT, 1)
    assert refusal.value.reason == "payments: full"
