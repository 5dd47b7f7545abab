"""L2, L5, L6: what others see in flight, and what they pull."""

import boa
import pytest

from tests.support.boa_world import block, mine, person
from tests.support.deal_attacks import refused
from tests.support.deals_world import PARAMETERS, SmallTree, World
from xmbl.crypto.typed_data import Deal

LIMIT = PARAMETERS.limit


def test_l2_copied_proof__sent_by_another_first__only_does_the_work(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=1)
    world.next_period()
    proof = world.proof(operator)
    world.deals.prove(*proof.arguments(), sender=person("front runner"))
    refused(world, proof, "deals: proven")
    world.next_period()
    world.settle(deal)
    assert world.balance(deal.terms.payee) == 1_000 * PARAMETERS.price_unit - PARAMETERS.fee_of(1_000)


def test_l2_copied_answer__sent_by_another_first__only_does_the_work(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    world.challenge(deal, 3)
    world.answer(deal, 3, sender=person("front runner"))
    with boa.reverts("deals: challenge"):
        world.answer(deal, 3)
    assert world.balance(deal.terms.payee) == PARAMETERS.bond


def test_l5_allowance__of_a_victim__is_pulled_by_nobody_else(
    world: World, victim: str, operator: str, accomplice: str
) -> None:
    """The market takes from its caller only, so an allowance for any amount is no invitation."""
    had = world.balance(victim)
    deal = Deal(operator, SmallTree(5).root, world.terms(victim, operator))
    with boa.reverts("deals: client"):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    opened = world.open(victim, operator)
    had -= had - world.balance(victim)
    world.next_period()
    with boa.reverts("deals: client"):
        world.deals.extend(*world.extension(opened, opened.terms.end + 5), sender=accomplice)
    with boa.reverts("deals: client"):
        world.deals.challenge(opened.as_tuple(), 0, sender=accomplice)
    assert world.balance(victim) == had


@pytest.mark.parametrize("leaf", [5, 2**25, 2**26, 2**32, 2**256 - 1])
def test_l6_challenge__of_a_leaf_that_is_not_there__is_refused(
    world: World, victim: str, operator: str, leaf: int
) -> None:
    """Nobody could answer it."""
    deal = world.open(victim, operator, SmallTree(5))
    world.next_period()
    with boa.reverts("deals: leaf"):
        world.challenge(deal, leaf)


def test_l8_deadlines__of_every_kind__are_blocks(world: World, victim: str, operator: str) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    arguments = world.extension(deal, deal.terms.end + 1, deadline=block())
    mine(1)
    with boa.reverts("deals: deadline"):
        world.deals.extend(*arguments, sender=victim)
