"""When an operator that leaves lets its stake thaw: after its deals, and anew where it came too late."""

from types import SimpleNamespace

import pytest

from xmbl.storage.leaving import Leaving

OPERATOR = "0x" + "1" * 40
UNTIL, WITHDRAW, THAW, PERIOD = 1_000, 20, 140, 20


def leaving(block: int, thawing: int = 5, end: int = 0) -> Leaving:
    stake = SimpleNamespace(own=5, thawing=thawing, thaw_until=UNTIL)
    deals = (SimpleNamespace(end=end),) if end else ()
    return Leaving(OPERATOR, block, block // PERIOD, PERIOD, THAW, WITHDRAW, None, stake, deals, False)


@pytest.mark.parametrize(
    ("block", "thawing", "lapsed"),
    [
        (UNTIL, 5, False),
        # what is sent now lands in the next block, the last one that it can leave in
        (UNTIL + WITHDRAW - 2, 5, False),
        (UNTIL + WITHDRAW - 1, 5, True),
        (UNTIL + WITHDRAW, 0, False),
    ],
)
def test_has_lapsed__around_the_last_block__is_told_for_the_next_one(block, thawing, lapsed):
    assert leaving(block, thawing).has_lapsed is lapsed


@pytest.mark.parametrize(("block", "closes"), [(1_080, True), (1_079, False)])
def test_closes_before_it_thaws__a_deal__is_given_a_whole_period_to_be_settled(block, closes):
    assert leaving(block, end=60).closes_before_it_thaws is closes
