"""What was promised and what is held outlives every kill, and no promise goes beyond a limit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.vouchers import DEAL, HOLDER, NO_LIMITS, OTHER, OTHER_DEAL, READER, Died, signed
from xmbl.errors import Refused
from xmbl.payments.book import Batch, Book, Promise
from xmbl.payments.policy import Limits


@pytest.fixture
def path(tmp_path):
    return tmp_path / "book.sqlite"


@pytest.fixture
def book(path):
    made = Book(path)
    yield made
    made.close()


def test_promise__more_than_before__is_remembered_by_the_next_process(book, path):
    assert book.promise(Promise(HOLDER, DEAL, 5), NO_LIMITS, day=1) == 5
    assert book.promise(Promise(HOLDER, DEAL, 7), NO_LIMITS, day=1) == 2
    assert Book(path).promised(HOLDER, DEAL) == 7


def test_promise__no_more_than_before__is_none_and_never_falls(book):
    book.promise(Promise(HOLDER, DEAL, 7), NO_LIMITS, day=1)
    assert book.promise(Promise(HOLDER, DEAL, 6), Limits(0, 0, 0), day=1) == 0
    assert book.promised(HOLDER, DEAL) == 7


@pytest.mark.parametrize(
    "limits", [Limits(9, 100, 100), Limits(100, 9, 100), Limits(100, 100, 9)], ids=["peer", "deal", "day"]
)
def test_promise__beyond_a_limit__promises_nothing(book, limits):
    book.promise(Promise(HOLDER, DEAL, 5), limits, day=1)
    with pytest.raises(Refused, match="above the limit"):
        book.promise(Promise(HOLDER, DEAL, 10), limits, day=1)
    assert book.promises() == [Promise(HOLDER, DEAL, 5)]


def test_promise__another_day__counts_for_that_day_alone(book):
    limits = Limits(100, 100, 5)
    book.promise(Promise(HOLDER, DEAL, 5), limits, day=1)
    assert book.promise(Promise(HOLDER, DEAL, 10), limits, day=2) == 5


def test_promise__other_payees_and_deals__have_sums_of_their_own(book):
    limits = Limits(5, 5, 100)
    book.promise(Promise(HOLDER, DEAL, 5), limits, day=1)
    assert book.promise(Promise(OTHER, OTHER_DEAL, 5), limits, day=1) == 5
    with pytest.raises(Refused, match="this deal"):
        book.promise(Promise(OTHER, DEAL, 1), limits, day=1)


def test_promise__longer_than_sqlites_numbers__is_exact(book):
    assert book.promise(Promise(HOLDER, DEAL, 2**112 - 1), NO_LIMITS, day=1) == 2**112 - 1
    assert book.promised(HOLDER, DEAL) == 2**112 - 1


places = st.tuples(st.sampled_from([HOLDER, OTHER]), st.sampled_from([DEAL, OTHER_DEAL]))
acts = st.tuples(places, st.integers(1, 9), st.integers(1, 3), st.booleans())


@given(st.lists(acts, max_size=30))
def test_promise__any_order_with_restarts__stays_within_all_limits(tmp_path_factory, story):
    limits, path = Limits(20, 15, 12), tmp_path_factory.mktemp("book") / "book.sqlite"
    book, days = Book(path), {1: 0, 2: 0, 3: 0}
    for (payee, subject), more, day, restart in story:
        before = book.promised(payee, subject)
        try:
            days[day] += book.promise(Promise(payee, subject, before + more), limits, day)
        except Refused:
            assert book.promised(payee, subject) == before
        if restart:
            book = Book(path)
    promises = book.promises()
    assert all(amount <= limits.day for amount in days.values())
    assert sum(each.cumulative for each in promises) == sum(days.values())
    for payee in (HOLDER, OTHER):
        assert sum(each.cumulative for each in promises if each.payee == payee) <= limits.peer
    for subject in (DEAL, OTHER_DEAL):
        assert sum(each.cumulative for each in promises if each.subject == subject) <= limits.subject


def test_recall__what_somebody_showed__is_never_lowered(book):
    book.recall(Promise(HOLDER, DEAL, 9))
    book.recall(Promise(HOLDER, DEAL, 3))
    assert book.promised(HOLDER, DEAL) == 9


def test_hold__a_better_voucher__takes_the_place_of_the_one_before(book, path):
    book.hold(signed(5), READER.address, 0)
    book.hold(signed(8), READER.address, 2)
    (held,) = Book(path).open()
    assert (held.signed, held.signer, held.redeemed, held.owed) == (signed(8), READER.address, 2, 6)


def test_owed__several_payees_and_subjects__are_summed_but_for_the_one_that_is_replaced(book):
    for voucher in (signed(5), signed(7, subject=OTHER_DEAL), signed(3, payee=OTHER)):
        book.hold(voucher, READER.address, 1)
    assert book.owed(READER.address) == {HOLDER: 10, OTHER: 2}
    assert book.owed(READER.address, beside=signed(9).voucher) == {HOLDER: 6, OTHER: 2}
    assert book.owed(OTHER) == {}


def test_redeemed__all_of_it__leaves_nothing_open(book):
    book.hold(signed(5), READER.address, 0)
    book.redeemed(signed(5).voucher, 4)
    assert book.open()[0].owed == 1
    book.redeemed(signed(5).voucher, 5)
    assert book.open() == []
    assert book.held(READER.address, HOLDER, DEAL).redeemed == 5


def test_lapse__a_voucher__comes_to_nothing_until_a_better_one_is_held(book):
    book.hold(signed(5), READER.address, 0)
    book.lapse(signed(4).voucher)
    assert len(book.open()) == 1
    book.lapse(signed(5).voucher)
    assert book.open() == []
    book.hold(signed(6), READER.address, 0)
    assert book.open()[0].owed == 6


def test_begin__a_batch__is_there_until_it_is_finished(book, path):
    batch = Batch("key", HOLDER, (signed(5), signed(7, subject=OTHER_DEAL)))
    book.begin(batch)
    (found,) = Book(path).batches()
    assert (found.key, found.payee, set(found.vouchers)) == ("key", HOLDER, set(batch.vouchers))
    book.finish(found)
    assert Book(path).batches() == []


def test_atomically__an_error_inside__leaves_everything_as_it_was(book):
    def work():
        with book.atomically():
            book.hold(signed(5), READER.address, 0)
            raise Died

    with pytest.raises(Died):
        work()
    assert book.open() == []
