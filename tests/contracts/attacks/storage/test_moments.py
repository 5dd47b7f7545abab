"""H9, M2, L3: seeds that are there, and where a period begins."""

import boa

from tests.support.boa_world import block, mine
from tests.support.deal_attacks import nothing, refused
from tests.support.deals_world import PARAMETERS, SmallTree, World, hash_of

LIMIT = PARAMETERS.limit


def test_h9_seed__nobody_touched_the_period__is_there_in_its_last_block(
    world: World, victim: str, operator: str
) -> None:
    world.open(victim, operator)
    world.next_period()
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.prove(operator)


def test_h9_seed__asked_in_its_own_block__is_refused(world: World, victim: str, operator: str) -> None:
    world.open(victim, operator)
    world.next_period(offset=0)
    refused(world, world.proof(operator), "deals: seed")


def test_h9_seed__a_chain_that_answers_zero__is_refused(world: World, victim: str, operator: str) -> None:
    world.open(victim, operator)
    world.next_period()
    boa.env.evm.patch.prev_hashes = [bytes(32)] * 256
    refused(world, world.proof(operator), "deals: seed")


def test_m2_boundary__opened_in_the_first_block__counts_from_the_next_period(
    world: World, victim: str, operator: str
) -> None:
    world.next_period(offset=0)
    deal = world.open(victim, operator, periods=2)
    mine(1)
    refused(world, nothing(operator), "deals: empty")
    assert world.record(deal).cursor == world.period() + 1
    world.next_period()
    world.prove(operator)


def test_m2_boundary__opened_in_the_last_block__is_drawn_by_a_hash_yet_to_come(
    world: World, victim: str, operator: str
) -> None:
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.open(victim, operator)
    opened_in = block()
    mine(2)
    assert world.period() * PARAMETERS.period == opened_in + 1
    world.prove(operator)


def test_l3_reorg__another_first_block__refuses_the_proof_in_flight(
    world: World, victim: str, operator: str
) -> None:
    for leaves in (8, 13):
        world.open(victim, operator, SmallTree(leaves, seed=b"l3"))
    world.next_period()
    proof = world.proof(operator)
    boa.env.evm.patch.prev_hashes = [hash_of(1_000_000 + depth) for depth in range(256)]
    with boa.reverts():
        world.deals.prove(*proof.arguments())
