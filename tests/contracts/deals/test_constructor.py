"""What numbers a market can have."""

from collections.abc import Callable
from dataclasses import astuple, replace

import boa
import pytest

from tests.support.boa_world import NOBODY, deploy_money, person
from tests.support.deals_world import DEALS, HISTORY, PARAMETERS, history
from xmbl.storage.rules import Parameters

Deploy = Callable[..., Parameters]


@pytest.fixture(scope="module")
def deploy() -> Deploy:
    """A market on contracts that it never asks, with some numbers changed; what it says of itself."""
    some = deploy_money().token.address

    def deploy(**changes: int) -> Parameters:
        changed = replace(PARAMETERS, **{"window": 2 * changes.get("period", PARAMETERS.period), **changes})
        return Parameters(*DEALS.deploy(some, some, NOBODY, astuple(changed)).parameters())

    return deploy


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
        {"window": 40},
        {"window": 2**32 - 1},
        {"bond": 0},
    ],
)
def test_constructor__numbers_at_their_bounds__are_frozen(deploy: Deploy, changes: dict[str, int]) -> None:
    window = 2 * changes.get("period", PARAMETERS.period)
    assert deploy(**changes) == replace(PARAMETERS, **{"window": window, **changes})


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
        ({"window": 39}, "deals: window"),
        ({"window": 2**32}, "deals: window"),
    ],
)
def test_constructor__numbers_beyond_their_bounds__reverts(
    deploy: Deploy, changes: dict[str, int], reason: str
) -> None:
    with boa.reverts(reason):
        deploy(**changes)


def test_constructor__long_period_where_history_is_kept__is_frozen(deploy: Deploy) -> None:
    with history():
        assert deploy(period=8_000).period == 8_000


def test_constructor__period_beyond_the_history__reverts(deploy: Deploy) -> None:
    with history(), boa.reverts("deals: period"):
        deploy(period=8_001)


def test_constructor__long_period_where_something_else_lies_for_the_history__reverts(deploy: Deploy) -> None:
    with boa.env.anchor():
        boa.env.set_code(HISTORY, b"\x00")
        with boa.reverts("deals: period"):
            deploy(period=8_000)


def test_constructor__long_period_where_no_history_is_kept__reverts(deploy: Deploy) -> None:
    with boa.reverts("deals: period"):
        deploy(period=8_000)


@pytest.mark.parametrize("missing", [0, 1])
def test_constructor__no_contract_for_the_money__reverts(missing: int) -> None:
    money = deploy_money()
    contracts = [money.payments.address, money.staking.address]
    contracts[missing] = person("nobody's address")
    with boa.reverts("deals: contracts"):
        DEALS.deploy(*contracts, money.registry.address, astuple(PARAMETERS))
