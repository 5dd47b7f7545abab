"""`settle`: finished periods are paid or refunded, and the collateral answers for the misses."""

from collections.abc import Iterable

import boa
import pytest

from tests.support.boa_world import events
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import PARAMETERS, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rules import Record

UNIT = 1_000 * PARAMETERS.price_unit
FEE = PARAMETERS.fee_of(1_000)


def play(world: World, provider: str, proofs: Iterable[bool]) -> None:
    """Prove or miss period after period, then stand in the one after."""
    world.next_period()
    for proven in proofs:
        if proven:
            world.prove(provider)
        world.next_period()


def slash_event(world: World, deal: Deal, units: int) -> tuple[object, ...]:
    """The event of a slash, all of it the operator's own stake."""
    client, wei = deal.terms.client, units * 10**9
    return ("Slashed", deal.operator, world.deals.address, client, wei, units // 2 * 10**9, wei)


def settled(world: World, deal: Deal, paid: int, refunded: int, missed: int) -> tuple[object, ...]:
    """The event of a settlement of so many periods."""
    cursor = world.record(deal).cursor or world.record(deal).end
    return ("Settled", deal.id(), cursor, paid * (UNIT - FEE), paid * FEE, refunded * UNIT, missed)


def test_settle__proven_and_missed_periods__pays_refunds_and_logs(
    world: World, client: str, provider: str, stranger: str
) -> None:
    deal = world.open(client, provider)
    first, had = world.period() + 1, world.balance(client)
    play(world, provider, [True, False, True])

    world.settle(deal, sender=stranger)

    assert events(world.deals) == [settled(world, deal, paid=2, refunded=1, missed=1)]
    assert world.balance(deal.terms.payee) == 2 * (UNIT - FEE)
    assert world.balance(world.money.staking.address) == 2 * FEE
    assert world.balance(client) == had + UNIT
    assert world.balance(world.deals.address) == 7 * UNIT
    assert world.record(deal) == Record(0, 2**48 - 1, 1_000, 5, first, first + 10, first + 3, 1)
    assert world.locked(provider) == deal.terms.collateral


def test_settle__in_the_first_period__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    with boa.reverts("deals: nothing"):
        world.settle(deal)
    world.next_period()
    with boa.reverts("deals: nothing"):
        world.settle(deal)


def test_settle__the_present_period__waits(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    play(world, provider, [True])
    world.prove(provider)
    world.settle(deal)
    assert world.record(deal).cursor == world.period()
    with boa.reverts("deals: nothing"):
        world.settle(deal)


def test_settle__after_the_last_period__closes_and_unlocks(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=2)
    play(world, provider, [True, True])

    world.settle(deal)

    assert events(world.deals) == [
        settled(world, deal, paid=2, refunded=0, missed=0),
        ("Closed", deal.id(), 0, deal.terms.collateral),
    ]
    assert (world.record(deal).cursor, world.locked(provider)) == (0, 0)
    assert world.balance(world.deals.address) == 0


def test_settle__after_misses_below_the_limit__slashes_their_part(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=4)
    play(world, provider, [True, False, True, False])

    world.settle(deal)

    slashed = deal.terms.collateral // PARAMETERS.limit * 2
    rest = deal.terms.collateral - slashed
    assert events(world.deals) == [
        settled(world, deal, paid=2, refunded=2, missed=2),
        slash_event(world, deal, slashed),
        ("Closed", deal.id(), slashed, rest),
    ]
    assert world.money.staking.owed(client) == slashed // 2 * 10**9


def test_settle__limit_of_misses__ends_with_the_one_that_reached_it(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=10)
    first, had, collateral = world.period() + 1, world.balance(client), deal.terms.collateral
    play(world, provider, [False, True, False, True, False])
    world.next_period(2)

    world.settle(deal)

    logged = events(world.deals)
    assert world.record(deal).end == first + 5
    assert logged[0] == settled(world, deal, paid=2, refunded=8, missed=3)
    assert logged[-1] == ("Closed", deal.id(), collateral // 3 * 3, collateral % 3)
    assert world.balance(client) == had + 8 * UNIT


def test_settle__limit_reached_in_the_last_settled_period__closes_at_once(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=10)
    play(world, provider, [False, False, False])
    world.settle(deal)
    assert world.record(deal).cursor == 0
    assert world.record(deal).end == world.period()


def test_settle__proofs_of_others_after_the_end__do_not_count(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=2)
    world.open(client, provider, periods=30)
    play(world, provider, [True, True, True, True])
    world.settle(deal)
    assert events(world.deals)[0] == settled(world, deal, paid=2, refunded=0, missed=0)


def test_settle__closed__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=1)
    play(world, provider, [True])
    world.settle(deal)
    with boa.reverts("deals: closed"):
        world.settle(deal)


def test_settle__terms_that_nobody_signed__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    play(world, provider, [True])
    root, terms = deal.root, list(deal.as_tuple()[2])
    terms[3] = 10**9
    with boa.reverts("deals: closed"):
        world.deals.settle((provider, root, tuple(terms)))


@pytest.mark.parametrize("groups", [(366,), (1, 365), (100, 100, 166), (7,) * 52 + (2,)])
def test_settle__a_year_in_any_grouping__gives_the_same_sums(
    world: World, client: str, provider: str, groups: tuple[int, ...]
) -> None:
    deal = world.open(client, provider, periods=366)
    had = world.balance(client)
    first = world.period() + 1
    DealSlots(world.deals).prove_all_but(provider, (first, first + 300), range(first, first + 366))
    world.next_period()
    for group in groups:
        world.next_period(group)
        world.settle(deal)

    assert world.record(deal).cursor == 0
    assert world.balance(deal.terms.payee) == 364 * (UNIT - FEE)
    assert world.balance(world.money.staking.address) == 364 * FEE
    assert world.balance(client) == had + 2 * UNIT
    assert world.money.staking.owed(client) == deal.terms.collateral // 3 * 2 // 2 * 10**9


def test_settle__never_proven_and_never_settled__costs_the_limit_once(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=366)
    first, had = world.period() + 1, world.balance(client)
    world.next_period(1_000)
    world.settle(deal)
    assert events(world.deals)[0] == ("Settled", deal.id(), first + 3, 0, 0, 366 * UNIT, 3)
    assert world.balance(client) == had + 366 * UNIT
    assert world.locked(provider) == 0


def test_settle__at_the_end_while_a_challenge_is_open__pays_but_does_not_close(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=2)
    play(world, provider, [True])
    world.prove(provider)
    world.challenge(deal)
    end = world.next_period()

    world.settle(deal)

    assert events(world.deals) == [("Settled", deal.id(), end, 2 * (UNIT - FEE), 2 * FEE, 0, 0)]
    assert (world.record(deal).cursor, world.locked(provider)) == (end, deal.terms.collateral)
    with boa.reverts("deals: nothing"):
        world.settle(deal)
    world.answer(deal)
    world.settle(deal)
    assert events(world.deals)[-1] == ("Closed", deal.id(), 0, deal.terms.collateral)
    assert (world.record(deal).cursor, world.locked(provider)) == (0, 0)


def test_settle__limit_of_misses_while_a_challenge_is_open__refunds_but_does_not_close(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider)
    had = world.balance(client)
    play(world, provider, [])
    world.challenge(deal)
    had -= PARAMETERS.bond
    world.next_period(PARAMETERS.limit - 1)
    world.answer(deal)  # in time, but another one follows
    world.challenge(deal)
    had -= PARAMETERS.bond
    end = world.next_period()
    world.settle(deal)
    assert world.balance(client) == had + 10 * UNIT
    assert (world.record(deal).cursor, world.record(deal).end) == (end, end)
    world.answer(deal)
    world.settle(deal)
    assert world.record(deal).cursor == 0


def test_settle__while_a_challenge_is_open__goes_on_paying(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    play(world, provider, [True])
    world.challenge(deal)
    world.settle(deal)
    assert world.balance(deal.terms.payee) == UNIT - FEE + PARAMETERS.bond
