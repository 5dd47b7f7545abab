"""The wrapper of Staking on a real chain: what it sends, what it reads, what it finds in the logs."""

import pytest

from tests.support.deployed import facts
from tests.support.devnets import SENDER
from xmbl.chain.deploy import PRESETS
from xmbl.chain.devnet import rich_account
from xmbl.chain.staking import (
    Claimed,
    CommissionSet,
    Delegated,
    Delegation,
    Pool,
    Stake,
    Staked,
    ThawingDelegated,
    WithdrawnDelegated,
)
from xmbl.errors import Reverted
from xmbl.units import STAKE_UNIT, WHOLE

PROVIDER = rich_account()
"""An operator that delegates to itself as well: one outbox does for all."""

NUMBERS = PRESETS["devnet"]
XMBL = WHOLE // STAKE_UNIT


@pytest.fixture
def world(deployed):
    """The provider has 10 staked, 10 delegated, and its wallet allowed."""
    staking = deployed.staking
    deployed.send(deployed.token.approve(staking.address, 100 * WHOLE))
    deployed.send(staking.stake(10 * WHOLE, 500))
    deployed.send(staking.delegate(PROVIDER.address, 10 * WHOLE))
    return deployed


def told(world, kind):
    return facts(world.staking.events(kind, 0, operator=PROVIDER.address))


def bring_fees(world, amount):
    """As a market would pay them."""
    payments = world.payments
    world.send(world.token.approve(payments.address, amount))
    world.send(payments.deposit(amount))
    world.send(payments.transfer(world.staking.address, amount))


def test_staking__as_deployed__tells_its_numbers(world):
    deployment, staking = world.deployment, world.staking
    assert (staking.token(), staking.payments()) == (deployment.token, deployment.payments)
    assert (staking.leverage(), staking.thaw_blocks()) == (NUMBERS.leverage, NUMBERS.thaw)
    assert staking.is_market(deployment.deals)
    assert staking.total() == 20 * WHOLE


def test_delegation__thawed_and_withdrawn__is_read_back(world):
    operator, staking = PROVIDER.address, world.staking
    assert staking.pool_of(operator) == Pool(price=2**63, generation=0, thawing_shares=0)
    world.send(staking.thaw_delegated(operator, staking.pool_of(operator).shares_worth(4 * WHOLE)))
    until = world.chain.block_number() + NUMBERS.thaw
    assert staking.delegation_of(operator, operator) == Delegation(
        shares=10 * XMBL, value=10 * WHOLE, thawing_shares=4 * XMBL, thaw_until=until, claimable=0
    )
    assert staking.stake_of(operator) == Stake(
        own=10 * WHOLE, delegated=10 * WHOLE, locked=0, thawing=0, thaw_until=0,
        delegated_thawing=4 * WHOLE, commission=500,
    )  # fmt: skip
    assert staking.stake_of(operator).free(NUMBERS.leverage) == 16 * WHOLE
    with pytest.raises(Reverted, match="It hasn't thawed yet"):
        world.send(staking.withdraw_delegated(operator))
    world.net.mine(NUMBERS.thaw)
    world.send(staking.withdraw_delegated(operator))
    assert told(world, Staked) == [(operator, 10 * WHOLE)]
    assert told(world, Delegated) == [(operator, operator, 10 * WHOLE, 10 * XMBL)]
    assert told(world, ThawingDelegated) == [(operator, operator, 4 * XMBL, until)]
    assert told(world, WithdrawnDelegated) == [(operator, operator, 4 * WHOLE)]


def test_fees__claimed_for_both_parts__arrive(world):
    operator, staking = PROVIDER.address, world.staking
    bring_fees(world, 2_001)
    assert (staking.fees_of(operator), staking.delegation_of(operator, operator).claimable) == (1_000, 950)
    world.send(staking.set_commission(100))
    world.send(staking.sync())
    world.send(staking.claim())
    world.send(staking.claim_delegated(operator, operator))
    assert world.payments.balance_of(operator) == 2_000
    assert told(world, CommissionSet) == [(operator, 100)]
    assert told(world, Claimed) == [(operator, operator, 1_000, 0), (operator, operator, 990, 10)]


def test_refusals__of_staking__say_what_to_do(world):
    staking = world.staking
    for call, meaning in (
        (staking.set_commission(500), "once set it can only be lowered"),
        (staking.stake(WHOLE, 400), "once set it can only be lowered"),
        (staking.delegate(SENDER.address, WHOLE), "this operator never staked"),
        (staking.thaw_delegated(PROVIDER.address, 10 * XMBL + 1), "don't have so many shares"),
        (staking.claim_delegated(SENDER.address, SENDER.address), "Only the delegator and its operator"),
        (staking.collect(), "nothing to move"),
        (staking.claim(), "nothing to move"),
    ):
        with pytest.raises(Reverted, match=meaning):
            world.send(call)
