"""`clear`: records of deals that are closed and out of the ring are forgotten."""

import boa
import pytest

from tests.support.boa_world import events
from tests.support.deals_world import World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rules import NEVER, Record


@pytest.fixture
def dropped(world: World, client: str, provider: str) -> Deal:
    """A deal that has ended and left the ring, from the next period on; not settled."""
    deal = world.open(client, provider, periods=1)
    world.next_period()
    world.prove(provider)
    world.deals.rotate(provider, [world.name(deal)], sender=provider)
    return deal


def test_clear__closed_and_out_of_the_ring__forgets_it(world: World, dropped: Deal, stranger: str) -> None:
    world.next_period()
    world.settle(dropped)

    world.deals.clear([dropped.id()], sender=stranger)

    assert events(world.deals) == [("Cleared", dropped.id())]
    assert world.record(dropped) == Record(0, 0, 0, 0, 0, 0, 0, 0)


def test_clear__its_terms__never_open_again(world: World, dropped: Deal, client: str) -> None:
    world.next_period()
    world.settle(dropped)
    world.deals.clear([dropped.id()])
    with boa.reverts("deals: end"):
        world.deals.open(dropped.as_tuple(), world.sign(dropped), sender=client)


def test_clear__unsettled__reverts(world: World, dropped: Deal) -> None:
    world.next_period()
    with boa.reverts("deals: unsettled"):
        world.deals.clear([dropped.id()])


def test_clear__while_a_challenge_puts_the_close_off__reverts(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period()
    world.challenge(deal)
    world.deals.rotate(provider, [world.name(deal)], sender=provider)
    world.next_period()
    world.settle(deal)
    with boa.reverts("deals: unsettled"):
        world.deals.clear([deal.id()])
    world.answer(deal)
    world.settle(deal)
    world.deals.clear([deal.id()])
    assert world.record(deal) == NEVER


def test_clear__failed_and_out_of_the_ring__forgets_it(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    world.next_period()
    world.challenge(deal)
    world.next_period(3)
    world.fail(deal)
    world.deals.truncate(provider, world.name(deal), sender=provider)
    with boa.reverts("deals: in the ring"):
        world.deals.clear([deal.id()])
    world.next_period()
    world.deals.clear([deal.id()])
    assert world.record(deal) == NEVER


def test_clear__in_the_ring_of_the_present_period__reverts(world: World, dropped: Deal) -> None:
    with boa.reverts("deals: in the ring"):
        world.deals.clear([dropped.id()])


def test_clear__still_in_the_ring__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period(2)
    world.settle(deal)
    with boa.reverts("deals: in the ring"):
        world.deals.clear([deal.id()])


def test_clear__one_of_several_is_not_ready__reverts(
    world: World, dropped: Deal, client: str, provider: str
) -> None:
    live = world.open(client, provider)
    world.next_period()
    world.settle(dropped)
    with boa.reverts("deals: in the ring"):
        world.deals.clear([dropped.id(), live.id()])
    assert world.record(dropped).end != 0


def test_clear__unknown_or_cleared_by_another_first__does_the_rest(world: World, dropped: Deal) -> None:
    world.next_period()
    world.settle(dropped)
    world.deals.clear([bytes(32), dropped.id(), dropped.id()])
    assert world.record(dropped) == NEVER
