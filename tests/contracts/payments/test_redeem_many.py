import boa
import pytest

from tests.support.boa_world import NOBODY, WHOLE, block, events, mine
from tests.support.promises import keyed, subject


@pytest.fixture(scope="module")
def readers(money):
    """Three who pay by vouchers, with 10 each."""
    accounts = [keyed(f"reader {number}") for number in range(3)]
    for account in accounts:
        money.fund(account.address, 10)
    return accounts


def test_redeem_many__of_several_payers__pays_the_sum(money, pen, readers, provider, attacker):
    vouchers = [pen.voucher(payer, provider, 2 + at) for at, payer in enumerate(readers)]
    assert money.payments.redeem_many(provider, vouchers, sender=attacker) == 9
    assert events(money.payments) == [
        ("Redeemed", payer.address, provider, subject("a content"), 2 + at)
        for at, payer in enumerate(readers)
    ]
    assert money.payments.balance_of(provider) == 9
    assert [money.payments.balance_of(payer.address) for payer in readers] == [8, 7, 6]


def test_redeem_many__of_one_payer__takes_what_is_there_in_order(money, pen, readers, provider):
    payer = readers[0]
    vouchers = [pen.voucher(payer, provider, 6, about) for about in ("a content", "a deal", "a job")]
    assert money.payments.redeem_many(provider, vouchers) == 10
    redeemed = [
        money.payments.redeemed(payer.address, provider, subject(about))
        for about in ("a content", "a deal", "a job")
    ]
    assert redeemed == [6, 4, 0]


def test_redeem_many__what_brings_nothing__is_skipped(money, pen, readers, provider):
    vouchers = [pen.voucher(payer, provider, 2) for payer in readers]
    money.payments.redeem(provider, vouchers[1])
    assert money.payments.redeem_many(provider, vouchers) == 4
    assert [event[1] for event in events(money.payments)] == [readers[0].address, readers[2].address]


def test_redeem_many__nothing_at_all__pays_nothing(money, pen, readers, provider):
    voucher = pen.voucher(readers[0], provider, 2)
    money.payments.redeem(provider, voucher)
    assert money.payments.redeem_many(provider, [voucher, voucher]) == 0
    assert money.payments.redeem_many(provider, []) == 0
    assert (events(money.payments), money.payments.balance_of(provider)) == ([], 2)


def test_redeem_many__the_same_twice__pays_once(money, pen, readers, provider):
    voucher = pen.voucher(readers[0], provider, 2)
    assert money.payments.redeem_many(provider, [voucher, voucher]) == 2


def test_redeem_many__a_payer_that_is_the_payee__mints_nothing(money, pen, readers):
    payer, payee = readers[0], readers[1]
    vouchers = [pen.voucher(payee, payee.address, 7), pen.voucher(payer, payee.address, 3)]
    assert money.payments.redeem_many(payee.address, vouchers) == 10
    assert [money.payments.balance_of(who.address) for who in (payer, payee)] == [7, 13]


def test_redeem_many__from_lanes__takes_them_first(money, pen, readers, provider):
    for payer in readers:
        money.payments.reserve(provider, 4, 500, sender=payer.address)
    vouchers = [pen.voucher(payer, provider, 5) for payer in readers]
    assert money.payments.redeem_many(provider, vouchers) == 15
    assert [money.payments.account(payer.address) for payer in readers] == [(5, 0, 0, 0)] * 3


def test_redeem_many__thirty_two__fit(money, pen, reader, provider):
    vouchers = [pen.voucher(reader, provider, WHOLE, f"content {number}") for number in range(32)]
    assert money.payments.redeem_many(provider, vouchers) == 32 * WHOLE


def test_redeem_many__one_more__is_refused(money, pen, reader, provider):
    vouchers = [pen.voucher(reader, provider, WHOLE, f"content {number}") for number in range(33)]
    with boa.reverts():
        money.payments.redeem_many(provider, vouchers)


def test_redeem_many__one_signed_by_another__is_refused_whole(money, pen, readers, provider, hot):
    vouchers = [pen.voucher(readers[0], provider, 2), pen.voucher(readers[1], provider, 2, signer=hot)]
    with boa.reverts("payments: signer"):
        money.payments.redeem_many(provider, vouchers)


def test_redeem_many__one_nobodys_signature__is_refused_whole(money, pen, readers, provider):
    good = pen.voucher(readers[0], provider, 2)
    with boa.reverts("payments: signature"):
        money.payments.redeem_many(provider, [good, (*good[:4], bytes(32), bytes(32))])


def test_redeem_many__one_expired__is_refused_whole(money, pen, readers, provider):
    vouchers = [pen.voucher(readers[0], provider, 2), pen.voucher(readers[1], provider, 2, expiry=block())]
    mine(1)
    with boa.reverts("payments: expired"):
        money.payments.redeem_many(provider, vouchers)


def test_redeem_many__nobody_as_payee__is_refused(money, pen, readers):
    with boa.reverts("payments: zero address"):
        money.payments.redeem_many(NOBODY, [pen.voucher(readers[0], NOBODY, 5)])
