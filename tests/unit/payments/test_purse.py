"""A reader never promises beyond a limit, and no death makes it pay twice for what it knows of."""

import pytest

from tests.support.vouchers import (
    BLOCK,
    DEAL,
    DOMAIN,
    HOLDER,
    NO_LIMITS,
    OTHER,
    OTHER_DEAL,
    READER,
    SIGNER,
    Died,
    Mortal,
    purse,
    signed,
)  # fmt: skip
from xmbl.crypto.typed_data import ReadQuote
from xmbl.errors import Refused
from xmbl.payments.book import Book
from xmbl.payments.client import LASTS, Payer, Point, Purse
from xmbl.payments.policy import Limits


def test_pay__window_after_window__signs_ever_more(tmp_path):
    mine, _ = purse(tmp_path)
    first, second = mine.pay(HOLDER, DEAL, 5), mine.pay(HOLDER, DEAL, 3)
    assert (first.voucher.cumulative, second.voucher.cumulative) == (5, 8)
    assert DOMAIN.signer(second) == second.voucher.payer == READER.address
    assert second.voucher.expiry == BLOCK + LASTS


def test_pay__another_deal_or_payee__begins_at_nothing(tmp_path):
    mine, _ = purse(tmp_path)
    mine.pay(HOLDER, DEAL, 5)
    assert mine.pay(HOLDER, OTHER_DEAL, 1).voucher.cumulative == 1
    assert mine.pay(OTHER, DEAL, 1).voucher.cumulative == 1


def test_pay__more_than_is_left__promises_nothing(tmp_path):
    mine, book = purse(tmp_path, most=7)
    mine.pay(HOLDER, DEAL, 5)
    with pytest.raises(
        Refused, match="3 wei more is above what is left for this, 2 wei; allow a higher cost"
    ):
        mine.pay(HOLDER, DEAL, 3)
    assert (book.promised(HOLDER, DEAL), mine.left) == (5, 2)


def test_bound__less_or_more_than_is_left__is_never_raised(tmp_path):
    mine, _ = purse(tmp_path, most=7)
    mine.bound(9)
    assert mine.left == 7
    mine.bound(4)
    with pytest.raises(Refused, match="5 wei more is above what is left for this, 4 wei"):
        mine.pay(HOLDER, DEAL, 5)


def quoted(egress, window=8, deal=DEAL):
    return ReadQuote(OTHER, deal, HOLDER, egress, window, BLOCK)


def test_agrees__to_the_first_price_and_window_of_a_deal__and_to_none_above_them(tmp_path):
    mine, _ = purse(tmp_path)
    told = [
        quoted(5),
        quoted(6),
        quoted(5, window=9),
        quoted(5),
        quoted(4, window=7),
        quoted(9, deal=OTHER_DEAL),
    ]
    assert [mine.agrees(quote) for quote in told] == [True, False, False, True, True, True]


def test_agrees__once_bound__to_what_was_told_before_only(tmp_path):
    mine, _ = purse(tmp_path)
    mine.agrees(quoted(5))
    mine.bound(100)
    assert mine.agrees(quoted(5))
    assert not mine.agrees(quoted(1, deal=OTHER_DEAL))
    assert mine.agrees(quoted(0, deal=OTHER_DEAL))


def test_agrees__bound_with_a_price_for_those_who_told_none__to_that_and_to_none_above(tmp_path):
    mine, _ = purse(tmp_path)
    mine.agrees(quoted(9))
    mine.bound(100, untold=5)
    assert mine.agrees(quoted(9))
    assert not mine.agrees(quoted(6, deal=OTHER_DEAL))
    assert mine.agrees(quoted(5, deal=OTHER_DEAL))
    assert not mine.agrees(quoted(6, deal=OTHER_DEAL))


def test_pay__beyond_a_limit_of_the_book__is_refused_by_every_purse(tmp_path):
    limits = Limits(peer=9, subject=6, day=100)
    purse(tmp_path, limits)[0].pay(HOLDER, DEAL, 5)
    again, book = purse(tmp_path, limits)
    with pytest.raises(Refused, match="7 wei for this deal, above the limit of 6 wei"):
        again.pay(HOLDER, DEAL, 2)
    assert book.promised(HOLDER, DEAL) == 5


def test_pay__by_a_hot_signer__names_the_payer(tmp_path):
    payer = Payer(READER.address, SIGNER, DOMAIN, Book(tmp_path / "book.sqlite"), NO_LIMITS)
    made = Purse(payer, 10, lambda: BLOCK, lambda _: None).pay(HOLDER, DEAL, 5)
    assert (made.voucher.payer, DOMAIN.signer(made)) == (READER.address, SIGNER.address)


@pytest.mark.parametrize("point", list(Point))
def test_pay__died_at_any_point__never_signs_less_than_what_may_have_left(tmp_path, point):
    dying, _ = purse(tmp_path, reached=Mortal(point))
    with pytest.raises(Died):
        dying.pay(HOLDER, DEAL, 5)
    again, book = purse(tmp_path)
    assert book.promised(HOLDER, DEAL) == 5
    assert again.pay(HOLDER, DEAL, 3).voucher.cumulative == 8


@pytest.mark.parametrize("point", list(Point))
def test_pay__died_and_shown_what_arrived__promises_nothing_twice(tmp_path, point):
    first = purse(tmp_path)[0].pay(HOLDER, DEAL, 5)
    dying, _ = purse(tmp_path, reached=Mortal(point))
    with pytest.raises(Died):
        dying.pay(HOLDER, DEAL, 3)
    again, book = purse(tmp_path, most=2)
    again.recall(HOLDER, DEAL, first, 0)
    # three are promised already, so only two of these five are new
    assert again.pay(HOLDER, DEAL, 5).voucher.cumulative == 10
    assert (book.promised(HOLDER, DEAL), again.left) == (10, 0)


def test_recall__a_lost_book__goes_on_from_what_is_shown(tmp_path):
    mine, book = purse(tmp_path)
    mine.recall(HOLDER, DEAL, signed(50), 0)
    assert mine.pay(HOLDER, DEAL, 1).voucher.cumulative == 51
    assert book.promised(HOLDER, DEAL) == 51


@pytest.mark.parametrize(
    "shown",
    [
        None,
        signed(50, SIGNER),
        signed(50, payer=OTHER),
        signed(50, subject=OTHER_DEAL),
        signed(50, payee=OTHER),
    ],
    ids=["nothing", "another's signature", "another's payer", "another deal", "another payee"],
)
def test_recall__what_is_not_ours__counts_for_nothing(tmp_path, shown):
    mine, book = purse(tmp_path, most=5)
    mine.pay(HOLDER, DEAL, 5)
    mine.recall(HOLDER, DEAL, shown, 2)
    # the chain has seen two, and five were promised once
    assert mine.pay(HOLDER, DEAL, 3).voucher.cumulative == 5
    assert (book.promised(HOLDER, DEAL), mine.left) == (5, 0)


def test_recall__refused_again_and_again__promises_once(tmp_path):
    for _ in range(3):
        mine, book = purse(tmp_path)
        mine.recall(HOLDER, DEAL, None, 0)
        assert mine.pay(HOLDER, DEAL, 5).voucher.cumulative == 5
    assert book.promised(HOLDER, DEAL) == 5
