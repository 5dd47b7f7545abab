"""Upkeep leaves no holes where it acts, costs the least, and is what the contract accepts."""

from hypothesis import given
from hypothesis import strategies as st

from xmbl.storage import rings, upkeep
from xmbl.storage.rings import Ring
from xmbl.storage.rules import NOWHERE, Record

PERIOD, LIMIT = 10, 3


def layout_of(spans):
    """Deals one after another: (price, lives on, moved in this period)."""
    start, layout = 0, []
    for number, (price, lives, moved) in enumerate(spans):
        end = PERIOD + (5 if lives else 0)
        record = Record(start, NOWHERE, price, 1, PERIOD + 1 if moved else 1, end, PERIOD - 1, 0)
        layout.append((start, bytes([number]), record))
        start += price
    return layout


def planned(*spans):
    return upkeep.plan(layout_of(spans), {PERIOD - 1}, PERIOD, LIMIT)


def test_plan__less_than_half_hole__does_nothing():
    assert planned((5, True, False), (5, False, False)) == upkeep.Upkeep()


def test_plan__holes_at_the_tail__are_turned_out():
    assert planned((1, False, False), (9, False, False), (5, True, False)).turn == (b"\0", b"\1")


def test_plan__one_large_hole_at_the_head__is_cut_off():
    spans = [(1, True, False)] * 5 + [(9, False, False)]
    assert planned(*spans) == upkeep.Upkeep(cut=(b"\5",))


def test_plan__several_holes_at_the_head__are_turned_when_that_is_cheaper():
    assert planned((1, True, False), (5, False, False), (5, False, False)).cut == ()


def test_plan__a_deal_that_has_just_moved__stops_the_turn():
    assert planned((9, False, False), (1, True, True), (9, False, False)).turn == (b"\0",)


def test_plan__many_deals__are_turned_in_batches():
    assert len(planned(*[(1, False, False)] * 100).turn) == upkeep.BATCH


@given(st.lists(st.tuples(st.integers(1, 50), st.booleans(), st.booleans()), max_size=80))
def test_plan__any_ring__is_accepted_by_the_rules(spans):
    layout = layout_of(spans)
    records = {deal_id: record for _, deal_id, record in layout}
    ring = Ring(0, sum(price for price, _, _ in spans), cap=10**6)
    found = upkeep.plan(layout, {PERIOD - 1}, PERIOD, LIMIT)
    for deal_id in found.cut:
        ring, _ = rings.truncate(ring, records[deal_id], {PERIOD - 1}, PERIOD, LIMIT)
    rings.rotate(ring, [records[deal_id] for deal_id in found.turn], {PERIOD - 1}, PERIOD, LIMIT)


def test_forgettable__settled_and_out_of_the_ring__is_cleared():
    out = Record(NOWHERE, 0, 5, 1, PERIOD, PERIOD, 0, 0)
    leaving = Record(NOWHERE, 0, 5, 1, PERIOD + 1, PERIOD, 0, 0)
    unsettled = Record(NOWHERE, 0, 5, 1, PERIOD, PERIOD, 4, 0)
    inside = Record(3, 0, 5, 1, PERIOD, PERIOD, 0, 0)
    records = [(b"out", out), (b"leaving", leaving), (b"unsettled", unsettled), (b"inside", inside)]
    assert upkeep.forgettable(records, PERIOD) == [b"out"]
