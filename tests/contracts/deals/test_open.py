"""`open`: what the agent signed becomes a deal, an escrow and a lock."""

from dataclasses import astuple, replace
from typing import Any

import boa
import pytest

from tests.support.boa_world import WHOLE, block, events, person
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import CAP, PARAMETERS, SmallTree, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rings import Ring
from xmbl.storage.rules import NOWHERE, Record

LEAST = PARAMETERS.least_collateral(1_000)


def signed(world: World, client: str, operator: str, **changes: Any) -> tuple[Deal, bytes]:
    """A deal as the agent signs it, with some terms changed."""
    deal = Deal(operator, SmallTree(5).root, world.terms(client, operator, **changes))
    return deal, world.sign(deal)


def from_now(world: World, changes: dict[str, int]) -> dict[str, int]:
    """Terms that say when, given from now on: `end` from the present period, `deadline` from this block."""
    now = {"end": world.period(), "deadline": block()}
    return {field: value + now.get(field, 0) for field, value in changes.items()}


def test_open__signed_terms__keeps_a_record_and_lengthens_the_ring(
    world: World, client: str, provider: str
) -> None:
    now = world.period()
    first = world.open(client, provider, periods=10)
    second = world.open(client, provider, periods=1, price=7)

    assert world.record(first) == Record(0, NOWHERE, 1_000, 5, now + 1, now + 11, now + 1, 0)
    assert world.record(second) == Record(1_000, NOWHERE, 7, 5, now + 1, now + 2, now + 1, 0)
    assert world.ring(provider) == Ring(0, 1_007, 0, 0, now, CAP)


def test_open__signed_terms__moves_escrow_and_collateral_and_logs(
    world: World, client: str, provider: str
) -> None:
    had = world.balance(client)
    deal, signature = signed(world, client, provider, periods=10)

    returned = world.deals.open(deal.as_tuple(), signature, sender=client)

    escrow = 1_000 * PARAMETERS.price_unit * 10
    assert events(world.deals) == [
        ("Opened", provider, client, deal.id(), deal.root, astuple(deal.terms), 0),
    ]
    assert returned == deal.id()
    assert had - world.balance(client) == world.balance(world.deals.address) == escrow
    assert world.locked(provider) == LEAST


@pytest.mark.parametrize(
    "changes",
    [
        {"leaves": 1},
        {"leaves": 2**25},
        {"price": 1, "collateral": PARAMETERS.least_collateral(1)},
        {"collateral": 2 * LEAST},
        {"end": 2},
        {"end": 1 + 366},
        {"deadline": 0},
        {"client_notice": 30, "operator_notice": 2},
        {"exit": 0},
        {"exit": PARAMETERS.limit},
    ],
)
def test_open__terms_at_their_bounds__opens(
    world: World, client: str, provider: str, changes: dict[str, int]
) -> None:
    deal, signature = signed(world, client, provider, **from_now(world, changes))
    world.deals.open(deal.as_tuple(), signature, sender=client)
    assert world.record(deal).end == deal.terms.end


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leaves": 0}, "deals: leaves"),
        ({"leaves": 2**25 + 1}, "deals: leaves"),
        ({"price": 0, "collateral": 0}, "deals: price"),
        ({"price": 2**40}, "deals: price"),
        ({"end": 0}, "deals: end"),
        ({"end": -5}, "deals: end"),
        ({"end": 1}, "deals: end"),
        ({"end": 1 + 367}, "deals: end"),
        ({"deadline": -1}, "deals: deadline"),
        ({"deadline": 2 * PARAMETERS.period - 1}, "deals: deadline"),
        ({"client_notice": 1}, "deals: notice"),
        ({"client_notice": 31}, "deals: notice"),
        ({"operator_notice": 1}, "deals: notice"),
        ({"operator_notice": 31}, "deals: notice"),
        ({"exit": PARAMETERS.limit + 1}, "deals: exit"),
        ({"collateral": LEAST - 1}, "deals: collateral"),
        ({"collateral": 2 * LEAST + 1}, "deals: collateral"),
    ],
)
def test_open__terms_beyond_their_bounds__reverts(
    world: World, client: str, provider: str, changes: dict[str, int], reason: str
) -> None:
    deal, signature = signed(world, client, provider, **from_now(world, changes))
    with boa.reverts(reason):
        world.deals.open(deal.as_tuple(), signature, sender=client)


def test_open__at_the_end_of_the_numbers__reverts(world: World, client: str, provider: str) -> None:
    world.next_period(2**24 - 3 - world.period())
    with boa.reverts("deals: end"):
        world.open(client, provider, periods=1)


def test_open__by_another_than_the_client__reverts(
    world: World, client: str, provider: str, attacker: str
) -> None:
    deal, signature = signed(world, client, provider)
    with boa.reverts("deals: client"):
        world.deals.open(deal.as_tuple(), signature, sender=attacker)


@pytest.mark.parametrize("field", ["price", "salt", "end"])
def test_open__terms_that_the_agent_did_not_sign__reverts(
    world: World, client: str, provider: str, field: str
) -> None:
    deal, signature = signed(world, client, provider, collateral=LEAST + 60_000)
    forged = replace(deal, terms=replace(deal.terms, **{field: getattr(deal.terms, field) + 1}))
    with boa.reverts("deals: signature"):
        world.deals.open(forged.as_tuple(), signature, sender=client)


def test_open__another_root__reverts(world: World, client: str, provider: str) -> None:
    deal, signature = signed(world, client, provider)
    with boa.reverts("deals: signature"):
        world.deals.open(replace(deal, root=SmallTree(4).root).as_tuple(), signature, sender=client)


def test_open__signature_for_another_market__reverts(world: World, client: str, provider: str) -> None:
    deal, _ = signed(world, client, provider)
    elsewhere = replace(world, separator=b"\1" * 32).sign(deal)
    with boa.reverts("deals: signature"):
        world.deals.open(deal.as_tuple(), elsewhere, sender=client)


@pytest.mark.parametrize("signature", [b"", b"\1", b"\1" * 63])
def test_open__malformed_signature__reverts(
    world: World, client: str, provider: str, signature: bytes
) -> None:
    deal, _ = signed(world, client, provider)
    with boa.reverts("deals: signature"):
        world.deals.open(deal.as_tuple(), signature, sender=client)


def test_open__unregistered_operator__reverts(world: World, client: str) -> None:
    deal, signature = signed(world, client, person("nobody's operator"))
    with boa.reverts("deals: agent"):
        world.deals.open(deal.as_tuple(), signature, sender=client)


def test_open__another_payee__reverts(world: World, client: str, provider: str, attacker: str) -> None:
    deal, signature = signed(world, client, provider, payee=attacker)
    with boa.reverts("deals: payee"):
        world.deals.open(deal.as_tuple(), signature, sender=client)


def test_open__agent_was_changed__kills_the_quote(world: World, client: str, provider: str) -> None:
    deal, signature = signed(world, client, provider)
    world.money.registry.set_agent(person("new agent"), sender=provider)
    with boa.reverts("deals: signature"):
        world.deals.open(deal.as_tuple(), signature, sender=client)


def test_open__twice__reverts(world: World, client: str, provider: str) -> None:
    deal, signature = signed(world, client, provider)
    world.deals.open(deal.as_tuple(), signature, sender=client)
    with boa.reverts("deals: opened"):
        world.deals.open(deal.as_tuple(), signature, sender=client)


def test_open__beyond_the_cap__reverts(world: World, client: str, provider: str) -> None:
    world.deals.set_cap(1_999, sender=provider)
    world.open(client, provider)
    with boa.reverts("deals: cap"):
        world.open(client, provider)
    world.open(client, provider, price=999)


def test_open__cap_of_the_last_period_was_used__has_the_new_one(
    world: World, client: str, provider: str
) -> None:
    world.deals.set_cap(1_000, sender=provider)
    world.open(client, provider)
    world.next_period()
    world.open(client, provider)
    with boa.reverts("deals: cap"):
        world.open(client, provider, price=1)


def test_open__no_cap_was_set__reverts(world: World, client: str) -> None:
    operator = world.operator("careful provider", cap=0)
    with boa.reverts("deals: cap"):
        world.open(client, operator, price=1)


def test_open__positions_used_up__reverts(world: World, client: str) -> None:
    operator = world.operator("old provider", stake=10**8 * WHOLE)
    word = (2**40 - 1) << 216 | (2**48 - 3) << 48 | (2**48 - 4)
    DealSlots(world.deals).rings[operator] = word
    with boa.reverts("deals: ring"):
        world.open(client, operator, price=2)
    world.open(client, operator, price=1)


def test_open__not_allowed_in_payments__reverts(world: World, client: str, provider: str) -> None:
    world.money.payments.approve(world.deals.address, 0, sender=client)
    with boa.reverts("payments: allowance"):
        world.open(client, provider)


def test_open__too_little_money__reverts(world: World, provider: str) -> None:
    poor = world.client("poor client", amount=WHOLE // 100 - 1)
    with boa.reverts("payments: balance"):
        world.open(poor, provider)


def test_open__stake_does_not_suffice__reverts(world: World, client: str) -> None:
    operator = world.operator("small provider", stake=LEAST * 10**9)
    world.open(client, operator)
    with boa.reverts("staking: limit"):
        world.open(client, operator)
