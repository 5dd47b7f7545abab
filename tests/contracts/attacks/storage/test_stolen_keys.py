"""The prototype's flaws 5 and 6, M20: what a stranger or a stolen agent key can do to a ring."""

import boa
from eth_keys.datatypes import PrivateKey

from tests.support.boa_world import person
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import AGENT, PARAMETERS, SmallTree, World
from xmbl.crypto.typed_data import Deal

LIMIT = PARAMETERS.limit


def test_flaw5_turning__by_a_stranger__spends_no_positions(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    for outsider in (victim, accomplice, person("stranger")):
        with boa.reverts("deals: sender"):
            world.deals.rotate(operator, [world.name(deal)], sender=outsider)
    assert world.ring(operator).head == 1_000


def test_flaw5_turning__by_a_stolen_agent_key__goes_once_round_a_period(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=AGENT)
    with boa.reverts("deals: moved"):
        world.deals.rotate(operator, [world.name(deal)], sender=AGENT)


def test_flaw6_stolen_agent_key__in_a_period__locks_at_most_what_the_cap_allows(
    world: World, operator: str, accomplice: str
) -> None:
    world.deals.set_cap(10_000, sender=operator)
    most = 2 * PARAMETERS.least_collateral(10_000)
    for price in (9_000, 900, 100):
        world.open(accomplice, operator, price=price, collateral=2 * PARAMETERS.least_collateral(price))
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)
    assert world.locked(operator) == most
    world.deals.set_cap(2**39, sender=AGENT)  # sets the agent's own
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)
    world.next_period()
    world.open(accomplice, operator, price=10_000)
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)


def test_flaw6_stolen_agent_key__a_cap_of_nothing__leaves_no_room_that_a_deal_left(
    world: World, operator: str, accomplice: str
) -> None:
    ended = world.open(accomplice, operator, periods=1, price=10_000)
    world.next_period()
    world.deals.set_cap(0, sender=operator)
    world.deals.truncate(operator, world.name(ended), sender=AGENT)
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)


def test_flaw6_stolen_agent_key__room_that_deals_left__grows_the_ring_by_the_cap_only(
    world: World, operator: str, accomplice: str
) -> None:
    """What a stolen key can lose is bounded by the limit in Staking; the cap says how fast the ring grows."""
    world.deals.set_cap(1_000, sender=operator)
    gone = world.open(accomplice, operator, periods=1, price=1_000)
    world.next_period()
    world.deals.truncate(operator, world.name(gone), sender=AGENT)
    world.open(accomplice, operator, price=1_000 + 1_000)
    with boa.reverts("deals: cap"):
        world.open(accomplice, operator, price=1)
    ring = world.ring(operator)
    assert (ring.head - ring.tail) - (ring.frozen_head - ring.frozen_tail) == 1_000


def test_flaw6_stolen_agent_key__after_it_was_changed__opens_nothing(
    world: World, operator: str, accomplice: str
) -> None:
    new_key = b"\x22" * 32
    world.money.registry.set_agent(PrivateKey(new_key).public_key.to_checksum_address(), sender=operator)
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator))
    with boa.reverts("deals: signature"):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    world.deals.open(deal.as_tuple(), world.sign(deal, new_key), sender=accomplice)


def test_m20_stolen_agent_key__without_the_cold_one__ends_no_deal_and_takes_no_income(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=100)
    world.next_period()
    with boa.reverts("deals: party"):
        world.terminate(deal, sender=AGENT)
    for call in (world.money.registry.set_agent, world.money.registry.set_payee):
        with boa.reverts("registry: unknown"):
            call(AGENT, sender=AGENT)
    forged = Deal(operator, deal.root, world.terms(victim, operator, payee=AGENT))
    with boa.reverts("deals: payee"):
        world.deals.open(forged.as_tuple(), world.sign(forged), sender=victim)


def test_m20_stolen_agent_key__declares_what_it_can__costs_two_periods_of_32(
    world: World, victim: str, operator: str
) -> None:
    run = (world.period() // 32 + 1) * 32
    deal = world.open(victim, operator, periods=100)
    for period in range(run, run + 2):
        world.declare(operator, period, sender=AGENT)
    for period in range(run + 2, run + 32):
        with boa.reverts("deals: maintenance"):
            world.declare(operator, period, sender=AGENT)
    first, last = world.period() + 1, run + 31
    DealSlots(world.deals).prove_all_but(operator, (run, run + 1), range(first, last + 1))
    world.next_period(last + 1 - world.period())
    world.settle(deal)
    income = 1_000 * PARAMETERS.price_unit - PARAMETERS.fee_of(1_000)
    assert world.balance(deal.terms.payee) == (last + 1 - first - 2) * income
