"""`attendance` and `lifetime` against the rules, which count period by period."""

import boa
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import load, person
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


@st.composite
def attendances(draw: st.DrawFn) -> set[int]:
    """Proven periods of the first 1,024: mostly all, mostly none, or anything."""
    some = draw(st.sets(st.integers(0, 1_023), max_size=40))
    return some if draw(st.booleans()) else set(range(1_024)) - some


def attend(proven: set[int]) -> str:
    """An operator that proved these periods."""
    operator = person("provider")
    for word in range(4):
        bits = sum(1 << bit for bit in range(256) if 256 * word + bit in proven)
        LIFETIME.set_proven(word, bits, sender=operator)
    return operator


def test_misses__a_year_over_three_words__are_all_counted() -> None:
    operator = attend(set(range(1_024)) - {255, 400, 620})
    assert LIFETIME.misses(operator, 255, 255 + 366, 15) == (3, 621)
    assert LIFETIME.misses(operator, 255, 255 + 366, 3) == (3, 621)


@given(attendances(), st.integers(0, 600), st.integers(0, 366), st.integers(1, 15))
def test_misses__any_stretch__are_counted_up_to_enough(
    proven: set[int], first: int, length: int, most: int
) -> None:
    missed = [period for period in range(first, first + length) if period not in proven][:most]
    stop = missed[-1] + 1 if len(missed) == most else first + length
    assert LIFETIME.misses(attend(proven), first, first + length, most) == (len(missed), stop)


@given(attendances(), st.integers(1, 600), st.integers(1, 366), st.integers(2, 15), st.data())
def test_tally__any_record__ends_as_by_the_rules(
    proven: set[int], cursor: int, length: int, limit: int, data: st.DataObject
) -> None:
    missed = data.draw(st.integers(0, limit - 1))
    period = data.draw(st.integers(cursor, 1_023))
    record = rules.Record(0, 0, 1, 1, 0, cursor + length, cursor, missed)
    end, total = rules.ends(record, proven, period, limit)
    answer = LIFETIME.tally(attend(proven), cursor, record.end, missed, period, limit)
    assert answer == (total, end)


def test_tally__closed__keeps_its_end() -> None:
    assert LIFETIME.tally(person("provider"), 0, 9, 2, 500, 3) == (2, 9)
