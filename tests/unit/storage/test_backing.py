"""What stands behind an offer: what a slash at the operator's present stake would bring, and its proofs."""

from collections.abc import Container
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.chain.deals import Closed, Extended, Opened, Terminated
from xmbl.crypto.typed_data import Terms
from xmbl.errors import ChainError
from xmbl.storage.backing import RECENT, Backing, backing_of, backings
from xmbl.storage.rules import Attendance
from xmbl.units import STAKE_UNIT

NOW, LENGTH, LIMIT = 100, 20, 3
DEAL = bytes(32)
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
    """A market of which only the backing of the operator `0x1` is asked."""

    def __init__(self, proven: Container[int], declared: Container[int], *log: Any) -> None:
        self.staking = SimpleNamespace(
            stake_of=lambda _: SimpleNamespace(own=7, locked=3), leverage=lambda: 2
        )
        self.deals = SimpleNamespace(all_history=self._events)
        self.parameters = SimpleNamespace(period=LENGTH, limit=LIMIT)
        self.since = 5
        self._attendance = Attendance(proven, declared)
        self._log = log

    def period(self) -> int:
        return NOW

    def ring(self, _: str) -> Any:
        return SimpleNamespace(tail=10, head=40)

    def attendance(self, _: str, first: int, last: int) -> Attendance:
        assert first <= NOW - RECENT < last == NOW
        return self._attendance

    def _events(self, kinds: tuple[type, ...], first: int) -> list[Any]:
        assert first == self.since
        return [each for each in self._log if isinstance(each, kinds)]


def at(period: int) -> dict[str, Any]:
    return {"block": period * LENGTH + 3, "transaction": bytes(32), "index": 0}


def opened(period: int, end: int, deal: bytes = DEAL, operator: str = "0x1") -> Opened:
    terms = Terms("0xc", "0xd", 1, 1, 1, end, 2, 2, 0, 0, 0)
    return Opened(
        operator=operator, client="0xc", id=deal, root=bytes(32), terms=terms, start=0, **at(period)
    )


STEADY = opened(10, 366)
ALWAYS = range(NOW)


@pytest.mark.parametrize(
    ("log", "proven", "declared", "counts"),
    [
        ([], set(), set(), (0, 0)),
        ([STEADY], ALWAYS, set(), (30, 0)),
        ([STEADY], [*range(98)], set(), (28, 2)),
        ([STEADY], [*range(98)], {98}, (28, 1)),
        # three misses end it
        ([STEADY], range(90), set(), (20, 3)),
        ([STEADY], range(20), set(), (0, 0)),
        # nothing to prove: before the first period of the first deal, between two deals, after the last
        ([opened(94, 200)], range(95, 100), set(), (5, 0)),
        ([opened(94, 200)], range(96, 100), set(), (4, 1)),
        ([opened(10, 80), opened(94, 98, b"b")], [*range(80), 95, 96], set(), (12, 1)),
        ([opened(10, 80), Extended(id=DEAL, end=90, **at(70))], range(89), set(), (19, 1)),
        ([STEADY, Terminated(id=DEAL, end=90, by="0xc", **at(80))], range(90), set(), (20, 0)),
        ([STEADY, Closed(id=DEAL, slashed=1, unlocked=0, **at(90))], range(90), set(), (20, 0)),
        # the deal of another
        ([opened(10, 366, operator="0x2")], set(), set(), (0, 0)),
    ],
)
def test_backing_of__recent_periods__counts_misses_while_it_had_a_deal(log, proven, declared, counts):
    found = backing_of(Chain(proven, declared, *log), "0x1")
    assert (found.weight, found.own, found.locked, found.leverage) == (30, 7, 3, 2)
    assert (found.proven, found.missed) == counts


def test_backing_of__the_end_of_a_deal_that_never_began__says_what_to_do():
    holes = Chain(set(), set(), Extended(id=DEAL, end=90, **at(70)))
    with pytest.raises(ChainError, match="gave the end of a deal and not its beginning; use another"):
        backing_of(holes, "0x1")


def test_backings__an_operator_named_twice__is_read_once():
    assert [*backings(Chain(set(), set()), ["0x2", "0x1", "0x2"])] == ["0x2", "0x1"]
