"""When an operator that leaves lets its stake thaw: after its deals, and anew where it came too late."""

from types import SimpleNamespace

import pytest

from xmbl.storage.leaving import Leaving, thaw

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


@pytest.mark.parametrize(("block", "calls"), [(1_080, ["thaw 5"]), (1_079, [])])
def test_thaw__with_a_deal__begins_once_the_deal_has_a_whole_period_to_be_settled_before(block, calls):
    market = SimpleNamespace(staking=SimpleNamespace(thaw=lambda units: f"thaw {units}"))
    now = leaving(block, thawing=0, end=60)
    assert (thaw(market, now), now.thaws_from) == (calls, 1_080)


@pytest.mark.parametrize(
    ("block", "thawing", "end", "due"),
    [
        # nothing thaws yet: once that ends after the deals
        (900, 0, 60, 1_080),
        # all thaws: once that is over and the deals are closed, whichever is later
        (900, 5, 40, UNTIL),
        (900, 5, 60, 1_220),
        # it may be done now: then in the next block
        (1_100, 0, 60, 1_101),
        (UNTIL + WITHDRAW, 5, 0, UNTIL + WITHDRAW + 1),
    ],
)
def test_goes_on_at__whatever_is_waited_for__is_its_block(block, thawing, end, due):
    assert leaving(block, thawing, end).goes_on_at == due
