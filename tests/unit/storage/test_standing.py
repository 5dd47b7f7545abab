"""How a deal stands follows from its terms, its record and its operator's attendance, settled or not."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from xmbl.chain.deploy import PRESETS
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import UsageError
from xmbl.storage.extending import Upkeep, behind, check_end
from xmbl.storage.manifest import Replica, ReplicaState
from xmbl.storage.rules import NEVER, NOWHERE, Attendance, Record
from xmbl.storage.standing import DealStanding, Ending, standing_of

CLIENT, OPERATOR = "0x" + "11" * 20, "0x" + "22" * 20
DEAL = Deal(OPERATOR, b"\7" * 32, Terms(CLIENT, OPERATOR, 4, 10, 500, 40, 2, 14, 3, 100, 2**62))
REPLICA = Replica(1, 0, ReplicaState.OPEN, DEAL, b"\2" * 65, 10, b"\3" * 16, "bafy")
RECORD = Record(0, NOWHERE, 10, 4, 10, 40, 10, 0)
CLOSED = replace(RECORD, cursor=0)
NOW, DUE = 20, 777
ALWAYS = range(100)
PRICE = 10 * PRESETS["devnet"].market.price_unit


def stands(
    record: Record = RECORD, replica: Replica = REPLICA, proven: Any = ALWAYS, declared: Any = (),
    *, period: int = NOW, wanted: int = 40,
) -> DealStanding:  # fmt: skip
    market: Any = SimpleNamespace(
        parameters=PRESETS["devnet"].market,
        record=lambda _: record,
        attendance=lambda *_: Attendance(proven, declared),
        due=lambda _: DUE,
    )
    return standing_of(market, replica, period, wanted)


def test_standing_of__a_live_deal__counts_what_is_over():
    found = stands(proven={10, 11, 13}, declared={12, 25}, period=15)
    assert (found.proven, found.missed, found.declared) == ((10, 11, 13), (14,), (12, 25))
    assert (found.end, found.over, found.left, found.price, found.cid) == (40, 40, 25, PRICE, "bafy")
    assert (found.live, found.closed, found.ending, found.due) == (True, False, Ending.AGREED, 0)


def test_standing_of__a_signed_deal__has_no_periods():
    found = stands(replica=replace(REPLICA, state=ReplicaState.SIGNED, first=0))
    assert (found.first, found.proven, found.live, found.is_extendable) == (0, (), False, False)


@pytest.mark.parametrize("record", [RECORD, replace(CLOSED, end=14, missed=3)], ids=["unsettled", "closed"])
def test_standing_of__the_third_miss__ends_it_early_whoever_settled(record):
    found = stands(record, proven={10}, declared={12})
    assert (found.over, found.missed, found.ending, found.end) == (15, (11, 13, 14), Ending.MISSES, 40) or (
        record.cursor == 0
    )
    assert (found.live, found.ended_early, found.is_lost(None)) == (False, True, True)


def test_standing_of__closed_by_misses__still_says_what_was_agreed():
    found = stands(replace(CLOSED, end=13, missed=3), proven={})
    assert (found.over, found.missed, found.end, found.ending) == (13, (10, 11, 12), 40, Ending.MISSES)


def test_standing_of__extended__lasts_longer_and_says_by_how_much():
    found = stands(replace(RECORD, end=60), replace(REPLICA, end=60), wanted=60)
    assert (found.over, found.extended, found.ending, found.is_lost(None)) == (60, 20, Ending.AGREED, False)


def test_standing_of__an_open_challenge__says_until_when():
    found = stands(replace(RECORD, challenged=True))
    assert (found.due, found.live) == (DUE, True)


def test_standing_of__settled_to_its_end_under_a_challenge__can_be_closed_when_that_is_over():
    settled = replace(RECORD, cursor=40)
    assert not stands(replace(settled, challenged=True), period=41).is_due
    assert stands(settled, period=41).is_due


def test_standing_of__a_failed_challenge__is_lost():
    found = stands(replace(CLOSED, end=16), period=17)
    assert (found.ending, found.ended_early, found.live, found.is_lost(None)) == (
        Ending.FAILED, True, False, True,
    )  # fmt: skip


def test_standing_of__its_operator_leaves__is_lost_before_it_is_over():
    found = stands(replace(RECORD, end=30, exited=True))
    assert (found.ending, found.live, found.is_extendable, found.is_lost(None)) == (
        Ending.OPERATOR, True, False, True,
    )  # fmt: skip


def test_standing_of__its_client_terminated_it__is_wanted_no_longer():
    ended = replace(REPLICA, end=23, terminated=True)
    found = stands(replace(RECORD, end=23), ended, wanted=23)
    assert (found.ending, found.live, found.over, found.is_lost(None)) == (Ending.CLIENT, True, 23, False)
    later = stands(replace(CLOSED, end=23), ended, period=30, wanted=23)
    assert (later.ending, later.live, later.is_lost(None)) == (Ending.CLIENT, False, False)


def test_standing_of__terminated_from_another_machine__is_not_taken_for_agreed():
    assert stands(replace(RECORD, end=23)).ending is Ending.CLIENT


def test_standing_of__over_before_its_client_wants__is_lost():
    assert stands(replace(CLOSED, end=40), period=41, wanted=60).is_lost(None)
    assert not stands(replace(CLOSED, end=40), period=59, wanted=60).is_lost(None)


def test_standing_of__forgotten_by_the_chain__is_closed():
    found = stands(NEVER, period=30)
    assert (found.closed, found.live, found.is_due) == (True, False, False)


def test_is_lost__many_misses__is_what_was_asked_for():
    found = stands(proven={10, 11, 12, 13, 14, 15, 16, 17}, period=19)
    assert (found.is_lost(None), found.is_lost(1), found.is_lost(2)) == (False, True, False)


# which deals get more time


def test_behind__deals_of_several_ends__are_those_that_end_sooner_and_can_last():
    leaving = stands(replace(RECORD, end=30, exited=True))
    longer = stands(replace(RECORD, end=60), replace(REPLICA, end=60))
    unbegun = stands(period=9)
    assert behind([stands(), leaving, longer, unbegun], 50) == [stands()]


def test_check_end__beyond_a_year__is_refused():
    check_end(NOW + 366, NOW)
    with pytest.raises(UsageError, match=f"beyond period {NOW + 366} now"):
        check_end(NOW + 367, NOW)


UPKEEP = Upkeep(before=20, periods=10, budget=10 * PRICE)


def test_chosen__about_to_expire__gets_more():
    assert UPKEEP.chosen([stands()]) == [(stands(), 50)]


@pytest.mark.parametrize(
    "standing",
    [
        stands(period=19),
        stands(replace(RECORD, end=30, exited=True)),
        stands(replace(RECORD, end=23), replace(REPLICA, end=23, terminated=True)),
        stands(proven={}),
        stands(period=40),
        stands(replica=replace(REPLICA, state=ReplicaState.LOST)),
    ],
    ids=["early", "leaving", "terminated", "ended", "over", "replaced"],
)
def test_chosen__what_is_not_to_be_kept__gets_nothing(standing):
    assert UPKEEP.chosen([standing]) == []


def test_chosen__budget_for_one__takes_the_first_to_expire():
    first = stands(replace(RECORD, end=30), replace(REPLICA, end=30))
    first = replace(first, ending=Ending.AGREED)
    assert UPKEEP.chosen([stands(), first]) == [(first, 40)]


def test_chosen__what_was_spent_before__counts():
    extended = stands(replace(RECORD, end=41), replace(REPLICA, end=41), period=21)
    assert UPKEEP.chosen([extended]) == []
    assert replace(UPKEEP, budget=11 * PRICE).chosen([extended]) == [(extended, 51)]


def test_beyond__what_the_budget_does_not_cover__is_told():
    first = stands(replace(RECORD, end=30), replace(REPLICA, end=30))
    assert UPKEEP.beyond([stands(), first]) == [stands()]
    assert UPKEEP.beyond([first, stands(period=19)]) == []


def test_chosen__a_year_ahead__goes_no_further():
    wide = Upkeep(before=366, periods=365, budget=400 * PRICE)
    assert wide.chosen([stands()]) == [(stands(), NOW + 366)]
