"""C5: a giant deal ends and leaves a ring that is nearly all hole."""

import pytest

from tests.support.deal_attacks import SHOW_ALL, proof_from, refused, shown
from tests.support.deals_world import PARAMETERS, SmallTree, World
from xmbl.errors import Reverted
from xmbl.storage import drawing, rules

LIMIT = PARAMETERS.limit


def test_c5_giant_hole__taken_out_before_it_opens__leaves_a_ring_that_can_be_proven(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, periods=1, price=10**6)
    world.open(victim, operator, periods=30, price=1)
    world.next_period()
    assert world.proven(operator) == set()  # upkeep doesn't wait for the proof
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.prove(operator)
    world.next_period()
    assert shown(world.proof(operator), 0) == 5
    world.prove(operator)


def test_c5_giant_hole__seen_too_late__costs_one_period_only(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, periods=1, price=10**6)
    world.open(victim, operator, periods=30, price=1)
    world.next_period(2)
    with pytest.raises(Reverted, match="full of holes"):
        world.proof(operator)
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.next_period()
    world.prove(operator)


def test_c5_giant_hole__made_by_the_last_miss__stands_in_with_its_bytes_for_one_period(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """Nobody can foresee a miss, so upkeep comes too late: one outage would take every deal down in turn."""
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    young = world.open(victim, operator, periods=300, price=1)
    world.next_period()
    assert rules.ends(world.record(giant), world.proven(operator), world.period(), LIMIT)[0] == world.period()
    with pytest.raises(Reverted, match="full of holes"):
        world.proof(operator, held=False)
    world.prove(operator)
    assert world.proven(operator) == {world.period()}
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.next_period()
    world.prove(operator)
    world.settle(giant)
    assert rules.ends(world.record(young), world.proven(operator), world.period(), LIMIT)[1] == 0


@pytest.mark.parametrize("settled", [False, True])
def test_c5_giant_hole__that_its_last_miss_made__stands_in_no_second_period(
    world: World, victim: str, operator: str, accomplice: str, settled: bool
) -> None:
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    spared = world.proof(operator)
    assert spared.plan >> drawing.DRAWS
    world.next_period()
    if settled:
        world.settle(giant)
    refused(world, proof_from(world, giant, operator, 1 | SHOW_ALL), "deals: draws")


def test_c5_giant_hole__settled_at_once__stands_in_all_the_same(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    world.settle(giant)
    world.prove(operator)
    assert world.proven(operator) == {world.period()}


def test_c5_giant_hole__its_client_leaves_at_once__is_out_before_it_opens(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """Buying weight and leaving bricks nobody: the notice leaves whole periods for upkeep, and is paid."""
    giant = world.open(accomplice, operator, periods=300, price=10**6)
    world.open(victim, operator, periods=300, price=1)
    world.terminate(giant)
    for _ in range(2):
        world.next_period()
        world.prove(operator)
    assert world.record(giant).end == world.period() + 1
    world.deals.rotate(operator, [world.name(giant)], sender=operator)
    world.next_period()
    proof = world.proof(operator)
    assert (shown(proof, 0), proof.plan) == (5, 1)
    world.prove(operator)
    world.settle(giant)
    assert world.balance(giant.terms.payee) == 2 * (10**6 * PARAMETERS.price_unit - PARAMETERS.fee_of(10**6))


def test_c5_giant_hole__made_by_the_last_miss_before_maintenance__was_time_enough_for_upkeep(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """The miss isn't just before the period that can be proven, so nothing is spared there."""
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.next_period(LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.declare(operator, world.period() + 1)
    world.next_period(2)
    kept = world.attendance(operator)
    assert rules.ends(world.record(giant), kept, world.period(), LIMIT)[0] == world.period() - 1
    refused(world, proof_from(world, giant, operator, 1 | SHOW_ALL), "deals: draws")


def test_c5_giant_hole__made_by_the_last_miss_after_maintenance__stands_in_with_its_bytes(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    giant = world.open(accomplice, operator, SmallTree(5), periods=300, price=10**6)
    world.declare(operator, world.period() + 1)
    world.next_period(1 + LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    kept = world.attendance(operator)
    assert rules.ends(world.record(giant), kept, world.period(), LIMIT)[0] == world.period()
    world.prove(operator)


@pytest.mark.parametrize("settled", [False, True])
def test_c5_giant_hole__whose_last_miss_was_its_last_period__is_judged_alike_settled_or_not(
    world: World, victim: str, operator: str, accomplice: str, settled: bool
) -> None:
    """D8: a settlement during the period neither opens nor closes a way through it."""
    giant = world.open(accomplice, operator, SmallTree(5), periods=LIMIT, price=10**6)
    world.next_period(LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    if settled:
        world.settle(giant)
    world.deals.prove(*proof_from(world, giant, operator, 1 | SHOW_ALL).arguments())
