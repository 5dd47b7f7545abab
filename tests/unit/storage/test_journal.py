"""The journal keeps every promise over a restart and knows the ring of a period."""

from dataclasses import replace

import pytest

from xmbl.crypto.typed_data import Deal, Terms
from xmbl.storage.journal import Asked, DealState, Journal, PeriodNote, Phase
from xmbl.storage.rules import NOWHERE, Record

OPERATOR = "0x" + "22" * 20


def deal(salt, root=b"\7" * 32, deadline=100):
    terms = Terms("0x" + "11" * 20, OPERATOR, 4, 10, 500, 30, 2, 14, 3, deadline, salt)
    return Deal(OPERATOR, root, terms)


def placed(start, moved=1, previous=NOWHERE, cursor=1):
    return Record(start, previous, 10, 4, moved, 30, cursor, 0)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite"


@pytest.fixture
def journal(path):
    opened = Journal(path)
    yield opened
    opened.close()


def test_sign__after_a_restart__is_remembered(journal, path):
    journal.sign(deal(1), 1000)
    journal.close()
    again = Journal(path)
    known = again.deal(deal(1).id())
    again.close()
    assert (known.deal, known.size, known.state) == (deal(1), 1000, DealState.SIGNED)


def test_expired__a_signed_deal_past_its_deadline__is_listed(journal):
    journal.sign(deal(1, deadline=100), 1000)
    journal.sign(deal(2, deadline=101), 1000)
    journal.sign(deal(3, deadline=50), 1000)
    journal.open(deal(3, deadline=50), 1000, placed(0))
    assert [known.deal for known in journal.expired(100)] == [deal(1, deadline=100)]


def test_update__of_a_record__leaves_the_state(journal):
    journal.open(deal(1), 1000, placed(0))
    journal.update(deal(1).id(), placed(0, cursor=0))
    assert journal.records(DealState.OPEN) == [(deal(1).id(), placed(0, cursor=0))]


def test_over__closed_until_emptied_and_cleared__are_listed(journal):
    for salt, state in ((1, DealState.CLOSED), (2, DealState.CLOSED), (3, DealState.CLEARED)):
        journal.open(deal(salt), 1000, placed(0))
        journal.set_state(deal(salt).id(), state)
    journal.open(deal(4), 1000, placed(0))
    journal.emptied(deal(2).id())
    assert {known.deal for known in journal.over()} == {deal(1), deal(3)}


def test_layout__of_a_period__has_each_deal_where_it_lay_then(journal):
    journal.sign(deal(9), 1000)
    journal.open(deal(1), 1000, placed(0))
    journal.open(deal(2), 1000, placed(30, moved=6, previous=10))
    journal.open(deal(3), 1000, placed(20))
    journal.open(deal(4), 1000, placed(40, moved=6))
    journal.open(deal(5), 1000, placed(NOWHERE, moved=6, previous=50))
    assert [(at, key) for at, key, _ in journal.layout(5)] == [
        (0, deal(1).id()), (10, deal(2).id()), (20, deal(3).id()), (50, deal(5).id()),
    ]  # fmt: skip
    assert [at for at, _, _ in journal.layout(6)] == [0, 20, 30, 40]


def test_holders__of_a_root__are_the_deals_that_need_it(journal):
    journal.sign(deal(1), 1000)
    journal.open(deal(2), 1000, placed(0))
    journal.open(deal(3), 1000, placed(10))
    journal.forget(deal(1).id())
    journal.set_state(deal(3).id(), DealState.CLOSED)
    assert [known.deal for known in journal.holders(b"\7" * 32)] == [deal(2)]


def test_period__never_noted__waits(journal):
    assert journal.period(7) == PeriodNote(Phase.WAITING, 0)
    journal.note(7, Phase.PROVING, 2)
    assert journal.period(7) == PeriodNote(Phase.PROVING, 2)


def test_batch__that_fails__changes_nothing(journal):
    def fail():
        with journal.atomically():
            journal.keep("scanned", 9)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert journal.fact("scanned") == 0
    with journal.atomically():
        journal.keep("scanned", 9)
    assert journal.fact("scanned") == 9


def test_asked__answers_that_fail__are_counted_until_one_does_it(journal):
    late, soon = Asked(b"\1" * 32, 3, due=90), Asked(b"\2" * 32, 5, due=80)
    for asked in (late, soon, late):
        journal.ask(asked)
    journal.retry(late)
    journal.ask(late)
    assert journal.asked() == [soon, replace(late, attempt=1)]
    journal.answered(soon)
    assert journal.asked() == [replace(late, attempt=1)]


def test_update__a_challenged_and_exited_deal__is_known_as_that(journal):
    journal.open(deal(1), 1000, placed(0))
    changed = replace(placed(0), end=12, challenged=True, exited=True)
    journal.update(deal(1).id(), changed)
    assert journal.records(DealState.OPEN) == [(deal(1).id(), changed)]
