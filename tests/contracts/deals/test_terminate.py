"""`terminate`: client and operator leave with notice, the operator at a price."""

import boa
import pytest

from tests.support.boa_world import events
from tests.support.deals_world import AGENT, PARAMETERS, World
from xmbl.crypto.typed_data import Deal

WEI = 1_000 * PARAMETERS.price_unit
FEE = PARAMETERS.fee_of(1_000)
CLIENT_NOTICE, OPERATOR_NOTICE, EXIT = 2, 5, 2


@pytest.fixture
def deal(world: World, client: str, provider: str) -> Deal:
    """Twenty periods long, in the first."""
    opened = world.open(client, provider, periods=20, operator_notice=OPERATOR_NOTICE, exit=EXIT)
    world.next_period()
    return opened


def test_terminate__by_the_client__ends_after_its_notice_and_refunds(
    world: World, deal: Deal, client: str
) -> None:
    now, had = world.period(), world.balance(client)
    end = now + 1 + CLIENT_NOTICE

    world.terminate(deal)

    freed = (deal.terms.end - end) * WEI
    assert events(world.deals) == [
        ("Transferred", world.deals.address, client, freed),
        ("Terminated", deal.id(), end, client),
    ]
    assert (world.record(deal).end, world.record(deal).exited) == (end, False)
    assert world.balance(client) == had + freed
    assert world.balance(world.deals.address) == (1 + CLIENT_NOTICE) * WEI


def test_terminate__by_the_operator__ends_after_its_own_notice(
    world: World, deal: Deal, client: str, provider: str
) -> None:
    end = world.period() + 1 + OPERATOR_NOTICE
    world.terminate(deal, sender=provider)
    assert events(world.deals)[-1] == ("Terminated", deal.id(), end, provider)
    assert (world.record(deal).end, world.record(deal).exited) == (end, True)
    assert world.locked(provider) == deal.terms.collateral


def finish(world: World, deal: Deal, missed: int = 0) -> None:
    """Prove until the end, but for the first periods; close."""
    while world.period() < world.record(deal).end:
        if missed > 0:
            missed -= 1
        else:
            world.prove(deal.operator)
        world.next_period()
    world.settle(deal)


@pytest.mark.parametrize("missed", [0, 1])
def test_terminate__by_the_operator__costs_the_exit_once_at_the_close(
    world: World, deal: Deal, provider: str, missed: int
) -> None:
    world.terminate(deal, sender=provider)
    finish(world, deal, missed)
    slashed = deal.terms.collateral // PARAMETERS.limit * (missed + EXIT)
    assert events(world.deals)[-1] == ("Closed", deal.id(), slashed, deal.terms.collateral - slashed)


def test_terminate__with_more_misses_than_the_collateral_pays__takes_no_more_than_it(
    world: World, deal: Deal, provider: str
) -> None:
    world.terminate(deal, sender=provider)
    finish(world, deal, missed=2)
    assert events(world.deals)[-1] == ("Closed", deal.id(), deal.terms.collateral, 0)


def test_terminate__by_the_client__costs_the_operator_nothing(world: World, deal: Deal) -> None:
    world.terminate(deal)
    finish(world, deal)
    assert events(world.deals)[-1] == ("Closed", deal.id(), 0, deal.terms.collateral)
    assert world.balance(deal.terms.payee) == (1 + CLIENT_NOTICE) * (WEI - FEE)
    assert world.balance(world.money.staking.address) == (1 + CLIENT_NOTICE) * FEE


def test_terminate__by_one_in_both_roles__is_the_clients(world: World, provider: str) -> None:
    world.money.fund(provider, 10**18)
    world.money.payments.approve(world.deals.address, 2**256 - 1, sender=provider)
    deal = world.open(provider, provider, periods=20)
    world.terminate(deal, sender=provider)
    assert not world.record(deal).exited


def test_terminate__by_the_client_after_the_operator__ends_sooner_and_the_exit_stays(
    world: World, deal: Deal, provider: str
) -> None:
    world.terminate(deal, sender=provider)
    world.terminate(deal)
    assert world.record(deal).end == world.period() + 1 + CLIENT_NOTICE
    assert world.record(deal).exited


def test_terminate__before_the_first_period__refunds_what_follows_the_notice(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=20)
    world.terminate(deal)
    assert world.record(deal).end == world.record(deal).cursor + CLIENT_NOTICE
    assert world.balance(world.deals.address) == CLIENT_NOTICE * WEI


def test_terminate__while_a_challenge_is_open__leaves_it_open(world: World, deal: Deal) -> None:
    world.challenge(deal)
    world.terminate(deal)
    assert world.record(deal).challenged


@pytest.mark.parametrize("periods", [1, CLIENT_NOTICE, CLIENT_NOTICE + 1])
def test_terminate__ends_by_then_anyway__reverts(
    world: World, client: str, provider: str, periods: int
) -> None:
    deal = world.open(client, provider, periods=periods)
    world.next_period()
    with boa.reverts("deals: sooner"):
        world.terminate(deal)


def test_terminate__twice__reverts(world: World, deal: Deal, provider: str) -> None:
    for party in (provider, deal.terms.client):
        world.terminate(deal, sender=party)
        with boa.reverts("deals: sooner"):
            world.terminate(deal, sender=party)
        world.next_period()
        with boa.reverts("deals: sooner"):  # nor does a later notice move it up
            world.terminate(deal, sender=party)


def test_terminate__by_the_operator_when_it_would_not_end_sooner__costs_nothing(
    world: World, deal: Deal, provider: str
) -> None:
    world.terminate(deal)
    with boa.reverts("deals: sooner"):
        world.terminate(deal, sender=provider)
    assert not world.record(deal).exited


def test_terminate__by_anyone_else__reverts(world: World, deal: Deal, attacker: str, stranger: str) -> None:
    for other in (attacker, stranger, AGENT, deal.terms.payee):
        with boa.reverts("deals: party"):
            world.terminate(deal, sender=other)


def test_terminate__closed__reverts(world: World, deal: Deal) -> None:
    world.next_period(PARAMETERS.limit)
    world.settle(deal)
    with boa.reverts("deals: closed"):
        world.terminate(deal)


def test_terminate__with_a_notice_that_nobody_signed__reverts(world: World, deal: Deal, client: str) -> None:
    operator, root, terms = deal.as_tuple()
    forged = (operator, root, (*terms[:6], 0, *terms[7:]))
    with boa.reverts("deals: closed"):
        world.deals.terminate(forged, sender=client)
