"""H7, H8: maintenance as a free option, and challenges against who can't answer."""

import boa
import pytest

from tests.support.boa_world import UNIT, WHOLE, block, mine, person
from tests.support.deals_world import PARAMETERS, World

LIMIT = PARAMETERS.limit
BOND, WINDOW = PARAMETERS.bond, PARAMETERS.window


def test_h7_maintenance__declared_after_the_seed__is_refused(
    world: World, victim: str, operator: str
) -> None:
    """Who has seen an unkind draw can't be excused any more."""
    world.open(victim, operator)
    world.next_period(offset=0)
    for _ in range(2):
        with boa.reverts("deals: begun"):
            world.declare(operator, world.period())
        mine(1)


def test_h7_maintenance__declared_then_proven__is_refused(world: World, victim: str, operator: str) -> None:
    """Who declares everything it may can't take the pay of kind draws."""
    deal = world.open(victim, operator, periods=1)
    world.declare(operator, world.period() + 1)
    world.next_period()
    with boa.reverts("deals: declared"):
        world.prove(operator)
    world.next_period()
    had = world.balance(victim)
    world.settle(deal)
    assert world.balance(victim) == had + 1_000 * PARAMETERS.price_unit
    assert world.balance(deal.terms.payee) == 0


def test_h7_maintenance__in_every_run__is_two_of_32_and_four_in_a_row_at_most(
    world: World, operator: str
) -> None:
    run = (world.period() // 32 + 1) * 32
    declared = (run + 30, run + 31, run + 32, run + 33)
    for period in declared:
        world.declare(operator, period)
    for period in {*range(run, run + 64)} - {*declared}:
        with boa.reverts("deals: maintenance"):
            world.declare(operator, period)
    world.next_period(run + 64 - world.period())
    assert world.declared(operator) == {*declared}


def test_h7_maintenance__of_a_deal_that_is_all_maintenance__earns_and_costs_nothing(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=2)
    had = world.balance(victim)
    world.declare(operator, world.period() + 1)
    world.declare(operator, world.period() + 2)
    world.next_period(3)
    world.settle(deal)
    assert world.balance(victim) == had + 2_000 * PARAMETERS.price_unit
    assert (world.record(deal).missed, world.record(deal).cursor, world.locked(operator)) == (0, 0, 0)


def test_h8_challenge__in_maintenance__is_refused(world: World, victim: str, operator: str) -> None:
    deal = world.open(victim, operator)
    world.declare(operator, world.period() + 1)
    world.next_period()
    with boa.reverts("deals: declared"):
        world.challenge(deal)


def test_h8_challenge__an_outage_of_a_period__leaves_time_for_the_answer(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period(offset=0)
    world.challenge(deal)
    world.next_period(2, offset=0)  # down for two whole periods
    world.answer(deal)
    assert not world.record(deal).challenged


def test_h8_challenge__again_and_again__pays_the_operator_each_time(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    for leaf in range(5):
        world.challenge(deal, leaf)
        with boa.reverts("deals: challenged"):
            world.challenge(deal, leaf)
        world.answer(deal, leaf)
    assert world.balance(deal.terms.payee) == 5 * BOND


def test_h8_challenge__unanswered__pays_the_bond_all_the_same(
    world: World, victim: str, operator: str
) -> None:
    """It was handed over at once: no path of the market gives it back, and none forgets it."""
    deal = world.open(victim, operator)
    world.next_period()
    world.challenge(deal)
    mine(WINDOW + 1)
    world.fail(deal)
    assert world.balance(deal.terms.payee) == BOND
    assert world.balance(world.deals.address) == 0


@pytest.mark.parametrize("late", [0, 1])
def test_h8_challenge__at_the_edge_of_its_window__has_one_outcome_only(
    world: World, victim: str, operator: str, late: int
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    world.challenge(deal)
    mine(WINDOW + late)
    assert block() == world.challenge_of(deal).due + late
    if late:
        with boa.reverts("deals: late"):
            world.answer(deal)
        world.fail(deal)
    else:
        with boa.reverts("deals: early"):
            world.fail(deal)
        world.answer(deal)
    assert world.challenge_of(deal).due == 0


def test_h8_challenge__in_the_last_block_of_the_deal__holds_the_collateral_until_it_ends(
    world: World, victim: str, operator: str
) -> None:
    """Who deletes after its last proof is asked once more."""
    deal = world.open(victim, operator, periods=1)
    world.next_period()
    world.prove(operator)
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.challenge(deal)
    mine(1)
    world.settle(deal)
    assert world.locked(operator) == deal.terms.collateral
    with boa.reverts("deals: nothing"):
        world.settle(deal)
    mine(WINDOW)
    world.fail(deal)
    assert world.money.staking.owed(victim) == deal.terms.collateral // 2 * UNIT


def test_h8_challenge__stake_that_thaws_meanwhile__still_answers_for_it(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator)
    world.next_period()
    world.challenge(deal)
    world.money.staking.thaw(1_000 * WHOLE, sender=operator)
    world.next_period(3)
    world.fail(deal, sender=person("stranger"))
    assert world.money.staking.stake_of(operator).own == 1_000 * WHOLE - deal.terms.collateral * UNIT
