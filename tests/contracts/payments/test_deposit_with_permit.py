import boa
import pytest
from eth_account.messages import encode_typed_data

from tests.support.boa_world import ANY, WHOLE, events
from tests.support.promises import keyed

NEVER = 2**256 - 1


@pytest.fixture
def saver(money):
    """Has its key and 100 XMBL, and has allowed nobody anything."""
    account = keyed("saver")
    money.token.transfer(account.address, 100 * WHOLE, sender=money.treasurer)
    return account


def permit(money, owner, amount, deadline=NEVER):
    """The signature of an EIP-2612 permit for Payments: v, r, s."""
    message = {
        "owner": owner.address, "spender": money.payments.address, "value": amount,
        "nonce": money.token.nonces(owner.address), "deadline": deadline,
    }  # fmt: skip
    kinds = {"owner": "address", "spender": "address"}
    fields = [{"name": name, "type": kinds.get(name, "uint256")} for name in message]
    _, name, version, chain_id, contract, *_ = money.token.eip712Domain()
    domain = {"name": name, "version": version, "chainId": chain_id, "verifyingContract": contract}
    signed = owner.sign_message(encode_typed_data(domain, {"Permit": fields}, message))
    return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def test_deposit_with_permit__ones_own__brings_it_in_without_approving(money, saver):
    signature = permit(money, saver, WHOLE)
    money.payments.deposit_with_permit(WHOLE, NEVER, *signature, sender=saver.address)
    assert events(money.payments) == [
        ("Approval", saver.address, money.payments.address, WHOLE),
        ("Approval", saver.address, money.payments.address, 0),
        ("Transfer", saver.address, money.payments.address, WHOLE),
        ("Deposited", saver.address, WHOLE),
    ]
    assert money.payments.balance_of(saver.address) == WHOLE
    assert money.token.allowance(saver.address, money.payments.address) == 0


def test_deposit_with_permit__shown_by_another_before__brings_it_in(money, saver, attacker):
    signature = permit(money, saver, WHOLE)
    money.token.permit(saver.address, money.payments.address, WHOLE, NEVER, *signature, sender=attacker)
    money.payments.deposit_with_permit(WHOLE, NEVER, *signature, sender=saver.address)
    assert money.payments.balance_of(saver.address) == WHOLE


def test_deposit_with_permit__a_bad_permit_and_no_allowance__is_refused(money, saver):
    v, r, s = permit(money, saver, WHOLE)
    with boa.reverts("erc20: insufficient allowance"):
        money.payments.deposit_with_permit(WHOLE + 1, NEVER, v, r, s, sender=saver.address)
    with boa.reverts("erc20: insufficient allowance"):
        money.payments.deposit_with_permit(WHOLE, 0, v, r, s, sender=saver.address)


def test_deposit_with_permit__a_bad_permit_and_an_allowance__brings_it_in(money, saver):
    money.token.approve(money.payments.address, ANY, sender=saver.address)
    money.payments.deposit_with_permit(WHOLE, 0, 27, bytes(32), bytes(32), sender=saver.address)
    assert money.payments.balance_of(saver.address) == WHOLE


def test_deposit_with_permit__of_another__takes_only_from_the_caller(money, saver, attacker):
    signature = permit(money, saver, WHOLE)
    money.payments.deposit_with_permit(WHOLE, NEVER, *signature, sender=attacker)
    assert money.payments.balance_of(attacker) == WHOLE
    assert (money.token.balanceOf(saver.address), money.token.balanceOf(attacker)) == (
        100 * WHOLE,
        99 * WHOLE,
    )


def test_deposit_with_permit__an_asset_that_knows_none__works_like_a_deposit(silent, delegator):
    _, payments = silent
    payments.deposit_with_permit(50, NEVER, 27, bytes(32), bytes(32), sender=delegator)
    assert payments.balance_of(delegator) == 50


def test_deposit_with_permit__an_asset_with_a_fee__credits_what_arrived(odd, delegator):
    asset, payments = odd
    asset.set_fees(3, 0)
    payments.deposit_with_permit(50, NEVER, 27, bytes(32), bytes(32), sender=delegator)
    assert events(payments) == [("Deposited", delegator, 47)]


def test_deposit_with_permit__an_asset_that_says_no__is_refused(odd, delegator):
    asset, payments = odd
    asset.refuse()
    with boa.reverts("payments: transfer"):
        payments.deposit_with_permit(50, NEVER, 27, bytes(32), bytes(32), sender=delegator)


def test_deposit_with_permit__a_holding_beyond_its_field__is_refused(odd, attacker):
    asset, payments = odd
    asset.mint(attacker, 2**112)
    with boa.reverts("payments: full"):
        payments.deposit_with_permit(2**112 - 100, NEVER, 27, bytes(32), bytes(32), sender=attacker)


def test_deposit_with_permit__entered_again_by_the_permit__is_refused(odd, delegator, reenter):
    asset, payments = odd
    reenter("deposit", 50)
    with boa.reverts():
        payments.deposit_with_permit(70, NEVER, 27, bytes(32), bytes(32), sender=delegator)
    assert (payments.balance_of(delegator), payments.balance_of(asset.address)) == (100, 0)


def test_deposit_with_permit__looked_at_by_the_permit__goes_through(odd, delegator, reenter):
    _, payments = odd
    reenter("balance_of", delegator)
    payments.deposit_with_permit(70, NEVER, 27, bytes(32), bytes(32), sender=delegator)
    assert payments.balance_of(delegator) == 170
