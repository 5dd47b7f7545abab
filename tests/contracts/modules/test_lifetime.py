"""`attendance` and `lifetime` against the rules, which count period by period."""

import boa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import load, person
from tests.support.play import agree
from xmbl.storage import rules

LIFETIME = load("mocks/LifetimeHarness.vy").deploy()


def test_mark__a_period__is_set_once() -> None:
    operator = person("provider")
    LIFETIME.mark(511, sender=operator)
    assert LIFETIME.proven(operator, 1) == 2**255
    with boa.reverts("deals: proven"):
        LIFETIME.mark(511, sender=operator)
    LIFETIME.mark(510, sender=operator)
    assert LIFETIME.proven(operator, 1) == 2**255 + 2**254


def test_mark__a_declared_period__reverts() -> None:
    operator = person("provider")
    LIFETIME.declare(511, sender=operator)
    with boa.reverts("deals: declared"):
        LIFETIME.mark(511, sender=operator)
    LIFETIME.mark(510, sender=operator)


@given(st.lists(st.integers(0, 1_023), max_size=80))
def test_declare__any_periods__at_most_two_of_each_aligned_run(periods: list[int]) -> None:
    operator = person("provider")
    declared: frozenset[int] = frozenset()
    for period in periods:
        declared = agree(
            declared,
            lambda period=period: LIFETIME.declare(period, sender=operator),
            lambda period=period, declared=declared: rules.declare(declared, period, -1),
        )
    words = [LIFETIME.declared(operator, word) for word in range(4)]
    assert {p for p in range(1_024) if words[p >> 8] >> (p & 255) & 1} == declared
    assert {p for p in periods if LIFETIME.is_declared(operator, p)} == declared
    assert LIFETIME.proven(operator, 0) == 0


Attendances = st.builds(
    rules.Attendance,
    st.builds(
        lambda some, most: some if most else set(range(1_024)) - some,
        st.sets(st.integers(0, 1_023), max_size=40),
        st.booleans(),
    ),
    st.sets(st.integers(0, 1_023), max_size=40),
)
"""Of the first 1,024 periods mostly all or mostly none proven, and some declared besides."""


def attend(attendance: rules.Attendance) -> str:
    """An operator with this attendance."""
    operator = person("provider")
    for word in range(8):
        proven, declared = (
            sum(1 << bit for bit in range(128) if 128 * word + bit in periods)
            for periods in (attendance.proven, attendance.declared)
        )
        LIFETIME.set_word(word, declared << 128 | proven, sender=operator)
    return operator


def test_misses__a_declared_period_at_the_first_bit_of_a_word__is_excused() -> None:
    proven = set(range(1_024)) - {256}
    assert LIFETIME.misses(attend(rules.Attendance(proven, {256})), 250, 260, 15) == (0, 260, 1)


def test_misses__a_year_over_four_words__are_all_counted() -> None:
    proven = set(range(1_024)) - {127, 200, 300, 400, 492}
    operator = attend(rules.Attendance(proven, {200}))
    assert LIFETIME.misses(operator, 127, 127 + 366, 15) == (4, 493, 1)
    assert LIFETIME.misses(operator, 127, 127 + 366, 4) == (4, 493, 1)
    assert LIFETIME.misses(operator, 127, 127 + 366, 2) == (2, 301, 1)
    assert LIFETIME.misses(operator, 127, 127 + 366, 1) == (1, 128, 0)


@given(Attendances, st.integers(0, 600), st.integers(0, 366), st.integers(1, 15))
def test_misses__any_stretch__are_counted_up_to_enough(
    attendance: rules.Attendance, first: int, length: int, most: int
) -> None:
    missed = [period for period in range(first, first + length) if period not in attendance][:most]
    stop = missed[-1] + 1 if len(missed) == most else first + length
    lived = set(range(first, stop))
    excused = lived & set(attendance.declared) - set(attendance.proven)
    answer = LIFETIME.misses(attend(attendance), first, first + length, most)
    assert answer == (len(missed), stop, len(excused))


@given(Attendances, st.integers(1, 600), st.integers(1, 366), st.integers(2, 15), st.data())
def test_tally__any_record__ends_and_stands_as_by_the_rules(
    attendance: rules.Attendance, cursor: int, length: int, limit: int, data: st.DataObject
) -> None:
    missed = data.draw(st.integers(0, limit - 1))
    soon = st.integers(cursor - 1, cursor + limit)
    period = data.draw(st.one_of(soon, st.integers(cursor - 1, 1_023)))
    record = rules.Record(0, 0, 1, 1, 0, cursor + length, cursor, missed)
    end, total = rules.ends(record, attendance, period, limit)
    arguments = (attend(attendance), cursor, record.end, missed, period, limit)
    assert LIFETIME.tally(*arguments)[:2] == (total, end)
    questions = (rules.is_spared, rules.is_live, rules.lives_on)
    assert LIFETIME.standing(*arguments) == tuple(ask(record, attendance, period, limit) for ask in questions)


def test_tally__closed__keeps_its_end() -> None:
    assert LIFETIME.tally(person("provider"), 0, 9, 2, 500, 3) == (2, 9, 0)


@pytest.mark.parametrize(
    ("cursor", "end", "missed", "period", "lives"),
    [
        (5, 50, 0, 7, True), (5, 50, 0, 8, False), (5, 50, 1, 6, True), (5, 50, 1, 7, False),
        (5, 50, 1, 8, False), (5, 50, 2, 5, True), (5, 50, 2, 6, False), (5, 6, 0, 6, False),
        (5, 6, 0, 7, False), (5, 7, 0, 6, True), (0, 50, 0, 7, False), (8, 50, 0, 7, False),
    ],
)  # fmt: skip
def test_live__nothing_proven__until_the_end_or_the_third_miss(
    cursor: int, end: int, missed: int, period: int, lives: bool
) -> None:
    """By few and by many unsettled periods: also who needn't look sees the end and the misses."""
    assert LIFETIME.standing(person("provider"), cursor, end, missed, period, 3)[1] is lives


def test_spared__the_miss_before__whether_settled_or_not() -> None:
    """Also where the term ran out with that very miss: a settlement during the period changes nothing."""
    operator = person("provider")
    assert LIFETIME.standing(operator, 5, 8, 0, 8, 3)[0]
    assert LIFETIME.standing(operator, 0, 8, 3, 8, 3)[0]
    assert not LIFETIME.standing(operator, 5, 8, 0, 9, 3)[0]
    assert not LIFETIME.standing(operator, 0, 8, 2, 8, 3)[0]
