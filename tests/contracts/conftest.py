"""The money contracts, deployed once a file; each of its tests starts from this state. People are named by
their roles."""

from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.boa_world import ANY, CONTRACT_WALLET, WHOLE, Money, deploy_money, person
from tests.support.deals_world import World, deploy_world
from tests.support.promises import Pen, keyed


@pytest.fixture(scope="module")
def market() -> str:
    """A contract that may lock stake; the tests speak for it."""
    return person("market")


@pytest.fixture(scope="module")
def second_market() -> str:
    """Another one."""
    return person("second market")


@pytest.fixture(scope="module")
def money(market: str, second_market: str) -> Money:
    """Token, Payments, Staking for two markets, NodeRegistry."""
    return deploy_money([market, second_market])


@pytest.fixture(scope="module")
def deployed() -> World:
    """A market for deals that nobody has used, in its tenth period; `world` is it with a test's people."""
    world = deploy_world()
    world.next_period(10)
    return world


@pytest.fixture(scope="module")
def client(money: Money) -> str:
    """Has 100 XMBL in Payments and 100 in its wallet."""
    account = person("client")
    money.fund(account, 100 * WHOLE)
    money.give(account, 100 * WHOLE)
    return account


@pytest.fixture(scope="module")
def provider(money: Money, market: str) -> str:
    """An operator with 100 XMBL staked, of which the market may lock 50, and 100 in its wallet."""
    account = person("provider")
    money.bond(account, 100 * WHOLE, market, 50 * WHOLE)
    money.give(account, 100 * WHOLE)
    return account


@pytest.fixture(scope="module")
def delegator() -> str:
    """Somebody with an account and nothing on it."""
    return person("delegator")


@pytest.fixture(scope="module")
def attacker(money: Money) -> str:
    """Somebody with 100 XMBL in its wallet and bad intentions."""
    account = person("attacker")
    money.give(account, 100 * WHOLE)
    return account


@pytest.fixture(scope="module")
def pen(money: Money) -> Pen:
    """Writes vouchers and approvals for Payments."""
    return Pen(money.payments)


@pytest.fixture(scope="module")
def reader(money: Money) -> LocalAccount:
    """Pays by vouchers: has its key, 100 XMBL in Payments and 100 in its wallet."""
    account = keyed("reader")
    money.fund(account.address, 100 * WHOLE)
    money.give(account.address, 100 * WHOLE)
    return account


@pytest.fixture(scope="module")
def hot() -> LocalAccount:
    """A key of the reader's that may lie on a machine."""
    return keyed("hot signer")


@pytest.fixture
def contract_holder(money: Money) -> Any:
    """A holder that is a contract, with 100 XMBL in Payments."""
    wallet = CONTRACT_WALLET.deploy()
    money.token.transfer(wallet.address, 100 * WHOLE, sender=money.treasurer)
    for target, call in (
        (money.token, money.token.approve.prepare_calldata(money.payments.address, ANY)),
        (money.payments, money.payments.deposit.prepare_calldata(100 * WHOLE)),
    ):
        wallet.act(target.address, call)
    return wallet
