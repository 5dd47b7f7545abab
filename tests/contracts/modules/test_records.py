"""`records` against the dataclass of the rules: no field touches another."""

from dataclasses import replace

import boa
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import load
from xmbl.storage import rings, rules

RECORDS = load("mocks/RecordsHarness.vy").deploy()
POSITIONS = st.integers(0, 2**48 - 2)
PERIODS = st.integers(1, 2**24 - 2)


def stored() -> rules.Record:
    """The record that the harness keeps."""
    return rules.Record(*RECORDS.record(False))


@st.composite
def new_records(draw: st.DrawFn) -> rules.Record:
    """A record as `open` makes it, anywhere within its bits."""
    first = draw(PERIODS)
    return rules.Record(
        draw(POSITIONS),
        rules.NOWHERE,
        draw(st.integers(1, rules.MAX_PRICE)),
        draw(st.integers(1, rules.MAX_LEAVES)),
        first,
        draw(st.integers(first, 2**24 - 1)),
        first,
        0,
    )


def make(record: rules.Record) -> None:
    RECORDS.new(record.start, record.price, record.leaves, record.moved, record.end)


@given(new_records())
def test_new__any_fields__come_back(record: rules.Record) -> None:
    make(record)
    assert stored() == record


@given(new_records(), st.data())
def test_moved_to__another_place__keeps_the_present_one(record: rules.Record, data: st.DataObject) -> None:
    make(record)
    period = data.draw(st.integers(record.moved, 2**24 - 2))
    start = data.draw(POSITIONS | st.just(rules.NOWHERE))
    RECORDS.move_to(period, start)
    assert stored() == rings.move(record, period, start)
    assert RECORDS.start_in(period) == record.start
    assert RECORDS.start_in(period + 1) == start


def test_moved_to__again_in_the_same_period__reverts() -> None:
    make(rules.Record(0, rules.NOWHERE, 1, 1, 5, 9, 5, 0))
    RECORDS.move_to(5, 1)
    with boa.reverts("deals: moved"):
        RECORDS.move_to(5, 2)
    RECORDS.move_to(6, 2)


@given(new_records(), st.integers(0, 2**24 - 1), st.integers(0, 2**24 - 1), st.integers(0, 15))
def test_settled__any_progress__changes_nothing_else(
    record: rules.Record, cursor: int, end: int, missed: int
) -> None:
    make(record)
    RECORDS.settle(cursor, end, missed)
    assert stored() == replace(record, cursor=cursor, end=end, missed=missed)


@given(new_records(), st.integers(0, 2**24 - 1))
def test_with_end__any_end__changes_nothing_else(record: rules.Record, end: int) -> None:
    make(record)
    RECORDS.end_at(end)
    assert stored() == replace(record, end=end)


@given(new_records(), st.integers(0, 15))
def test_left__any_record__stays_so_whatever_comes(record: rules.Record, missed: int) -> None:
    make(record)
    RECORDS.leave()
    assert stored() == replace(record, exited=True)
    RECORDS.settle(record.cursor, record.end, missed)
    RECORDS.move_to(record.moved, 7)
    RECORDS.leave()
    assert stored() == rings.move(replace(record, exited=True, missed=missed), record.moved, 7)


def test_unpacked__a_challenge__is_told_beside_the_fields() -> None:
    make(rules.Record(0, rules.NOWHERE, 1, 1, 5, 9, 5, 0))
    assert rules.Record(*RECORDS.record(True)) == replace(stored(), challenged=True)
