import boa
import pytest

from tests.support.boa_world import DELAY, NOBODY, PAYMENTS


def test_constructor__an_asset__is_kept(money):
    assert money.payments.asset() == money.token.address


def test_constructor__no_asset__is_refused():
    with boa.reverts("payments: zero address"):
        PAYMENTS.deploy(NOBODY, DELAY)


def test_constructor__a_delay__is_kept(money):
    assert money.payments.delay() == DELAY


@pytest.mark.parametrize(
    ("delay", "fits"), [(0, True), (2**32 - 1, True), (2**32, False), (2**256 - 1, False)]
)
def test_constructor__a_delay__is_fewer_than_2_to_32_blocks(money, delay, fits):
    if fits:
        assert PAYMENTS.deploy(money.token.address, delay).delay() == delay
    else:
        with boa.reverts("payments: delay"):
            PAYMENTS.deploy(money.token.address, delay)


def test_functions__all__belong_to_no_owner(money):
    names = {entry["name"] for entry in money.payments.abi if entry["type"] == "function"}
    assert names == {
        *("asset", "delay", "balance_of", "account", "allowance", "burnt", "split_account"),
        *("redeemed", "lane", "signer_until", "nonces", "eip712Domain"),
        *("deposit", "deposit_with_permit", "withdraw", "transfer", "pay", "burn", "distribute"),
        *("approve", "approve_by_sig", "transfer_from", "reserve", "release"),
        *("authorize_signer", "revoke_signer", "redeem", "redeem_many"),
    }
