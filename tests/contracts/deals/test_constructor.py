"""What numbers a market can have."""

from dataclasses import astuple, replace

import boa
import pytest

from tests.support.boa_world import NOBODY
from tests.support.deals_world import DEALS, HISTORY, PARAMETERS, history
from xmbl.storage.rules import Parameters


def deploy(**changes: int) -> Parameters:
    """A market on no contracts, with some numbers changed; what it says of itself."""
    deals = DEALS.deploy(NOBODY, NOBODY, NOBODY, astuple(replace(PARAMETERS, **changes)))
    return Parameters(*deals.parameters())


@pytest.mark.parametrize(
    "changes",
    [
        {"period": 2},
        {"period": 256},
        {"limit": 2},
        {"limit": 15},
        {"fee": 0},
        {"fee": 10_000},
        {"cover": 1, "price_unit": 3 * 10**9, "rate": 1},
        {"cover": 1, "price_unit": 3, "rate": 10**9},
    ],
)
def test_constructor__numbers_at_their_bounds__are_frozen(changes: dict[str, int]) -> None:
    assert deploy(**changes) == replace(PARAMETERS, **changes)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"period": 0}, "deals: period"),
        ({"period": 1}, "deals: period"),
        ({"period": 257}, "deals: period"),
        ({"limit": 1}, "deals: limit"),
        ({"limit": 16}, "deals: limit"),
        ({"fee": 10_001}, "deals: fee"),
        ({"price_unit": 10**9 + 1}, "deals: cover"),
        ({"cover": 0}, "deals: cover"),
        ({"price_unit": 0}, "deals: cover"),
        ({"rate": 0}, "deals: cover"),
        ({"cover": 1, "price_unit": 2 * 10**9}, "deals: cover"),
    ],
)
def test_constructor__numbers_beyond_their_bounds__reverts(changes: dict[str, int], reason: str) -> None:
    with boa.reverts(reason):
        deploy(**changes)


def test_constructor__long_period_where_history_is_kept__is_frozen() -> None:
    with history():
        assert deploy(period=8_000).period == 8_000


def test_constructor__period_beyond_the_history__reverts() -> None:
    with history(), boa.reverts("deals: period"):
        deploy(period=8_001)


def test_constructor__long_period_where_something_else_lies_for_the_history__reverts() -> None:
    with boa.env.anchor():
        boa.env.set_code(HISTORY, b"\x00")
        with boa.reverts("deals: period"):
            deploy(period=8_000)


def test_constructor__long_period_where_no_history_is_kept__reverts() -> None:
    with boa.reverts("deals: period"):
        deploy(period=8_000)
