"""`set_cap`: what a stolen agent key can sign away in a period."""

import boa

from tests.support.boa_world import events
from tests.support.deals_world import AGENT, World
from xmbl.storage.rings import Ring
from xmbl.storage.rules import MAX_PRICE


def test_set_cap__any_price__holds_at_once_and_logs(world: World, client: str, provider: str) -> None:
    world.open(client, provider)
    world.deals.set_cap(MAX_PRICE, sender=provider)
    assert events(world.deals) == [("CapSet", provider, MAX_PRICE)]
    assert world.ring(provider) == Ring(0, 1_000, 0, 0, world.period(), MAX_PRICE)


def test_set_cap__zero__closes_the_ring(world: World, client: str, provider: str) -> None:
    world.deals.set_cap(0, sender=provider)
    with boa.reverts("deals: cap"):
        world.open(client, provider, price=1)


def test_set_cap__too_large__reverts(world: World, provider: str) -> None:
    with boa.reverts("deals: cap"):
        world.deals.set_cap(MAX_PRICE + 1, sender=provider)


def test_set_cap__by_the_agent__sets_only_its_own(world: World, provider: str) -> None:
    before = world.ring(provider)
    world.deals.set_cap(7, sender=AGENT)
    assert world.ring(provider) == before
