"""`fail`: a leaf that nobody showed in time costs the whole collateral."""

import boa
import pytest

from tests.support.boa_world import UNIT, events, mine
from tests.support.deals_world import PARAMETERS, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rules import NOWHERE, Challenge, Record

WEI = 1_000 * PARAMETERS.price_unit
FEE = PARAMETERS.fee_of(1_000)
LIMIT = PARAMETERS.limit


@pytest.fixture
def deal(world: World, client: str, provider: str) -> Deal:
    """Ten periods long, challenged in the first; the second is proven, the third runs, the window is over."""
    opened = world.open(client, provider)
    world.next_period()
    world.challenge(opened)
    world.next_period()
    world.prove(provider)
    mine(PARAMETERS.window - PARAMETERS.period + 1)
    return opened


def slash_event(world: World, deal: Deal, units: int) -> tuple[object, ...]:
    """The event of a slash, all of it the operator's own stake."""
    client, wei = deal.terms.client, units * UNIT
    return ("Slashed", deal.operator, world.deals.address, client, wei, units // 2 * UNIT, wei)


def test_fail__overdue__settles_first_then_takes_all_and_logs(
    world: World, deal: Deal, client: str, provider: str, stranger: str
) -> None:
    had, first, collateral = world.balance(client), world.period() - 2, deal.terms.collateral

    world.fail(deal, sender=stranger)

    assert events(world.deals) == [
        ("Settled", deal.id(), first + 2, WEI - FEE, FEE, 9 * WEI, 1),
        slash_event(world, deal, collateral),
        ("Closed", deal.id(), collateral, 0),
        ("Failed", deal.id()),
    ]
    assert world.record(deal) == Record(0, NOWHERE, 1_000, 5, first, first + 3, 0, 1)
    assert world.challenge_of(deal) == Challenge(0, 0)
    assert world.balance(client) == had + 9 * WEI
    assert (world.balance(world.deals.address), world.locked(provider)) == (0, 0)
    assert world.money.staking.owed(client) == collateral // 2 * UNIT


def test_fail__settled_to_the_present_before__refunds_the_rest(world: World, deal: Deal, client: str) -> None:
    world.settle(deal)
    had = world.balance(client)
    world.fail(deal)
    assert events(world.deals)[0] == ("Settled", deal.id(), world.period(), 0, 0, 8 * WEI, 1)
    assert world.balance(client) == had + 8 * WEI


def test_fail__in_a_proven_period__is_not_paid_for_it_and_stays_drawn(
    world: World, deal: Deal, provider: str
) -> None:
    """Nothing ends after its seed is known; and who failed in a period earns nothing of it."""
    proof = world.proof(provider)
    world.fail(deal)
    assert world.proof(provider).arguments() == proof.arguments()
    world.deals.prove(*proof.arguments())
    assert world.balance(deal.terms.payee) == WEI - FEE + PARAMETERS.bond


def test_fail__in_the_next_period__is_a_hole_that_nothing_fills(
    world: World, deal: Deal, client: str, provider: str
) -> None:
    """An unanswered challenge is known before it costs anything: it's no miss that nobody could foresee."""
    young = world.open(client, provider, price=1_000)
    world.fail(deal)
    world.next_period()
    place, spared = world.placed(provider)[0][0], world.proof(provider).plan >> 128
    assert (place.over, place.spared, spared) == (True, False, 0)
    world.prove(provider)
    assert world.record(young).cursor == world.period()


def test_fail__at_its_term_with_the_close_put_off__takes_all(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period()
    world.challenge(deal)
    world.prove(provider)
    world.next_period()
    world.settle(deal)
    mine(PARAMETERS.window)
    end = world.record(deal).end
    world.fail(deal)
    assert events(world.deals)[0] == ("Settled", deal.id(), end, 0, 0, 0, 0)
    assert world.record(deal).end == end
    assert world.money.staking.owed(client) == deal.terms.collateral // 2 * UNIT


def test_fail__after_the_limit_of_misses__ends_where_they_ended_it(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider)
    first = world.next_period()
    world.challenge(deal)
    world.next_period(LIMIT + 2)
    world.fail(deal)
    # all of it, also what doesn't divide by the limit
    assert events(world.deals)[-2] == ("Closed", deal.id(), deal.terms.collateral, 0)
    assert world.record(deal) == Record(0, NOWHERE, 1_000, 5, first, first + LIMIT, 0, LIMIT)


def test_fail__after_the_operator_left__takes_all_once(world: World, deal: Deal, provider: str) -> None:
    world.deals.terminate(world.open(deal.terms.client, provider, periods=40).as_tuple(), sender=provider)
    world.fail(deal)
    assert world.locked(provider) == deal.terms.collateral  # of the other


def test_fail__in_the_last_block_of_the_window__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    world.next_period()
    world.challenge(deal)
    mine(PARAMETERS.window)
    with boa.reverts("deals: early"):
        world.fail(deal)
    mine(1)
    world.fail(deal)


def test_fail__answered__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    world.next_period()
    world.challenge(deal)
    world.answer(deal)
    mine(PARAMETERS.window + 1)
    with boa.reverts("deals: challenge"):
        world.fail(deal)


def test_fail__twice__reverts(world: World, deal: Deal) -> None:
    world.fail(deal)
    with boa.reverts("deals: challenge"):
        world.fail(deal)


def test_fail__then_settle__reverts(world: World, deal: Deal) -> None:
    world.fail(deal)
    world.next_period()
    with boa.reverts("deals: closed"):
        world.settle(deal)


def test_fail__with_other_terms__reverts(world: World, deal: Deal) -> None:
    operator, root, terms = deal.as_tuple()
    forged = (operator, root, (*terms[:4], 10**18, *terms[5:]))
    with boa.reverts("deals: challenge"):
        world.deals.fail(forged)
