"""Attacks on vouchers, lanes, signers and signatures from the design's attack report: each fails."""

from dataclasses import replace

import boa
import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from tests.support.boa_world import (
    ANY,
    DELAY,
    NOBODY,
    ODD_TOKEN,
    PAYMENTS,
    SILENT_TOKEN,
    WHOLE,
    block,
    mine,
    person,
)
from tests.support.promises import FAR, Pen, keyed, subject
from xmbl.chain.payments import signed_voucher
from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Approval, Voucher, compact, digest, domain_separator, sign_digest

MARGIN = DELAY
"""Blocks for which a careful payee wants to be sure: no more than the delay of a revocation."""

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def wealth(money, *accounts):
    """All that these accounts have in Payments and in their wallets."""
    places = (money.payments.balance_of, money.token.balanceOf)
    return sum(place(who) for who in accounts for place in places)


def careful(money, payer, signer, payee, voucher):
    """Whether a payee that counts the lane, the signer and the expiry accepts a voucher."""
    lane = money.payments.lane(payer, payee)
    sure = block() + MARGIN
    owed = voucher[1] - money.payments.redeemed(payer, payee, voucher[2])
    alive = signer == payer or money.payments.signer_until(payer, signer) >= sure
    return owed <= lane.amount and lane.until >= sure and voucher[3] >= sure and alive


# C7, a signature that recovers to nobody


@pytest.mark.parametrize(
    ("r", "vs"),
    [(0, 0), (0, 1), (1, 0), (ORDER, 1), (2**256 - 1, 2**256 - 1), (5, 2**255)],
    ids=["zeros", "r 0", "s 0", "r is the order", "all ones", "only parity"],
)
def test_c7_zero_signer__garbage_as_a_signature__is_no_voucher_of_nobody(money, provider, attacker, r, vs):
    money.payments.authorize_signer(attacker, FAR, sender=attacker)
    for payer in (NOBODY, attacker, provider):
        voucher = (payer, 1, subject("a content"), FAR, r.to_bytes(32, "big"), vs.to_bytes(32, "big"))
        with boa.reverts("payments: signature"):
            money.payments.redeem(attacker, voucher, sender=attacker)
        with boa.reverts("payments: signature"):
            money.payments.redeem_many(attacker, [voucher], sender=attacker)


def test_c7_zero_signer__nobody_as_a_signer__cant_be_authorized(money, client):
    with boa.reverts("payments: zero address"):
        money.payments.authorize_signer(NOBODY, FAR, sender=client)


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66])
def test_c7_zero_signer__garbage_of_any_length__approves_nothing_of_nobody(money, attacker, length):
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(NOBODY, attacker, ANY, FAR, bytes(length))


# C8, an asset that calls back


def hooked(people):
    """Payments on a token that calls it back, which itself has 100 and may deposit them."""
    asset = ODD_TOKEN.deploy()
    payments = PAYMENTS.deploy(asset.address, DELAY)
    for who in (*people, asset.address):
        asset.mint(who, 100)
    for who in people:
        asset.approve(payments.address, ANY, sender=who)
    asset.approve_own(payments.address)
    return asset, payments


def test_c8_reentered_deposit__with_a_voucher_in_the_middle__moves_nothing(attacker, reader):
    asset, payments = hooked([attacker, reader.address])
    payments.deposit(100, sender=reader.address)
    voucher = Pen(payments).voucher(reader, attacker, 60)
    for inner in (
        payments.redeem.prepare_calldata(attacker, voucher),
        payments.redeem_many.prepare_calldata(attacker, [voucher]),
        payments.deposit_with_permit.prepare_calldata(100, ANY, 27, bytes(32), bytes(32)),
    ):
        asset.set_hook(payments.address, inner)
        with boa.reverts():
            payments.deposit(100, sender=attacker)
    asset.set_hook(NOBODY, b"")
    assert [payments.balance_of(who) for who in (attacker, reader.address)] == [0, 100]


def test_c8_reentered_deposit__by_a_permit_that_deposits__credits_nothing_twice(attacker):
    asset, payments = hooked([attacker])
    asset.set_hook(payments.address, payments.deposit.prepare_calldata(100))
    with boa.reverts():
        payments.deposit_with_permit(100, ANY, 27, bytes(32), bytes(32), sender=attacker)
    asset.set_hook(NOBODY, b"")
    payments.deposit_with_permit(100, ANY, 27, bytes(32), bytes(32), sender=attacker)
    assert (payments.balance_of(attacker), asset.balanceOf(payments.address)) == (100, 100)


def test_c8_reentered_withdrawal__with_a_lane_in_the_middle__takes_nothing_reserved(attacker, provider):
    asset, payments = hooked([attacker])
    payments.deposit(100, sender=attacker)
    payments.reserve(provider, 60, FAR, sender=attacker)
    asset.set_hook(payments.address, payments.withdraw.prepare_calldata(0))
    with boa.reverts():
        payments.withdraw(40, sender=attacker)
    asset.set_hook(NOBODY, b"")
    payments.withdraw(40, sender=attacker)
    assert payments.account(attacker) == (60, 60, 0, 0)


# H4, a contract that takes its word back


def test_h4_revocable_voucher__of_a_contract__counts_by_its_signer_and_cant_be_denied(
    money, pen, contract_holder, hot, provider
):
    payer, payments = contract_holder, money.payments
    for call in (
        payments.authorize_signer.prepare_calldata(hot.address, FAR),
        payments.reserve.prepare_calldata(provider, 50, FAR),
    ):
        payer.act(payments.address, call)
    voucher = pen.voucher(payer.address, provider, 50, signer=hot)
    assert careful(money, payer.address, hot.address, provider, voucher)
    payer.answer_with(bytes(32))  # isValidSignature says no from now on
    payer.act(payments.address, payments.revoke_signer.prepare_calldata(hot.address))
    mine(DELAY - 1)
    assert payments.redeem(provider, voucher) == 50


def test_h4_revocable_voucher__that_only_the_contract_calls_its_own__is_worth_nothing(
    money, pen, contract_holder, provider
):
    voucher = Voucher(contract_holder.address, provider, 50, subject("a content"), FAR)
    contract_holder.sign(pen.digest(voucher), True)
    nobodys = signed_voucher(voucher, compact(sign_digest(keyed("forger"), pen.digest(voucher))))
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, nobodys)


# M8, lanes


def test_m8_lane__the_payer_tries_everything__the_payee_is_paid_in_full(
    money, pen, reader, provider, attacker
):
    payments, payer = money.payments, reader.address
    until = block() + 10
    payments.reserve(provider, 60 * WHOLE, until, sender=payer)
    voucher = pen.voucher(reader, provider, 60 * WHOLE)
    payments.approve(attacker, ANY, sender=payer)
    with boa.reverts("payments: balance"):
        payments.withdraw(40 * WHOLE + 1, sender=payer)
    with boa.reverts("payments: balance"):
        payments.transfer_from(payer, attacker, 40 * WHOLE + 1, sender=attacker)
    with boa.reverts("payments: balance"):
        payments.reserve(attacker, 40 * WHOLE + 1, FAR, sender=payer)
    with boa.reverts("payments: reserved"):
        payments.release(payer, provider, sender=payer)
    with boa.reverts("payments: sender"):
        payments.release(payer, provider, sender=attacker)
    assert payments.redeem(attacker, pen.voucher(reader, attacker, 100 * WHOLE)) == 40 * WHOLE
    mine(9)
    assert payments.redeem(provider, voucher) == 60 * WHOLE


def test_m8_lane__unreleased_after_its_block__still_pays(money, pen, reader, provider):
    payments, payer = money.payments, reader.address
    payments.reserve(provider, 100 * WHOLE, block() + 1, sender=payer)
    mine(1_000)
    assert payments.redeem(provider, pen.voucher(reader, provider, 30 * WHOLE)) == 30 * WHOLE
    payments.release(payer, provider, sender=payer)
    payments.withdraw(70 * WHOLE, sender=payer)


def test_m8_lane__a_lower_block__doesnt_shorten_it(money, reader, provider):
    payments, payer = money.payments, reader.address
    payments.reserve(provider, 60, block() + 100, sender=payer)
    payments.reserve(provider, 1, 0, sender=payer)
    mine(99)
    with boa.reverts("payments: reserved"):
        payments.release(payer, provider, sender=payer)


def test_m8_lane__a_junk_subject_redeemed_by_the_payer__only_pays_the_payee(money, pen, reader, provider):
    """P5 as it was written is false: one subject says nothing. The sum over subjects is what is sure."""
    payments, payer = money.payments, reader.address
    payments.reserve(provider, 100, FAR, sender=payer)
    good = pen.voucher(reader, provider, 60)
    payments.withdraw(100 * WHOLE - 100, sender=payer)
    payments.redeem(provider, pen.voucher(reader, provider, 90, "junk"), sender=payer)
    assert payments.redeem(provider, good) == 10
    assert payments.balance_of(provider) == 100


# M9, hot signers


def test_m9_hot_signer__revoked_while_a_payee_relies_on_it__pays_what_it_signed(
    money, pen, reader, hot, provider
):
    payments, payer = money.payments, reader.address
    payments.reserve(provider, 50, FAR, sender=payer)
    payments.authorize_signer(hot.address, block() + MARGIN, sender=payer)
    voucher = pen.voucher(reader, provider, 50, signer=hot)
    assert careful(money, payer, hot.address, provider, voucher)
    payments.revoke_signer(hot.address, sender=payer)
    payments.authorize_signer(hot.address, 0, sender=payer)
    mine(MARGIN - 1)
    assert payments.redeem(provider, voucher) == 50


def test_m9_hot_signer__authorized_by_its_thief__signs_for_the_thief_alone(
    money, pen, reader, *, hot, provider, attacker
):
    """A voucher names its payer, so nobody needs the signer's consent to authorize it."""
    money.payments.authorize_signer(hot.address, FAR, sender=attacker)
    with boa.reverts("payments: signer"):
        money.payments.redeem(attacker, pen.voucher(reader, attacker, 5, signer=hot), sender=attacker)


def test_m9_hot_signer__stolen__can_lose_what_is_free_until_it_is_dead_and_no_more(
    money, pen, reader, *, hot, provider, attacker
):
    payments, payer = money.payments, reader.address
    payments.reserve(provider, 60 * WHOLE, FAR, sender=payer)
    payments.authorize_signer(hot.address, FAR, sender=payer)
    payments.revoke_signer(hot.address, sender=payer)
    theft = pen.voucher(reader, attacker, ANY, "theft", signer=hot, expiry=FAR)
    assert payments.redeem(attacker, theft, sender=attacker) == 40 * WHOLE
    payments.deposit(WHOLE, sender=payer)
    mine(DELAY)
    with boa.reverts("payments: signer"):
        payments.redeem(attacker, theft, sender=attacker)


# M10, a batch that is run ahead of


def test_m10_batch_front_run__one_redeemed_before__pays_the_others(
    money, pen, client, *, reader, provider, attacker
):
    payments = money.payments
    second = keyed("second reader")
    payments.transfer(second.address, 10, sender=client)
    batch = [pen.voucher(reader, provider, 7), pen.voucher(second, provider, 8)]
    payments.redeem(provider, batch[0], sender=attacker)
    assert payments.redeem_many(provider, batch, sender=provider) == 8
    assert payments.balance_of(provider) == 15


def test_m10_batch_front_run__with_a_dust_of_balance__burns_nothing_of_the_voucher(
    money, pen, reader, *, provider, attacker, client
):
    """Whoever redeems while little is there only pays the payee early."""
    payments, payer = money.payments, reader.address
    payments.withdraw(100 * WHOLE - 1, sender=payer)
    voucher = pen.voucher(reader, provider, 60)
    assert payments.redeem(provider, voucher, sender=attacker) == 1
    payments.transfer(payer, 100, sender=client)
    assert payments.redeem(provider, voucher) == 59


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_m10_batch_front_run__in_any_order__pays_the_highest_once(money, pen, reader, provider, order):
    vouchers = [pen.voucher(reader, provider, cumulative) for cumulative in (5, 7, 12)]
    money.payments.redeem_many(provider, [vouchers[at] for at in order])
    assert money.payments.balance_of(provider) == 12


def test_own_voucher__a_payer_that_pays_itself_in_a_batch__mints_nothing(money, pen, attacker):
    thief = keyed("thief")
    money.token.transfer(thief.address, 10, sender=attacker)
    money.token.approve(money.payments.address, ANY, sender=thief.address)
    money.payments.deposit(10, sender=thief.address)
    batch = [pen.voucher(thief, thief.address, 10, f"content {number}") for number in range(8)]
    before = wealth(money, thief.address)
    money.payments.redeem_many(thief.address, batch, sender=thief.address)
    assert wealth(money, thief.address) == before


# M11, permits


def signed_permit(money, owner, amount):
    message = {
        "owner": owner.address, "spender": money.payments.address, "value": amount, "nonce": 0,
        "deadline": ANY,
    }  # fmt: skip
    kinds = {"owner": "address", "spender": "address"}
    fields = [{"name": name, "type": kinds.get(name, "uint256")} for name in message]
    domain = {"name": "XMBL", "version": "1", "chainId": boa.env.evm.patch.chain_id}
    domain["verifyingContract"] = str(money.token.address)
    signed = Account.sign_message(encode_typed_data(domain, {"Permit": fields}, message), owner.key)
    return signed.v, signed.r.to_bytes(32, "big"), signed.s.to_bytes(32, "big")


def test_m11_copied_permit__shown_first_by_the_copier__doesnt_stop_the_deposit(money, client, attacker):
    saver = keyed("saver")
    money.token.transfer(saver.address, WHOLE, sender=client)
    words = ANY, *signed_permit(money, saver, WHOLE)
    money.token.permit(saver.address, money.payments.address, WHOLE, *words, sender=attacker)
    money.payments.deposit_with_permit(WHOLE, *words, sender=saver.address)
    assert money.payments.balance_of(saver.address) == WHOLE


def test_m11_copied_permit__shown_to_payments_by_another__brings_it_nothing(money, client):
    saver, copier = keyed("saver"), person("copier")
    money.token.transfer(saver.address, WHOLE, sender=client)
    with boa.reverts("erc20: insufficient allowance"):
        money.payments.deposit_with_permit(WHOLE, ANY, *signed_permit(money, saver, WHOLE), sender=copier)
    assert money.token.balanceOf(saver.address) == WHOLE


def test_m11_silent_fallback__of_a_token_that_takes_any_permit__pays_for_nobody_else(client, attacker):
    token = SILENT_TOKEN.deploy()
    payments = PAYMENTS.deploy(token.address, DELAY)
    token.mint(client, 100)
    with boa.reverts():
        payments.deposit_with_permit(100, ANY, 27, bytes(32), bytes(32), sender=attacker)
    assert (token.balanceOf(client), payments.balance_of(attacker)) == (100, 0)


# L5, the approve race, and replays


def test_l5_approve_race__a_spender_between_two_approvals__takes_both_and_no_more(
    money, client, market, provider
):
    """Spenders are markets, which pull from their callers: the race harms nobody there. Said, not closed."""
    money.payments.approve(market, 5, sender=client)
    money.payments.transfer_from(client, provider, 5, sender=market)
    money.payments.approve(market, 3, sender=client)
    money.payments.transfer_from(client, provider, 3, sender=market)
    with boa.reverts("payments: allowance"):
        money.payments.transfer_from(client, provider, 1, sender=market)


def test_l5_approve_race__by_signature__sets_and_is_used_up(money, pen, reader, market, provider):
    first, second = (pen.approval(reader, market, amount, nonce=at) for at, amount in enumerate((5, 3)))
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(*second)
    money.payments.approve_by_sig(*first)
    money.payments.approve_by_sig(*second)
    assert money.payments.allowance(reader.address, market) == 3
    for used in (first, second):
        with boa.reverts("payments: signature"):
            money.payments.approve_by_sig(*used)


def elsewhere(pen, change):
    """The domain of another contract, chain, name or version."""
    name, chain_id, contract = (
        typed_data.PAYMENTS_DOMAIN,
        boa.env.evm.patch.chain_id,
        pen.payments.address,
    )
    return {
        "contract": domain_separator(name, chain_id, person("other Payments")),
        "chain": domain_separator(name, chain_id + 1, contract),
        "name": domain_separator(typed_data.DEALS_DOMAIN, chain_id, contract),
    }[change]


@pytest.mark.parametrize("change", ["contract", "chain", "name"])
def test_replay__a_signature_for_another_domain__is_nobodys_here(
    money, pen, reader, *, provider, market, change
):
    domain = elsewhere(pen, change)
    voucher = Voucher(reader.address, provider, 5, subject("a content"), FAR)
    signature = compact(sign_digest(reader, digest(domain, voucher.hash())))
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, signed_voucher(voucher, signature))
    approval = Approval(reader.address, market, 5, 0, FAR)
    signature = sign_digest(reader, digest(domain, approval.hash()))
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(reader.address, market, 5, FAR, signature)


def test_replay__a_chain_that_splits_off__knows_none_of_the_old_vouchers(money, pen, reader, provider):
    voucher = pen.voucher(reader, provider, 5)
    chain_id = boa.env.evm.patch.chain_id
    boa.env.evm.patch.chain_id = chain_id + 1
    try:
        with boa.reverts("payments: signer"):
            money.payments.redeem(provider, voucher)
        assert money.payments.redeem(provider, pen.voucher(reader, provider, 5)) == 5
    finally:
        boa.env.evm.patch.chain_id = chain_id


def test_replay__the_malleated_twin_of_a_voucher__has_no_compact_form(money, pen, reader, provider):
    """N - s has the bit set that is the parity's, so it is read as another number; and would it fit, it would
    pay nothing more, since amounts are cumulative."""
    voucher = Voucher(reader.address, provider, 5, subject("a content"), FAR)
    signature = compact(sign_digest(reader, pen.digest(voucher)))
    twin = ORDER - int.from_bytes(signature[32:], "big") % 2**255
    assert twin >= 2**255
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, signed_voucher(voucher, signature[:32] + twin.to_bytes(32, "big")))


def test_replay__a_voucher_shown_as_an_approval__is_none(money, pen, reader, market):
    """Different types hash differently, whatever their words."""
    voucher = Voucher(reader.address, market, 5, bytes(32), FAR)
    signature = sign_digest(reader, pen.digest(voucher))
    with boa.reverts("payments: signature"):
        money.payments.approve_by_sig(reader.address, market, 5, FAR, signature)
    assert replace(voucher, cumulative=6).hash() != voucher.hash()


def test_l9_blocking_asset__that_refuses_to_move__leaves_the_ledger_working(reader, provider):
    asset, payments = hooked([reader.address])
    payments.deposit(100, sender=reader.address)
    asset.refuse()
    with boa.reverts("payments: transfer"):
        payments.withdraw(1, sender=reader.address)
    assert payments.redeem(provider, Pen(payments).voucher(reader, provider, 60)) == 60
