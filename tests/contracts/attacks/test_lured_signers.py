"""Somebody is lured to call a contract, which then calls ours: it acts as itself, never as who was lured.

The same life is lived by a plain account and by a contract that a victim is made to call: both get the
same, and the victim isn't touched.
"""

from collections.abc import Callable, Iterator
from typing import Any

import boa
import pytest

from tests.support.boa_world import (
    CONTRACT_WALLET,
    NOBODY,
    THAW_BLOCKS,
    UNIT,
    WHOLE,
    deploy_money,
    events,
    mine,
    person,
)

PLAIN, VICTIM, FRIEND, SAVER, OPERATOR = (
    person(role) for role in ("plain account", "victim", "friend", "saver", "operator")
)
WALLET = CONTRACT_WALLET.deploy()
MONEY = deploy_money([PLAIN, WALLET.address])
FAR = 10**9

Step = tuple[Any, str, tuple[Any, ...]]
"""Contract, function, arguments."""


@pytest.fixture(autouse=True)
def _ready() -> None:
    """Everybody is rich, an operator takes delegations, and the saver trusts whoever lives."""
    for who in (PLAIN, WALLET.address, VICTIM, SAVER):
        MONEY.fund(who, 1_000 * WHOLE)
        MONEY.give(who, 1_000 * WHOLE)
    MONEY.bond(OPERATOR, 1_000 * WHOLE, PLAIN, 100 * WHOLE)
    MONEY.staking.authorize(WALLET.address, 100 * WHOLE, sender=OPERATOR)
    for who in (PLAIN, WALLET.address):
        MONEY.payments.approve(who, WHOLE, sender=SAVER)
    MONEY.payments.approve(VICTIM, 7 * WHOLE, sender=SAVER)


def fees_arrive() -> None:
    """The stakers earn something."""
    MONEY.payments.transfer(MONEY.staking.address, WHOLE, sender=SAVER)


def registration(who: str) -> Iterator[Step]:
    """An operator writes its record."""
    yield (
        MONEY.registry,
        "register",
        (FRIEND, NOBODY, b"\1" * 32, 1, b"\2" * 32, ["/ip4/203.0.113.7/tcp/4001"]),
    )
    yield MONEY.registry, "register", (FRIEND, SAVER, b"\1" * 32, 3, b"\2" * 32, [])
    yield MONEY.registry, "set_agent", (SAVER,)
    yield MONEY.registry, "set_payee", (NOBODY,)
    yield MONEY.registry, "announce", (who, ["/ip4/203.0.113.8/tcp/4001"])


def payment(who: str) -> Iterator[Step]:
    """An account does all that accounts can."""
    payments = MONEY.payments
    yield payments, "deposit", (WHOLE,)
    yield payments, "deposit_with_permit", (WHOLE, 0, 27, bytes(32), bytes(32))
    yield payments, "withdraw", (WHOLE,)
    yield payments, "transfer", (FRIEND, 3)
    yield payments, "transfer_from", (SAVER, FRIEND, 5)
    yield payments, "transfer_from", (SAVER, who, 5)
    yield payments, "approve", (FRIEND, 9)
    yield payments, "pay", (FRIEND, 1, SAVER, 2, NOBODY, 0)
    yield payments, "burn", (4,)
    yield payments, "reserve", (FRIEND, 6, 0)
    yield payments, "release", (who, FRIEND)
    yield payments, "authorize_signer", (FRIEND, FAR)
    yield payments, "revoke_signer", (FRIEND,)


def bonding(who: str) -> Iterator[Step]:
    """An operator stakes, earns and leaves."""
    staking = MONEY.staking
    yield staking, "stake", (9 * WHOLE, 100)
    yield staking, "stake", (WHOLE, 100)
    yield staking, "set_commission", (50,)
    yield staking, "authorize", (who, WHOLE)
    fees_arrive()
    yield staking, "claim", ()
    yield staking, "thaw", (WHOLE,)
    mine(THAW_BLOCKS)
    fees_arrive()
    yield staking, "withdraw", ()


def delegation(who: str) -> Iterator[Step]:
    """A delegator joins, earns and leaves."""
    staking = MONEY.staking
    yield staking, "delegate", (OPERATOR, 9 * WHOLE)
    fees_arrive()
    yield staking, "claim_delegated", (OPERATOR, who)
    yield staking, "thaw_delegated", (OPERATOR, 3 * WHOLE // UNIT)
    mine(THAW_BLOCKS)
    fees_arrive()
    yield staking, "withdraw_delegated", (OPERATOR,)


def judging(who: str) -> Iterator[Step]:
    """A market holds stake, and somebody is wronged."""
    staking = MONEY.staking
    yield staking, "lock", (OPERATOR, 9)
    yield staking, "unlock", (OPERATOR, 2)
    yield staking, "slash", (OPERATOR, 4, 1, who)
    yield staking, "collect", ()


def picture(who: str) -> dict[str, Any]:
    """All that the contracts know of an account."""
    payments, staking = MONEY.payments, MONEY.staking
    return {
        "record": MONEY.registry.node(who),
        "tokens": MONEY.token.balanceOf(who),
        "account": payments.account(who),
        "allowances": (payments.allowance(who, FRIEND), payments.allowance(SAVER, who)),
        "lane": payments.lane(who, FRIEND),
        "signer": payments.signer_until(who, FRIEND),
        "stake": staking.stake_of(who),
        "fees": staking.fees_of(who),
        "delegation": staking.delegation_of(OPERATOR, who),
        "locks": (staking.lock_of(who, who), staking.lock_of(OPERATOR, who)),
        "owed": staking.owed(who),
    }


def told(of: str, what: Any) -> Any:
    """Events or a picture with `who` for one account."""
    return repr(what).replace(of, "who")


def live(life: Callable[[str], Iterator[Step]], who: str, call: Callable[..., Any]) -> list[tuple[str, ...]]:
    """What each step of a life logs and leaves; nothing of it is the victim's."""
    seen = []
    with boa.env.anchor():
        for contract, function, arguments in life(who):
            untouched = picture(VICTIM)
            logged = call(contract, function, *arguments)
            assert picture(VICTIM) == untouched, function
            seen.append((function, told(who, logged), told(who, picture(who))))
    return seen


def directly(contract: Any, function: str, *arguments: Any) -> list[Any]:
    getattr(contract, function)(*arguments, sender=PLAIN)
    return events(contract)


def through_the_wallet(contract: Any, function: str, *arguments: Any) -> list[Any]:
    WALLET.act(contract.address, getattr(contract, function).prepare_calldata(*arguments), sender=VICTIM)
    return events(WALLET)


@pytest.mark.parametrize("life", [registration, payment, bonding, delegation, judging])
def test_lured_signer__whatever_the_contract_calls__is_its_own_business(
    life: Callable[[str], Iterator[Step]],
) -> None:
    plain = live(life, PLAIN, directly)
    assert live(life, WALLET.address, through_the_wallet) == plain
