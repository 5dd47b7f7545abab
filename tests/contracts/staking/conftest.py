"""An operator with a commission, and others who put stake behind it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.boa_world import (
    ANY,
    DELAY,
    LEVERAGE,
    NOBODY,
    ODD_TOKEN,
    PAYMENTS,
    STAKING,
    THAW_BLOCKS,
    UNIT,
    WHOLE,
    XMBL,
    Money,
    person,
)

COMMISSION = 1_000
"""The operator's, in basis points."""


@pytest.fixture(scope="module")
def operator(money: Money, provider: str, market: str) -> str:
    """Beside the provider, with 100 XMBL staked for a commission of 10% and 100 in its wallet; the market may
    lock any of it."""
    account = person("operator")
    money.give(account, 200 * WHOLE)
    money.staking.stake(100 * WHOLE, COMMISSION, sender=account)
    money.staking.authorize(market, 1_000 * WHOLE, sender=account)
    return account


@pytest.fixture(scope="module")
def delegator(money: Money, operator: str) -> str:
    """Has delegated 100 XMBL to the operator, and 100 in its wallet."""
    account = person("delegator")
    money.give(account, 200 * WHOLE)
    money.staking.delegate(operator, 100 * WHOLE, sender=account)
    return account


@pytest.fixture
def earn(money: Money, client: str, delegator: str) -> Callable[[int], None]:
    """Fees come in, as a market would pay them, for provider, operator and delegator with 100 XMBL each."""
    return lambda wei: money.payments.transfer(money.staking.address, wei, sender=client)


@pytest.fixture
def lose(money: Money, market: str) -> Callable[..., None]:
    """A market locks all that it can of an operator and slashes it but for some units, which stay locked."""

    def lose(operator: str, left: int) -> None:
        stake = money.staking.stake_of(operator)
        staying = stake.own - stake.thawing
        free = min(staying + stake.delegated - stake.delegated_thawing, 2 * staying) - stake.locked
        money.staking.lock(operator, free // UNIT, sender=market)
        money.staking.slash(operator, free // UNIT - left, 0, NOBODY, sender=market)

    return lose


@pytest.fixture
def stubborn(operator: str, market: str) -> tuple[Any, Any]:
    """A token that can be told to say no, and its Staking, where the operator has staked a token."""
    token = ODD_TOKEN.deploy()
    payments = PAYMENTS.deploy(token.address, DELAY)
    staking = STAKING.deploy(token.address, payments.address, [market] * 4, LEVERAGE, THAW_BLOCKS)
    token.mint(operator, 2 * WHOLE)
    token.approve(staking.address, ANY, sender=operator)
    staking.stake(WHOLE, 0, sender=operator)
    return token, staking


@pytest.fixture
def few(money: Money, market: str) -> tuple[str, str]:
    """An operator with 2^17 units, all of which the market may lock, and a delegator with as many."""
    operator, delegator = person("operator"), person("delegator")
    for account in (operator, delegator):
        money.give(account, 2**17 * UNIT)
    money.staking.stake(2**17 * UNIT, 0, sender=operator)
    money.staking.authorize(market, WHOLE, sender=operator)
    money.staking.delegate(operator, 2**17 * UNIT, sender=delegator)
    return operator, delegator


SHARES = 100 * XMBL
"""What the delegator has: a share is worth a unit until somebody is slashed."""
