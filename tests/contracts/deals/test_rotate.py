"""`rotate`: deals leave the tail of the ring, from the next period on."""

import boa
import pytest

from tests.support.boa_world import events
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import AGENT, CAP, PARAMETERS, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rings import Ring
from xmbl.storage.rules import NOWHERE


@pytest.fixture
def deals(world: World, client: str, provider: str) -> list[Deal]:
    """One that ends with the present period, two that live on; all proven so far."""
    opened = [
        world.open(client, provider, price=100, periods=2),
        world.open(client, provider, price=20, periods=30),
        world.open(client, provider, price=3, periods=30),
    ]
    world.next_period()
    world.prove(provider)
    world.next_period()
    return opened


def places(world: World, deals: list[Deal]) -> list[int]:
    """Where deals lie from the next period on."""
    return [world.record(deal).start for deal in deals]


@pytest.mark.parametrize("by_agent", [False, True])
def test_rotate__ended_and_living__drops_one_and_moves_the_other(
    world: World, deals: list[Deal], provider: str, by_agent: bool
) -> None:
    now = world.period()
    names = [world.name(deal) for deal in deals[:2]]

    world.deals.rotate(provider, names, sender=AGENT if by_agent else provider)

    assert events(world.deals) == [("Rotated", provider, 120, 143)]
    assert world.ring(provider) == Ring(120, 143, 0, 123, now, CAP)
    assert places(world, deals) == [NOWHERE, 123, 120]
    assert [world.record(deal).start_in(now) for deal in deals] == [0, 100, 120]
    assert [world.record(deal).moved for deal in deals] == [now + 1, now + 1, now - 1]


def test_rotate__deal_over_by_its_misses__drops_it(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=30)
    world.next_period(1 + PARAMETERS.limit)
    world.deals.rotate(provider, [world.name(deal)], sender=provider)
    assert places(world, [deal]) == [NOWHERE]


def test_rotate__deal_one_miss_from_its_end__keeps_it(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=30)
    world.next_period(PARAMETERS.limit)
    world.deals.rotate(provider, [world.name(deal)], sender=provider)
    assert places(world, [deal]) == [1_000]


def test_rotate__all_over__starts_again_at_zero(world: World, client: str, provider: str) -> None:
    deals = [world.open(client, provider, periods=1) for _ in range(2)]
    world.next_period()
    world.deals.rotate(provider, [world.name(deal) for deal in deals], sender=provider)
    assert events(world.deals) == [("Rotated", provider, 0, 0)]
    assert world.ring(provider) == Ring(0, 0, 0, 2_000, world.period(), CAP)
    opened = world.open(client, provider)
    assert places(world, [opened]) == [0]


def test_rotate__in_the_next_period__freezes_what_it_made(
    world: World, deals: list[Deal], provider: str
) -> None:
    world.deals.rotate(provider, [world.name(deals[0])], sender=provider)
    now = world.next_period()
    assert world.ring(provider).bounds_in(now) == (100, 123)
    world.deals.rotate(provider, [world.name(deals[1])], sender=provider)
    assert world.ring(provider) == Ring(120, 143, 100, 123, now, CAP)


def test_rotate__not_at_the_tail__reverts(world: World, deals: list[Deal], provider: str) -> None:
    with boa.reverts("deals: tail"):
        world.deals.rotate(provider, [world.name(deals[1])], sender=provider)


def test_rotate__unknown_deal__reverts(world: World, client: str, provider: str) -> None:
    world.open(client, provider)
    with boa.reverts("deals: tail"):
        world.deals.rotate(provider, [(bytes(32), bytes(32))], sender=provider)


def test_rotate__deal_of_another_operator__reverts(world: World, client: str, provider: str) -> None:
    other = world.operator("second provider")
    deal = world.open(client, other)
    world.open(client, provider)
    world.next_period()
    with boa.reverts("deals: tail"):
        world.deals.rotate(provider, [world.name(deal)], sender=provider)


def test_rotate__twice_round_in_a_period__reverts(world: World, deals: list[Deal], provider: str) -> None:
    names = [world.name(deal) for deal in deals]
    world.deals.rotate(provider, names, sender=provider)
    with boa.reverts("deals: moved"):
        world.deals.rotate(provider, names[1:2], sender=provider)


def test_rotate__deal_of_this_period__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    with boa.reverts("deals: moved"):
        world.deals.rotate(provider, [world.name(deal)], sender=provider)


def test_rotate__by_anyone_else__reverts(
    world: World, deals: list[Deal], provider: str, outsider: str
) -> None:
    with boa.reverts("deals: sender"):
        world.deals.rotate(provider, [world.name(deals[0])], sender=outsider)


def test_rotate__positions_used_up__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, price=2, collateral=100_000)
    world.next_period()
    end = 2**48 - 2
    slots = DealSlots(world.deals)
    slots.rings[provider] = end << 48 | end - 2
    slots.records[deal.id()] |= end - 2  # it lay at 0
    with boa.reverts("deals: ring"):
        world.deals.rotate(provider, [world.name(deal)], sender=provider)
