"""`rings` against the rules: random changes of a ring over the periods."""

import boa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import load, person
from xmbl.errors import Reverted
from xmbl.storage import rings, rules

RINGS = load("mocks/RingsHarness.vy").deploy()
PRICES = st.integers(1, rules.MAX_PRICE)


def stored(operator: str) -> rings.Ring:
    """The ring that the harness keeps."""
    return rings.Ring(*RINGS.ring(operator))


@given(st.lists(st.tuples(st.integers(0, 2), st.booleans(), PRICES, st.integers(0, rules.MAX_PRICE))))
def test_ring__any_history__is_that_of_the_rules(history: list[tuple[int, bool, int, int]]) -> None:
    operator, ring, period = person("provider"), rings.Ring(), 7
    for later, grows, length, cap in history:
        period += later
        if grows:
            RINGS.set_cap(rules.MAX_PRICE, sender=operator)
            ring = rings.Ring(
                ring.tail, ring.head, ring.frozen_tail, ring.frozen_head, ring.frozen, rules.MAX_PRICE
            )
            frozen_tail, frozen_head = ring.bounds_in(period)
            fits = ring.head + length - ring.tail - (frozen_head - frozen_tail) <= ring.cap
            if not fits:
                with boa.reverts("deals: cap"):
                    RINGS.lengthen(period, length, sender=operator)
                continue
            RINGS.lengthen(period, length, sender=operator)
            ring = ring.with_bounds(period, ring.tail, ring.head + length)
        else:
            tail = min(ring.head, ring.tail + cap)
            RINGS.set_bounds(period, tail, ring.head, sender=operator)
            ring = ring.with_bounds(period, tail, ring.head)
        assert stored(operator) == ring
        assert RINGS.frozen(operator, period) == ring.bounds_in(period)
        assert RINGS.frozen(operator, period + 1) == ring.bounds_in(period + 1)


@pytest.mark.parametrize(("period", "head"), [(7, 2**48 - 1), (2**24 - 1, 5)])
def test_with_bounds__beyond_the_bits__reverts_as_the_rules_do(period: int, head: int) -> None:
    with boa.reverts("deals: ring"):
        RINGS.set_bounds(period, 1, head)
    with pytest.raises(Reverted, match="deals: ring"):
        rings.Ring().with_bounds(period, 1, head)


@pytest.mark.parametrize(("period", "head"), [(7, 2**48 - 2), (2**24 - 2, 5)])
def test_with_bounds__at_the_last_bit__keeps_all_fields(period: int, head: int) -> None:
    operator = person("provider")
    RINGS.set_cap(rules.MAX_PRICE, sender=operator)
    RINGS.set_bounds(period, 1, head, sender=operator)
    assert stored(operator) == rings.Ring(1, head, 0, 0, period, rules.MAX_PRICE)
