"""What stands behind an offer: what a slash at the operator's present stake would bring, and its proofs."""

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.storage.backing import RECENT, Backing, backing_of, backings
from xmbl.storage.rules import Attendance
from xmbl.units import STAKE_UNIT

NOW = 100
BEHIND = Backing(weight=300, own=1_000, locked=1_600, leverage=2, proven=30, missed=0)


def test_share__of_a_ring__counts_the_new_deal_in():
    assert BEHIND.share(100) == 2_500
    assert Backing(0, 0, 0, 2, 0, 0).share(1) == 10_000


@given(st.integers(1, 10**9), st.integers(0, 10**9), st.integers(1, 10**9), st.integers(1, 4))
def test_cover__whatever_is_locked_by_the_rules__is_a_half_of_a_leverage_at_least(own, locked, a, leverage):
    behind = Backing(0, own * STAKE_UNIT, locked * STAKE_UNIT, leverage, 0, 0)
    if locked + a <= leverage * own:
        assert behind.cover(a) >= a * STAKE_UNIT // leverage // 2 - 1
    assert behind.cover(a) <= a * STAKE_UNIT // 2


def test_cover__own_stake_held_for_others__is_nothing():
    assert Backing(0, 10 * STAKE_UNIT, 20 * STAKE_UNIT, 2, 0, 0).cover(5) == 0


class Chain:
    """A market of which only the backing is asked."""

    def __init__(self, proven: set[int], declared: set[int]) -> None:
        self.staking = SimpleNamespace(
            stake_of=lambda _: SimpleNamespace(own=7, locked=3), leverage=lambda: 2
        )
        self._proven, self._declared = proven, declared

    def period(self) -> int:
        return NOW

    def ring(self, _: str) -> Any:
        return SimpleNamespace(tail=10, head=40)

    def attendance(self, _: str, first: int, last: int) -> Attendance:
        assert (first, last) == (NOW - RECENT, NOW)
        return Attendance(self._proven, self._declared)


@pytest.mark.parametrize(
    ("proven", "declared", "counts"),
    [
        (set(range(NOW)), set(), (30, 0)),
        (set(), set(), (0, 0)),
        ({95, 96, 98}, set(), (3, 2)),
        ({95, 96, 98}, {97}, (3, 1)),
        ({95, 96, 97, 98, 99, NOW}, {90}, (5, 0)),
    ],
)
def test_backing_of__recent_periods__counts_misses_since_the_first_proof(proven, declared, counts):
    found = backing_of(Chain(proven, declared), "0x1")
    assert (found.weight, found.own, found.locked, found.leverage) == (30, 7, 3, 2)
    assert (found.proven, found.missed) == counts


def test_backings__an_operator_named_twice__is_read_once():
    assert [*backings(Chain(set(), set()), ["0x2", "0x1", "0x2"])] == ["0x2", "0x1"]
