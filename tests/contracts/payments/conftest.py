"""Assets with vices, and Payments on one of them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.boa_world import ANY, DELAY, ODD_TOKEN, PAYMENTS, SILENT_TOKEN


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
