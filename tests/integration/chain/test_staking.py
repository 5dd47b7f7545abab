"""The wrapper of Staking on a real chain: what it sends, what it reads, what it finds in the logs."""

from dataclasses import dataclass

import pytest

from tests.support.devnets import MINED_AT_ONCE, SENDER, serving
from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.deployments import Deployment
from xmbl.chain.devnet import rich_account
from xmbl.chain.outbox import Habits, Outbox, Receipt
from xmbl.chain.payments import Payments
from xmbl.chain.staking import (
    Claimed,
    CommissionSet,
    Delegated,
    Delegation,
    Pool,
    Stake,
    Staked,
    Staking,
    ThawingDelegated,
    WithdrawnDelegated,
)
from xmbl.chain.token import Token
from xmbl.errors import Reverted
from xmbl.units import STAKE_UNIT, WHOLE

PROVIDER = rich_account()
"""An operator that delegates to itself as well: one outbox does for all."""

NUMBERS = PRESETS["devnet"]
XMBL = WHOLE // STAKE_UNIT


@dataclass
class World:
    """The provider's outbox on a chain with XMBL, with 10 staked, 10 delegated and all its wallet allowed."""

    net: object
    chain: Chain
    outbox: Outbox
    deployment: Deployment
    staking: Staking
    sent: int = 0

    def send(self, call) -> Receipt:
        self.sent += 1
        return self.outbox.send(call, f"call {self.sent}")

    def events(self, kind):
        found = self.staking.events(kind, 0, operator=PROVIDER.address)
        beside = ("block", "transaction", "index")
        return [tuple(value for name, value in vars(event).items() if name not in beside) for event in found]


@pytest.fixture(scope="module")
def net():
    with serving(block_time=MINED_AT_ONCE) as running:
        yield running


@pytest.fixture
def world(net, tmp_path):
    chain = net.chain()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, PROVIDER, Habits(confirmations=1, poll=0.01))
    deployment = deploy(outbox, chain, NUMBERS, tmp_path, lambda _: None)
    world = World(net, chain, outbox, deployment, Staking(chain, deployment.staking))
    world.send(Token(chain, deployment.token).approve(world.staking.address, 100 * WHOLE))
    world.send(world.staking.stake(10 * WHOLE, 500))
    world.send(world.staking.delegate(PROVIDER.address, 10 * WHOLE))
    yield world
    outbox.close()


def fees(world, amount):
    """Fees come in, as a market would pay them."""
    payments = Payments(world.chain, world.deployment.payments)
    world.send(Token(world.chain, world.deployment.token).approve(payments.address, amount))
    world.send(payments.deposit(amount))
    world.send(payments.transfer(world.staking.address, amount))
    return payments


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
    assert world.events(Staked) == [(operator, 10 * WHOLE)]
    assert world.events(Delegated) == [(operator, operator, 10 * WHOLE, 10 * XMBL)]
    assert world.events(ThawingDelegated) == [(operator, operator, 4 * XMBL, until)]
    assert world.events(WithdrawnDelegated) == [(operator, operator, 4 * WHOLE)]


def test_fees__claimed_for_both_parts__arrive(world):
    operator, staking = PROVIDER.address, world.staking
    payments = fees(world, 2_001)
    assert (staking.fees_of(operator), staking.delegation_of(operator, operator).claimable) == (1_000, 950)
    world.send(staking.set_commission(100))
    world.send(staking.sync())
    world.send(staking.claim())
    world.send(staking.claim_delegated(operator, operator))
    assert payments.balance_of(operator) == 2_000
    assert world.events(CommissionSet) == [(operator, 100)]
    assert world.events(Claimed) == [(operator, operator, 1_000, 0), (operator, operator, 990, 10)]


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
