"""A holder gives nothing out before a voucher that will be paid lies on its disk."""

from dataclasses import replace

import pytest

from tests.support.vouchers import (
    ATTACKER,
    BLOCK,
    DEAL,
    HOLDER,
    MARGIN,
    OTHER,
    OTHER_DEAL,
    PRICE,
    READER,
    SIGNER,
    WINDOW,
    Died,
    FakeLedger,
    Mortal,
    signed,
    till,
)  # fmt: skip
from xmbl.errors import Refused
from xmbl.payments.events import VoucherHeld, VoucherRefused
from xmbl.payments.policy import Lane, Window
from xmbl.payments.till import Point

ELSEWHERE = Window(HOLDER, OTHER_DEAL, PRICE)


@pytest.fixture
def ledger():
    return FakeLedger()


def test_take__a_good_voucher__is_on_the_disk_and_told(tmp_path, ledger):
    told = []
    mine, _ = till(tmp_path, ledger, told)
    mine.take(signed(PRICE), WINDOW)
    assert till(tmp_path, ledger)[0].best(READER.address, HOLDER, DEAL) == signed(PRICE)
    assert told == [VoucherHeld(READER.address, DEAL, PRICE, PRICE)]


def test_take__window_after_window__keeps_the_best(tmp_path, ledger):
    told = []
    mine, book = till(tmp_path, ledger, told)
    for windows in (1, 2, 3):
        mine.take(signed(windows * PRICE), WINDOW)
    assert [held.signed for held in book.open()] == [signed(3 * PRICE)]
    assert [event.amount for event in told] == [PRICE] * 3


@pytest.mark.parametrize(
    ("voucher", "reason"),
    [
        (signed(PRICE, ATTACKER), "may not sign for"),
        (signed(PRICE, SIGNER), "may not sign for"),
        (replace(signed(PRICE), signature=bytes(64)), "belongs to no key"),
        (signed(PRICE, payee=OTHER), "pays somebody else"),
        (signed(PRICE, subject=OTHER_DEAL), "pays somebody else"),
        (signed(PRICE, expiry=BLOCK + MARGIN - 1), "expires in block"),
        (signed(PRICE - 1), "is due at"),
        (signed(10**18 + 1), "short of what your vouchers come to"),
    ],
    ids=["forged", "signer", "garbage", "payee", "deal", "expiry", "too low", "uncovered"],
)
def test_take__a_voucher_that_would_not_be_paid__is_refused_and_told(tmp_path, ledger, voucher, reason):
    told = []
    mine, book = till(tmp_path, ledger, told)
    with pytest.raises(Refused, match=reason):
        mine.take(voucher, WINDOW)
    assert book.all_held() == []
    assert [type(event) for event in told] == [VoucherRefused]
    assert reason in told[0].reason


def test_take__the_same_voucher_again__is_refused(tmp_path, ledger):
    mine, _ = till(tmp_path, ledger)
    mine.take(signed(PRICE), WINDOW)
    with pytest.raises(Refused, match=r"I hold a voucher of 0\.001 XMBL already; this one is no higher"):
        mine.take(signed(PRICE), WINDOW)


def test_take__a_live_hot_signers__is_kept_with_its_signer(tmp_path, ledger):
    ledger.signers[READER.address, SIGNER.address] = BLOCK + 2 * MARGIN
    mine, book = till(tmp_path, ledger)
    mine.take(signed(PRICE, SIGNER), WINDOW)
    assert book.open()[0].signer == SIGNER.address


def test_take__redeemed_before_this_book__is_due_beyond_that(tmp_path, ledger):
    ledger.paid[READER.address, HOLDER, DEAL] = 5 * PRICE
    mine, _ = till(tmp_path, ledger)
    with pytest.raises(Refused, match=r"I hold a voucher of 0\.005 XMBL already"):
        mine.take(signed(PRICE), WINDOW)
    mine.take(signed(6 * PRICE), WINDOW)


def test_take__all_subjects_of_a_payer__count_against_its_lane(tmp_path, ledger):
    ledger.balances.clear()
    ledger.lanes[READER.address, HOLDER] = Lane(3 * PRICE, BLOCK + MARGIN)
    mine, _ = till(tmp_path, ledger)
    mine.take(signed(PRICE), WINDOW)
    mine.take(signed(2 * PRICE, subject=OTHER_DEAL), ELSEWHERE)
    with pytest.raises(Refused, match=r"0\.001 XMBL short"):
        mine.take(signed(2 * PRICE), WINDOW)


def test_take__a_lane_drained_by_a_voucher_for_junk__is_seen(tmp_path, ledger):
    """The payer signs for a subject of its own and redeems that: the lane is gone, our voucher isn't."""
    ledger.balances.clear()
    ledger.lanes[READER.address, HOLDER] = Lane(10 * PRICE, BLOCK + MARGIN)
    mine, _ = till(tmp_path, ledger)
    mine.take(signed(PRICE), WINDOW)
    ledger.collect([signed(9 * PRICE, subject=b"junk".ljust(32))])
    with pytest.raises(Refused, match="short"):
        mine.take(signed(2 * PRICE), WINDOW)


def test_take__redeemed_by_somebody_else__is_covered_again(tmp_path, ledger):
    ledger.balances[READER.address] = PRICE
    mine, _ = till(tmp_path, ledger)
    mine.take(signed(PRICE), WINDOW)
    ledger.collect([signed(PRICE)])
    ledger.balances[READER.address] = PRICE
    mine.take(signed(2 * PRICE), WINDOW)


def test_take__many_windows_within_a_look__ask_the_chain_once(tmp_path, ledger):
    mine, _ = till(tmp_path, ledger, fresh=60.0)
    mine.take(signed(PRICE), WINDOW)
    asked = ledger.asked
    for windows in range(2, 20):
        mine.take(signed(windows * PRICE), WINDOW)
    assert ledger.asked == asked


@pytest.mark.parametrize(("point", "kept"), [(Point.CHECKED, None), (Point.HELD, signed(PRICE))])
def test_take__died_at_any_point__has_the_voucher_or_gave_nothing(tmp_path, ledger, point, kept):
    dying, _ = till(tmp_path, ledger, reached=Mortal(point))
    with pytest.raises(Died):
        dying.take(signed(PRICE), WINDOW)
    again, _ = till(tmp_path, ledger)
    assert again.best(READER.address, HOLDER, DEAL) == kept


def test_best__the_chain_has_paid_more_than_is_held__shows_none(tmp_path, ledger):
    mine, book = till(tmp_path, ledger)
    mine.take(signed(PRICE), WINDOW)
    book.redeemed(signed(PRICE).voucher, 2 * PRICE)
    assert mine.best(READER.address, HOLDER, DEAL) is None
