"""C4: holes as free dilution, and holes made after the seed; the prototype's flaw 3."""

import boa
import pytest

from tests.support.deal_attacks import SHOW_ALL, proof_from, refused, shown
from tests.support.deals_world import PARAMETERS, Proof, SmallTree, UniformTree, World

LIMIT = PARAMETERS.limit


def test_c4a_holes__draws_that_run_out__never_pass(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(victim, operator, periods=30, price=1)
    hole = world.open(accomplice, operator, periods=1, price=10**6)
    world.next_period(2)
    name = [hole.root, hole.terms.hash()]
    refused(world, Proof(operator, 1, name, []), "deals: draws")
    refused(world, Proof(operator, 1, name * 2, []), "deals: draws")
    for plan in (0, 2**128 - 1, 2**256 - 1):
        with boa.reverts():
            world.deals.prove(operator, plan, name * 128)
    assert world.proven(operator) == set()


def test_c4b_end_after_the_seed__whatever_is_called__draws_the_same_leaves(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    deals = [world.open(victim, operator, periods=30), world.open(accomplice, operator, periods=LIMIT)]
    deals += [world.open(accomplice, operator, periods=30)]
    world.next_period(LIMIT)  # all are one miss from their end
    proof = world.proof(operator)
    for deal in deals:
        world.settle(deal)
    with boa.reverts("deals: live"):
        world.deals.truncate(operator, world.name(deals[2]), sender=operator)
    world.deals.rotate(operator, [world.name(deal) for deal in deals[:2]], sender=operator)
    world.open(accomplice, operator, price=10**6)
    assert world.proof(operator).arguments() == proof.arguments()
    world.deals.prove(*proof.arguments())


def test_c4c_dead_and_unsettled__proven_as_live__is_refused(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    dead = world.open(accomplice, operator, UniformTree(20), periods=300, price=10**6)
    world.next_period(1 + LIMIT)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    assert world.record(dead).end > world.period()
    assert world.record(dead).missed == 0
    refused(world, proof_from(world, dead, operator), "deals: draws")


def test_c4c_dead_and_unsettled__among_the_living__is_a_hole(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(accomplice, operator, periods=300)
    world.next_period(1 + LIMIT)
    world.open(victim, operator, periods=300)
    world.next_period()
    proof = world.proof(operator)
    assert (shown(proof, 0), shown(proof, 1)) == (0, 5)
    world.prove(operator)


def test_c4a_holes__of_a_term_that_ran_out__never_stand_in(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """Its end was known: a self-deal that ends would dilute a period for nothing."""
    ended = world.open(accomplice, operator, periods=1, price=10**6)
    world.open(victim, operator, periods=300, price=1)
    world.next_period()
    world.prove(operator)
    world.next_period()
    assert world.record(ended).end == world.period()
    refused(world, proof_from(world, ended, operator, 1 | SHOW_ALL), "deals: draws")


def test_flaw3_positions_twice__after_a_cut__only_the_old_deal_answers(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    world.open(victim, operator, periods=30, price=1)
    old = world.open(victim, operator, SmallTree(8), periods=1)
    world.next_period()
    proof = world.proof(operator)
    world.deals.truncate(operator, world.name(old), sender=operator)
    new = world.open(accomplice, operator, UniformTree(3), periods=30)
    assert world.record(new).start == 1 == world.record(old).start_in(world.period())
    refused(world, proof_from(world, new, operator), "deals: position")
    world.deals.prove(*proof.arguments())
    world.next_period()
    refused(world, proof_from(world, old, operator), "deals: position")
    world.prove(operator)


@pytest.mark.parametrize("way", ["client leaves", "operator leaves", "fails"])
def test_c4b_end_after_the_seed__by_any_notice_or_failure__draws_the_same_leaves(
    world: World, victim: str, operator: str, accomplice: str, way: str
) -> None:
    """A lost deal, drawn in this period, can't be ended in it: its end is set to a later period."""
    world.open(victim, operator, periods=30)
    lost = world.open(accomplice, operator, SmallTree(8), periods=30, operator_notice=2)
    world.next_period()
    world.challenge(lost)
    for _ in range(3):
        world.prove(operator)
        world.next_period()
    proof = world.proof(operator)
    assert shown(proof, 1) > 0
    if way == "fails":
        world.fail(lost)
    else:
        world.terminate(lost, sender=accomplice if way.startswith("client") else operator)
    assert world.record(lost).end > world.period()
    assert world.proof(operator).arguments() == proof.arguments()
    world.deals.prove(*proof.arguments())


def test_c4c_dead_and_unsettled__prolonged__stays_dead(world: World, operator: str, accomplice: str) -> None:
    dead = world.open(accomplice, operator, periods=30, price=10**6)
    world.next_period(1 + LIMIT)
    with boa.reverts("deals: not live"):
        world.extend(dead, dead.terms.end + 30)


def test_c4_failed_deal__in_the_period_after__stands_in_for_nothing(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    failed = world.open(accomplice, operator, SmallTree(5), periods=30, price=10**6)
    world.open(victim, operator, periods=30, price=1)
    world.next_period()
    world.challenge(failed)
    for _ in range(3):
        world.prove(operator)
        world.next_period()
    world.fail(failed)
    world.next_period()
    refused(world, proof_from(world, failed, operator, 1 | SHOW_ALL), "deals: draws")
