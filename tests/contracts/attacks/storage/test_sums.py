"""H1, M5, M7, M12, D12: no order, grouping, gift or silence changes what anybody gets."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.support.boa_world import UNIT, block, mine, person
from tests.support.deals_world import (
    PARAMETERS,
    World,
    deploy_world,
)

LIMIT = PARAMETERS.limit


@pytest.mark.parametrize("misses", [(), (2,), (0, 3, 5), (7, 8, 9), (0, 1, 2)])
@pytest.mark.parametrize("settled_after", [(), (3,), (1, 2, 3, 4, 5, 6, 7, 8, 9), (4, 9)])
def test_h1_grouping__whenever_it_is_settled__the_sums_are_the_same(
    world: World, victim: str, operator: str, misses: Sequence[int], settled_after: Sequence[int]
) -> None:
    deal = world.open(victim, operator, periods=12)
    for period in range(12):
        world.next_period()
        if period in settled_after and world.record(deal).cursor:
            world.settle(deal)
        if period not in misses and sum(miss < period for miss in misses) < LIMIT:
            world.prove(operator)
    world.next_period()
    if world.record(deal).cursor:
        world.settle(deal)
    lived = misses[LIMIT - 1] + 1 if len(misses) == LIMIT else 12
    kept = lived - len(misses)
    unit = 1_000 * PARAMETERS.price_unit
    assert world.balance(deal.terms.payee) == kept * (unit - PARAMETERS.fee_of(1_000))
    assert world.money.staking.owed(victim) == deal.terms.collateral // LIMIT * len(misses) // 2 * UNIT
    assert world.record(deal).end == deal.terms.end - 12 + lived
    assert world.balance(world.deals.address) == 0


def test_m5_gift__to_the_market__changes_no_deal(world: World, victim: str, operator: str) -> None:
    deal = world.open(victim, operator, periods=1)
    world.money.payments.transfer(world.deals.address, 7, sender=victim)
    world.next_period()
    world.prove(operator)
    world.next_period()
    world.settle(deal)
    assert world.balance(world.deals.address) == 7


@pytest.fixture
def coarse() -> World:
    """A market whose asset has few decimals, so that the fee of a period is rounded."""
    return deploy_world(replace(PARAMETERS, price_unit=51, rate=10**9))


@pytest.mark.parametrize("every", [1, 7, 20])
def test_m7_fee__settled_often_or_once__is_the_same(coarse: World, every: int) -> None:
    operator, client = coarse.operator(), coarse.client()
    deal = coarse.open(client, operator, periods=20, price=1)
    coarse.next_period()
    for period in range(1, 21):
        coarse.prove(operator)
        coarse.next_period()
        if period % every == 0 or period == 20:
            coarse.settle(deal)
    assert coarse.balance(coarse.money.staking.address) == 20 * 2  # ceil(1.02) each


def test_d12_silence__of_operator_and_client__leaves_no_money_behind(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=366)
    world.next_period(400)
    world.settle(deal, sender=person("stranger"))
    assert (world.record(deal).cursor, world.locked(operator)) == (0, 0)
    assert world.balance(world.deals.address) == 0


@pytest.mark.parametrize("misses", [0, 1, 2])
@pytest.mark.parametrize("order", ["leaves first", "leaves last", "leaves after a settlement"])
def test_m12_exit__before_or_after_the_misses__costs_the_same(
    world: World, victim: str, operator: str, misses: int, order: str
) -> None:
    """min(q · (missed + exit), C), whenever the operator leaves and whoever settles in between."""
    early, settled = order == "leaves first", order == "leaves after a settlement"
    deal = world.open(victim, operator, periods=60, operator_notice=4, exit=2)
    world.next_period()
    if early:
        world.terminate(deal, sender=operator)
    for period in range(3):
        if period >= misses:
            world.prove(operator)
        world.next_period()
    if settled:
        world.settle(deal)
    if not early:
        world.terminate(deal, sender=operator)
    while world.period() < world.record(deal).end:
        world.prove(operator)
        world.next_period()
    world.settle(deal)
    slashed = deal.terms.collateral if misses == 2 else deal.terms.collateral // LIMIT * (misses + 2)
    assert world.money.staking.owed(victim) == slashed // 2 * UNIT
    assert world.locked(operator) == 0


def test_m12_exit__with_a_challenge_lost_as_well__takes_the_collateral_once(
    world: World, victim: str, operator: str
) -> None:
    deal = world.open(victim, operator, periods=60, exit=LIMIT)
    world.next_period()
    world.challenge(deal)
    world.terminate(deal, sender=operator)
    world.next_period(3)
    world.fail(deal)
    assert world.money.staking.owed(victim) == deal.terms.collateral // 2 * UNIT
    assert world.locked(operator) == 0


@pytest.mark.parametrize("left_by", ["client", "operator"])
@pytest.mark.parametrize("every", [1, 3, 20])
def test_h1_grouping__with_exits_and_maintenance__the_sums_are_the_same(
    world: World, victim: str, operator: str, left_by: str, every: int
) -> None:
    deal = world.open(victim, operator, periods=20, operator_notice=6, client_notice=6, exit=1)
    first = world.period() + 1
    world.declare(operator, first + 1)
    world.declare(operator, first + 5)
    for number in range(11):
        world.next_period()
        if number == 3:
            world.terminate(deal, sender=victim if left_by == "client" else operator)
        if number not in (1, 5, 7) and number < 10:
            world.prove(operator)
        if number and number % every == 0 and world.record(deal).cursor:
            world.settle(deal)
    world.next_period(20)
    if world.record(deal).cursor:
        world.settle(deal)
    assert world.record(deal).end == first + 10
    assert world.balance(deal.terms.payee) == 7 * (1_000 * PARAMETERS.price_unit - PARAMETERS.fee_of(1_000))
    lost = deal.terms.collateral // LIMIT * (1 if left_by == "client" else 2)
    assert world.money.staking.owed(victim) == lost // 2 * UNIT
    assert world.balance(world.deals.address) == 0


@pytest.mark.parametrize("after", ["misses", "the term"])
def test_d12_silence__with_a_challenge_open__leaves_no_money_behind(
    world: World, victim: str, operator: str, after: str
) -> None:
    """Whoever is silent: a stranger complains of the leaf, which closes the deal."""
    deal = world.open(victim, operator, periods=2 if after == "the term" else 300)
    world.next_period()
    world.challenge(deal)
    world.next_period(20)
    stranger = person("stranger")
    world.settle(deal, sender=stranger)
    assert world.locked(operator) == deal.terms.collateral
    world.fail(deal, sender=stranger)
    assert (world.record(deal).cursor, world.locked(operator)) == (0, 0)
    assert world.balance(world.deals.address) == 0


def test_d12_silence__of_the_client__keeps_no_operator_from_its_pay_and_stake(
    world: World, victim: str, operator: str
) -> None:
    """It asks for a leaf in the last block and is never heard of again."""
    deal = world.open(victim, operator, periods=1)
    world.next_period()
    world.prove(operator)
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.challenge(deal)
    mine(1)
    world.answer(deal)
    world.settle(deal)
    assert (world.record(deal).cursor, world.locked(operator)) == (0, 0)
