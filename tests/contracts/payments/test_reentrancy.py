"""While an asset is called, it may not change anything: whatever it tries, the whole call is refused.

What it tries would go through at any other time, so it is the lock that refuses it.
"""

from typing import Any

import boa
import pytest

from tests.support.boa_world import NOBODY
from tests.support.promises import Pen, keyed

FRIEND = "0x" + "11" * 20
FAR = 10**9
PAYER = keyed("payer")
HALVES = ([FRIEND, "0x" + "22" * 20], [500_000, 500_000])

TRIED = [
    "deposit", "deposit_with_permit", "withdraw", "transfer", "approve", "pay", "burn", "reserve",
    "release", "authorize_signer", "revoke_signer", "transfer_from", "redeem", "redeem_many",
    "approve_by_sig", "distribute",
]  # fmt: skip


@pytest.fixture
def arguments(
    odd: tuple[Any, Any], delegator: str, request: pytest.FixtureRequest
) -> dict[str, tuple[Any, ...]]:
    """Something that each function would do for the asset."""
    asset, payments = odd
    pen, own = Pen(payments), asset.address
    for account in (own, PAYER.address, payments.split_account(*HALVES)):
        payments.transfer(account, 10, sender=delegator)
    asset.mint(own, 500)
    asset.approve_own(payments.address)
    payments.reserve(FRIEND, 1, 0, sender=own)
    payments.approve(own, 5, sender=delegator)
    return {
        "deposit": (5,),
        "deposit_with_permit": (5, 0, 27, bytes(32), bytes(32)),
        "withdraw": (0,),
        "transfer": (FRIEND, 1),
        "approve": (FRIEND, 1),
        "pay": (FRIEND, 1, NOBODY, 0, NOBODY, 0),
        "burn": (1,),
        "reserve": (FRIEND, 1, 0),
        "release": (own, FRIEND),
        "authorize_signer": (FRIEND, FAR),
        "revoke_signer": (FRIEND,),
        "transfer_from": (delegator, FRIEND, 1),
        "redeem": (FRIEND, pen.voucher(PAYER, FRIEND, 3)),
        "redeem_many": (FRIEND, [pen.voucher(PAYER, FRIEND, 3)]),
        "approve_by_sig": pen.approval(PAYER, FRIEND, 3),
        "distribute": HALVES,
    }


@pytest.mark.parametrize("function", TRIED)
@pytest.mark.parametrize("through", ["deposit", "withdraw"])
def test_asset__in_the_middle_of_a_call__changes_nothing(
    odd: tuple[Any, Any], delegator: str, arguments: dict[str, tuple[Any, ...]], through: str, function: str
) -> None:
    asset, payments = odd
    call = getattr(payments, function)
    with boa.env.anchor():
        call(*arguments[function], sender=asset.address)  # at any other time
    asset.set_hook(payments.address, call.prepare_calldata(*arguments[function]))
    with boa.reverts():
        getattr(payments, through)(5, sender=delegator)


def test_functions__all_that_change_something__are_tried(odd: tuple[Any, Any]) -> None:
    entries = odd[1].abi
    writing = {
        each["name"] for each in entries if each.get("stateMutability") == "nonpayable" and "name" in each
    }
    assert writing == {*TRIED}
