"""C1 to C3: weight that costs nothing, self-slashes, and the fee that comes home."""

import boa
import pytest

from tests.support.boa_world import UNIT, WHOLE, person
from tests.support.deal_attacks import proof_from, refused, shown
from tests.support.deals_world import PARAMETERS, SmallTree, UniformTree, World

LIMIT = PARAMETERS.limit


def test_c1_dilution__giant_free_data__is_drawn_by_its_price_not_its_size(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(victim, operator, SmallTree(13), periods=300)
    giant = world.open(accomplice, operator, UniformTree(25), periods=300, price=1)
    in_giant = 0
    for _ in range(40):
        world.next_period()
        in_giant += shown(world.proof(operator), 1)
        refused(world, proof_from(world, giant, operator), "deals: position")
        world.prove(operator)
    assert in_giant <= 3  # of 200 draws


@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"price": 0, "collateral": 0}, "deals: price"), ({"collateral": 0}, "deals: collateral")],
)
def test_c1_dilution__weight_that_costs_nothing__is_refused(
    world: World, operator: str, accomplice: str, changes: dict[str, int], reason: str
) -> None:
    with boa.reverts(reason):
        world.open(accomplice, operator, **changes)


def test_c2_self_slash__operator_and_client_in_one_hand__lose_half(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator)
    world.next_period(1 + LIMIT)
    world.settle(deal)
    slashed = deal.terms.collateral // LIMIT * LIMIT
    assert world.money.staking.stake_of(operator)[0] == 1_000 * WHOLE - slashed * UNIT
    assert world.money.staking.owed(accomplice) == slashed // 2 * UNIT


def test_c3_fee__wash_trading__pays_all_stakers_alike(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=4)
    before = world.balance(accomplice) + 4 * 1_000 * PARAMETERS.price_unit
    for _ in range(3):
        world.next_period()
        world.prove(operator)
    world.next_period(2)
    world.settle(deal)
    fees = 3 * PARAMETERS.fee_of(1_000)
    assert world.balance(world.money.staking.address) == fees
    own = world.balance(accomplice) + world.balance(deal.terms.payee) + world.balance(operator)
    assert own == before - fees
    assert world.money.staking.owed(operator) == 0


def test_c3_fee__deal_ended_by_its_misses__still_paid_for_what_was_proven(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator, periods=300)
    world.next_period()
    world.prove(operator)
    world.next_period(1 + LIMIT)
    world.settle(deal)
    assert world.balance(world.money.staking.address) == PARAMETERS.fee_of(1_000)


def test_c2_self_fail__with_delegators_beside__leaves_the_coalition_with_less(
    world: World, accomplice: str
) -> None:
    """Its own challenge, which it doesn't answer, takes the whole collateral: own stake first, half of it
    burnt, and what comes from delegators burnt in full."""
    staking, looter = world.money.staking, world.operator("looting provider", stake=100 * WHOLE)
    delegator = person("delegator")
    world.money.give(delegator, 100 * WHOLE)
    staking.delegate(looter, 100 * WHOLE, sender=delegator)
    staking.authorize(world.deals.address, 200 * WHOLE, sender=looter)
    price = 4_000_000
    deal = world.open(accomplice, looter, price=price, collateral=200 * WHOLE // UNIT)
    assert world.locked(looter) == 200 * WHOLE // UNIT
    world.next_period()
    world.challenge(deal)
    world.next_period(3)
    world.fail(deal)
    left = staking.stake_of(looter)
    owed = staking.owed(accomplice)
    assert left.own + left.delegated == 0
    assert owed == (100 * WHOLE) // 2
    assert world.balance(accomplice) + world.balance(deal.terms.payee) == 1_000 * WHOLE


@pytest.mark.parametrize("way_out", ["term", "client leaves", "operator leaves", "misses", "fail"])
def test_c3_fee__whatever_ends_the_deal__is_paid_for_every_proven_period(
    world: World, operator: str, accomplice: str, way_out: str
) -> None:
    """Else a self-deal that ends by a route without a fee would dilute the ring for nothing."""
    deal = world.open(accomplice, operator, periods=6, operator_notice=2)
    world.next_period()
    world.prove(operator)
    if way_out == "fail":
        world.challenge(deal)
    if way_out.endswith("leaves"):
        world.terminate(deal, sender=accomplice if way_out.startswith("client") else operator)
    proven = 1
    for _ in range(5):
        world.next_period()
        if way_out != "misses" and world.period() < world.record(deal).end and proven < 4:
            world.prove(operator)
            proven += 1
    world.next_period()
    if way_out == "fail":
        world.fail(deal)
    else:
        world.settle(deal)
    assert world.record(deal).cursor == 0
    assert world.balance(world.money.staking.address) == proven * PARAMETERS.fee_of(1_000)
