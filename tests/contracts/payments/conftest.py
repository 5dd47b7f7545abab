"""Assets with vices, and Payments on one of them."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount

from tests.support.boa_world import (
    ANY,
    CONTRACT_WALLET,
    DELAY,
    ODD_TOKEN,
    PAYMENTS,
    SILENT_TOKEN,
    WHOLE,
    Money,
)
from tests.support.promises import Pen, keyed


@pytest.fixture
def silent(delegator: str) -> tuple[Any, Any]:
    """(asset, Payments) where the asset answers nothing; the delegator has 1,000."""
    asset = SILENT_TOKEN.deploy()
    asset.mint(delegator, 1_000)
    return asset, PAYMENTS.deploy(asset.address, DELAY)


@pytest.fixture
def odd(delegator: str) -> tuple[Any, Any]:
    """(asset, Payments) where the asset has vices on demand; the delegator has 1,000 and 100 deposited."""
    asset = ODD_TOKEN.deploy()
    payments = PAYMENTS.deploy(asset.address, DELAY)
    asset.mint(delegator, 1_100)
    asset.approve(payments.address, ANY, sender=delegator)
    payments.deposit(100, sender=delegator)
    return asset, payments


Reenter = Callable[..., None]


@pytest.fixture
def reenter(odd: tuple[Any, Any]) -> Reenter:
    """Makes the asset call Payments in the middle of its next transfer, with 500 of its own to play with."""
    asset, payments = odd
    asset.mint(asset.address, 500)
    asset.approve_own(payments.address)

    def arm(function: str, *arguments: Any) -> None:
        asset.set_hook(payments.address, getattr(payments, function).prepare_calldata(*arguments))

    return arm


@pytest.fixture(scope="session")
def pen(money: Money) -> Pen:
    """Writes vouchers and approvals for Payments."""
    return Pen(money.payments)


@pytest.fixture(scope="session")
def reader(money: Money) -> LocalAccount:
    """Pays by vouchers: has its key, 100 XMBL in Payments and 100 in its wallet."""
    account = keyed("reader")
    money.fund(account.address, 100 * WHOLE)
    money.give(account.address, 100 * WHOLE)
    return account


@pytest.fixture(scope="session")
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
