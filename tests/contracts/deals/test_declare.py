"""`declare`: maintenance in a coming period, at most two of 32."""

import boa
import pytest

from tests.support.boa_world import block, events, mine
from tests.support.deals_world import AGENT, PARAMETERS, World

WEI = 1_000 * PARAMETERS.price_unit
FEE = PARAMETERS.fee_of(1_000)


@pytest.mark.parametrize("by_agent", [False, True])
def test_declare__a_coming_period__sets_its_bit_and_logs(world: World, provider: str, by_agent: bool) -> None:
    period = world.period() + 1
    world.declare(provider, period, sender=AGENT if by_agent else provider)
    assert events(world.deals) == [("Declared", provider, period)]
    assert world.deals.declared(provider, 0) == 1 << period


def test_declare__in_the_last_block_before_it__counts(world: World, provider: str) -> None:
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.declare(provider, world.period() + 1)
    mine(1)
    assert world.declared(provider) == {world.period()}


@pytest.mark.parametrize("past", [0, 1])
def test_declare__a_period_that_has_begun__reverts(world: World, provider: str, past: int) -> None:
    world.next_period(offset=0)
    with boa.reverts("deals: begun"):
        world.declare(provider, world.period() - past)


def test_declare__twice__reverts(world: World, provider: str) -> None:
    world.declare(provider, world.period() + 1)
    with boa.reverts("deals: declared"):
        world.declare(provider, world.period() + 1)


@pytest.mark.parametrize("run", [32, 96, 128, 224, 256, 2**20])
def test_declare__a_third_in_an_aligned_run__reverts(world: World, provider: str, run: int) -> None:
    run += (world.period() // 256 + 1) * 256  # all of it is to come
    for period in (run - 2, run - 1, run, run + 31):  # two of this run, beside two of the one before
        world.declare(provider, period)
    for period in (run - 32, run - 3, run + 1, run + 30):
        with boa.reverts("deals: maintenance"):
            world.declare(provider, period)
    world.declare(provider, run + 32)


def test_declare__by_anyone_else__reverts(world: World, provider: str, outsider: str) -> None:
    with boa.reverts("deals: sender"):
        world.declare(provider, world.period() + 1, sender=outsider)


def test_declare__of_others__says_nothing(world: World, provider: str) -> None:
    other = world.operator("second provider")
    world.declare(other, world.period() + 1)
    assert world.deals.declared(provider, 0) == 0


def test_declare__a_period_of_a_deal__is_neither_paid_nor_punished(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=4)
    first, had = world.period() + 1, world.balance(client)
    world.declare(provider, first + 1)
    world.declare(provider, first + 2)
    world.next_period()
    world.prove(provider)
    world.next_period(3)
    world.prove(provider)
    world.next_period()

    world.settle(deal)

    assert events(world.deals) == [
        ("Settled", deal.id(), first + 4, 2 * (WEI - FEE), 2 * FEE, 2 * WEI, 0),
        ("Closed", deal.id(), 0, deal.terms.collateral),
    ]
    assert world.balance(client) == had + 2 * WEI


def test_declare__among_misses__ends_the_deal_with_the_last_of_them(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider)
    first = world.period() + 1
    world.declare(provider, first + 1)
    world.declare(provider, first + 4)
    world.next_period(8)
    world.settle(deal)
    assert events(world.deals)[0][-2:] == (10 * WEI, 3)
    assert world.record(deal).end == first + 4  # missed are the 1st, 3rd and 4th
