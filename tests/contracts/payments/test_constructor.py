import boa

from tests.support.boa_world import NOBODY, PAYMENTS


def test_constructor__an_asset__is_kept(money):
    assert money.payments.asset() == money.token.address


def test_constructor__no_asset__is_refused():
    with boa.reverts("payments: zero address"):
        PAYMENTS.deploy(NOBODY)


def test_functions__all__belong_to_no_owner(money):
    names = {entry["name"] for entry in money.payments.abi if entry["type"] == "function"}
    assert names == {
        *("asset", "balance_of", "account", "allowance", "burnt", "split_account"),
        *("deposit", "withdraw", "transfer", "approve", "transfer_from", "pay", "burn", "distribute"),
    }
