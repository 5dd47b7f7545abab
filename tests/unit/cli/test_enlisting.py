"""The cap of growth as an operator says it, and as the market can count it."""

from types import SimpleNamespace

import pytest

from xmbl.cli.enlisting import price_units, whole_capacity
from xmbl.errors import UsageError
from xmbl.storage.rules import MAX_PRICE

UNIT = 10**12
SESSION = SimpleNamespace(market=lambda: SimpleNamespace(parameters=SimpleNamespace(price_unit=UNIT)))


def offering(price: int, capacity: int) -> SimpleNamespace:
    return SimpleNamespace(storage=SimpleNamespace(price=price, capacity=capacity))


def test_price_units__up_to_the_most__are_counted():
    assert [price_units(SESSION, units * UNIT) for units in (0, 1, MAX_PRICE)] == [0, 1, MAX_PRICE]


@pytest.mark.parametrize(
    ("amount", "said"),
    [(UNIT + 1, "in steps of 0.000001 XMBL"), ((MAX_PRICE + 1) * UNIT, "at most 1,099,511.627775 XMBL")],
)
def test_price_units__what_the_market_cant_count__names_the_bound(amount, said):
    with pytest.raises(UsageError, match=said):
        price_units(SESSION, amount)


@pytest.mark.parametrize(
    ("price", "capacity", "units"), [(5 * UNIT, 2**31, 10), (10**24, 2**50, MAX_PRICE), (1, 1, 1)]
)
def test_whole_capacity__more_than_a_cap_can_be__is_the_most(price, capacity, units):
    assert whole_capacity(SESSION, offering(price, capacity)) == units
