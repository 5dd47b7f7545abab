"""`truncate`: what doesn't live on is cut off the ring's head, from the next period on."""

import boa
import pytest

from tests.support.boa_world import events
from tests.support.deals_world import AGENT, CAP, PARAMETERS, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rings import Ring
from xmbl.storage.rules import NOWHERE


@pytest.fixture
def deals(world: World, client: str, provider: str) -> list[Deal]:
    """One that lives on and two that end with the present period."""
    opened = [world.open(client, provider, price=100, periods=periods) for periods in (30, 1, 1)]
    world.next_period()
    return opened


@pytest.mark.parametrize("by_agent", [False, True])
def test_truncate__ended_deal_at_the_head__leaves_the_ring(
    world: World, deals: list[Deal], provider: str, by_agent: bool
) -> None:
    now = world.period()

    world.deals.truncate(provider, world.name(deals[2]), sender=AGENT if by_agent else provider)

    assert events(world.deals) == [("Truncated", provider, deals[2].id(), 200)]
    assert world.ring(provider) == Ring(0, 200, 0, 300, now, CAP)
    assert (world.record(deals[2]).start, world.record(deals[2]).start_in(now)) == (NOWHERE, 200)


def test_truncate__one_after_another__frees_their_positions(
    world: World, deals: list[Deal], client: str, provider: str
) -> None:
    for deal in reversed(deals[1:]):
        world.deals.truncate(provider, world.name(deal), sender=provider)
    opened = world.open(client, provider)
    assert world.record(opened).start == 100
    assert world.record(opened).start_in(world.period()) == NOWHERE


def test_truncate__the_last_one_left__empties_the_ring(world: World, client: str, provider: str) -> None:
    ended = world.open(client, provider, periods=1)
    dead = world.open(client, provider, periods=30)
    world.next_period(1 + PARAMETERS.limit)
    world.deals.rotate(provider, [world.name(ended)], sender=provider)
    world.deals.truncate(provider, world.name(dead), sender=provider)
    assert events(world.deals) == [("Truncated", provider, dead.id(), 0)]
    assert world.ring(provider) == Ring(0, 0, 0, 2_000, world.period(), CAP)


def test_truncate__living_deal__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=2)
    world.next_period()
    with boa.reverts("deals: live"):
        world.deals.truncate(provider, world.name(deal), sender=provider)


def test_truncate__not_at_the_head__reverts(world: World, deals: list[Deal], provider: str) -> None:
    with boa.reverts("deals: head"):
        world.deals.truncate(provider, world.name(deals[1]), sender=provider)


def test_truncate__unknown_deal__reverts(world: World, provider: str) -> None:
    with boa.reverts("deals: head"):
        world.deals.truncate(provider, (bytes(32), bytes(32)), sender=provider)


def test_truncate__twice__reverts(world: World, deals: list[Deal], provider: str) -> None:
    world.deals.truncate(provider, world.name(deals[2]), sender=provider)
    with boa.reverts("deals: head"):
        world.deals.truncate(provider, world.name(deals[2]), sender=provider)


def test_truncate__by_anyone_else__reverts(
    world: World, deals: list[Deal], provider: str, outsider: str
) -> None:
    with boa.reverts("deals: sender"):
        world.deals.truncate(provider, world.name(deals[2]), sender=outsider)
