from dataclasses import replace

import boa
import pytest

from tests.support.boa_world import DELAY, NOBODY, WHOLE, block, events, mine
from tests.support.promises import FAR, keyed, subject
from xmbl.chain.payments import signed_voucher
from xmbl.crypto.typed_data import Voucher, compact, sign_digest


def balances(money, *accounts):
    return [money.payments.balance_of(account) for account in accounts]


def test_redeem__by_anyone__pays_the_payee(money, pen, reader, provider, attacker):
    assert money.payments.redeem(provider, pen.voucher(reader, provider, WHOLE), sender=attacker) == WHOLE
    assert events(money.payments) == [
        ("Redeemed", reader.address, provider, subject("a content"), WHOLE),
    ]
    assert balances(money, reader.address, provider, attacker) == [99 * WHOLE, WHOLE, 0]
    assert money.payments.redeemed(reader.address, provider, subject("a content")) == WHOLE


def test_redeem__a_later_voucher__pays_what_is_new(money, pen, reader, provider):
    money.payments.redeem(provider, pen.voucher(reader, provider, 5))
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 12)) == 7
    assert events(money.payments) == [("Redeemed", reader.address, provider, subject("a content"), 7)]
    assert balances(money, provider) == [12]


@pytest.mark.parametrize("cumulative", [12, 11, 0])
def test_redeem__an_equal_or_earlier_voucher__is_refused(money, pen, reader, provider, cumulative):
    money.payments.redeem(provider, pen.voucher(reader, provider, 12))
    with boa.reverts("payments: nothing"):
        money.payments.redeem(provider, pen.voucher(reader, provider, cumulative))


def test_redeem__other_subjects__count_by_themselves(money, pen, reader, provider):
    for about in ("a content", "a deal", "a job"):
        assert money.payments.redeem(provider, pen.voucher(reader, provider, 5, about)) == 5
    assert balances(money, provider) == [15]


def test_redeem__too_little_there__pays_it_and_the_rest_later(money, pen, reader, provider, client):
    voucher = pen.voucher(reader, provider, 130 * WHOLE)
    assert money.payments.redeem(provider, voucher) == 100 * WHOLE
    with boa.reverts("payments: nothing"):
        money.payments.redeem(provider, voucher)
    money.payments.transfer(reader.address, 50 * WHOLE, sender=client)
    assert money.payments.redeem(provider, voucher) == 30 * WHOLE
    assert balances(money, reader.address) == [20 * WHOLE]


def test_redeem__oneself__moves_nothing(money, pen, reader):
    assert money.payments.redeem(reader.address, pen.voucher(reader, reader.address, 5)) == 5
    assert balances(money, reader.address) == [100 * WHOLE]


# lanes


def test_redeem__from_a_lane__takes_it_first(money, pen, reader, provider):
    money.payments.reserve(provider, 30, 500, sender=reader.address)
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 12)) == 12
    assert money.payments.lane(reader.address, provider) == (18, 500)
    assert money.payments.account(reader.address) == (100 * WHOLE - 12, 18, 0, 0)


def test_redeem__more_than_the_lane__goes_on_with_what_is_free(money, pen, reader, provider):
    money.payments.reserve(provider, 30, 500, sender=reader.address)
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 42)) == 42
    assert money.payments.lane(reader.address, provider) == (0, 500)
    assert money.payments.account(reader.address) == (100 * WHOLE - 42, 0, 0, 0)


def test_redeem__with_anothers_lane__leaves_that_alone(money, pen, reader, provider, delegator):
    money.payments.reserve(delegator, 70 * WHOLE, 500, sender=reader.address)
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 90 * WHOLE)) == 30 * WHOLE
    assert money.payments.lane(reader.address, delegator) == (70 * WHOLE, 500)
    assert money.payments.account(reader.address) == (70 * WHOLE, 70 * WHOLE, 0, 0)
    with boa.reverts("payments: nothing"):
        money.payments.redeem(provider, pen.voucher(reader, provider, 91 * WHOLE))


def test_redeem__a_lane_that_is_over__pays_until_it_is_released(money, pen, reader, provider):
    money.payments.reserve(provider, 100 * WHOLE, block() + 1, sender=reader.address)
    mine(50)
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 40 * WHOLE)) == 40 * WHOLE
    money.payments.release(reader.address, provider, sender=reader.address)
    money.payments.withdraw(60 * WHOLE, sender=reader.address)
    with boa.reverts("payments: nothing"):
        money.payments.redeem(provider, pen.voucher(reader, provider, 41 * WHOLE))


def test_redeem__from_ones_own_lane__moves_nothing(money, pen, reader):
    who = reader.address
    money.payments.reserve(who, 30, 500, sender=who)
    assert money.payments.redeem(who, pen.voucher(reader, who, 12)) == 12
    assert (money.payments.account(who), money.payments.lane(who, who)) == (
        (100 * WHOLE, 18, 0, 0),
        (18, 500),
    )


# times


def test_redeem__in_the_block_of_the_expiry__pays(money, pen, reader, provider):
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 5, expiry=block())) == 5


def test_redeem__after_the_expiry__is_refused(money, pen, reader, provider):
    voucher = pen.voucher(reader, provider, 5, expiry=block())
    mine(1)
    with boa.reverts("payments: expired"):
        money.payments.redeem(provider, voucher)


def test_redeem__a_voucher_for_ever__pays(money, pen, reader, provider):
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 5, expiry=2**256 - 1)) == 5


def test_redeem__signed_by_a_live_signer__pays(money, pen, reader, hot, provider):
    money.payments.authorize_signer(hot.address, block() + 2, sender=reader.address)
    mine(1)
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 5, signer=hot)) == 5


def test_redeem__signed_by_a_signer_in_its_last_block__is_refused(money, pen, reader, hot, provider):
    money.payments.authorize_signer(hot.address, block() + 2, sender=reader.address)
    voucher = pen.voucher(reader, provider, 5, signer=hot)
    mine(2)
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, voucher)


def test_redeem__signed_by_a_revoked_signer__pays_until_the_delay_is_over(money, pen, reader, hot, provider):
    money.payments.authorize_signer(hot.address, FAR, sender=reader.address)
    money.payments.revoke_signer(hot.address, sender=reader.address)
    mine(DELAY - 1)
    assert money.payments.redeem(provider, pen.voucher(reader, provider, 5, signer=hot)) == 5
    mine(1)
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, pen.voucher(reader, provider, 6, signer=hot))


def test_redeem__for_a_contract__is_signed_by_its_signer(money, pen, contract_holder, hot, provider):
    authorize = money.payments.authorize_signer.prepare_calldata(hot.address, FAR)
    contract_holder.act(money.payments.address, authorize)
    voucher = pen.voucher(contract_holder.address, provider, 5, signer=hot)
    assert money.payments.redeem(provider, voucher) == 5


# signatures


def test_redeem__signed_by_another__is_refused(money, pen, reader, provider, hot):
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, pen.voucher(reader, provider, 5, signer=hot))


def test_redeem__for_another_payee__is_refused(money, pen, reader, provider, attacker):
    with boa.reverts("payments: signer"):
        money.payments.redeem(attacker, pen.voucher(reader, provider, 5), sender=attacker)


@pytest.mark.parametrize(
    "change",
    [{"cumulative": 6}, {"subject": bytes(32)}, {"expiry": FAR}, {"payer": keyed("another").address}],
    ids=lambda change: next(iter(change)),
)
def test_redeem__one_word_changed__is_refused(money, pen, reader, provider, change):
    voucher = Voucher(reader.address, provider, 5, subject("a content"), block() + 100)
    signature = compact(sign_digest(reader, pen.digest(voucher)))
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, signed_voucher(replace(voucher, **change), signature))


@pytest.mark.parametrize("place", [4, 5], ids=["r", "vs"])
def test_redeem__a_signature_of_zeros__is_nobodys(money, pen, reader, provider, place):
    voucher = list(pen.voucher(reader, provider, 5))
    voucher[place] = bytes(32)
    with boa.reverts("payments: signature"):
        money.payments.redeem(provider, tuple(voucher))


def test_redeem__the_zero_address_as_payer__is_refused(money, pen, reader, provider):
    voucher = pen.voucher(reader, provider, 5)
    with boa.reverts("payments: signature"):
        money.payments.redeem(provider, (NOBODY, *voucher[1:4], bytes(32), bytes(32)))
    with boa.reverts("payments: signer"):
        money.payments.redeem(provider, (NOBODY, *voucher[1:]))


def test_redeem__nobody_as_payee__is_refused(money, pen, reader):
    with boa.reverts("payments: zero address"):
        money.payments.redeem(NOBODY, pen.voucher(reader, NOBODY, 5))
