"""`challenge`: the client asks for one leaf and pays for the answer at once."""

import boa
import pytest

from tests.support.boa_world import WHOLE, block, events, mine
from tests.support.deals_world import PARAMETERS, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rules import Challenge

WINDOW, BOND = PARAMETERS.window, PARAMETERS.bond


@pytest.fixture
def deal(world: World, client: str, provider: str) -> Deal:
    """Five leaves, in their first period."""
    opened = world.open(client, provider)
    world.next_period()
    return opened


def test_challenge__a_living_deal__asks_pays_the_payee_and_logs(
    world: World, deal: Deal, client: str, provider: str
) -> None:
    had, held = world.balance(client), world.balance(world.deals.address)

    world.challenge(deal, 4)

    assert events(world.deals) == [
        ("Transferred", client, deal.terms.payee, BOND),
        ("Challenged", deal.id(), 4, block() + WINDOW),
    ]
    assert world.challenge_of(deal) == Challenge(4, block() + WINDOW)
    assert world.record(deal).challenged
    assert (had - world.balance(client), world.balance(deal.terms.payee)) == (BOND, BOND)
    assert world.balance(world.deals.address) == held
    assert world.locked(provider) == deal.terms.collateral


def test_challenge__in_the_last_block_before_the_end__asks(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period()
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.challenge(deal)
    assert world.record(deal).challenged


def test_challenge__answered_before__asks_again(world: World, deal: Deal) -> None:
    world.challenge(deal, 1)
    world.answer(deal, 1)
    world.challenge(deal, 2)
    assert world.challenge_of(deal).leaf == 2


def test_challenge__while_one_is_open__reverts(world: World, deal: Deal) -> None:
    world.challenge(deal, 1)
    with boa.reverts("deals: challenged"):
        world.challenge(deal, 2)


def test_challenge__a_leaf_too_far__reverts(world: World, deal: Deal) -> None:
    with boa.reverts("deals: leaf"):
        world.challenge(deal, 5)


def test_challenge__more_leaves_than_were_signed__reverts(world: World, deal: Deal, client: str) -> None:
    operator, root, terms = deal.as_tuple()
    forged = (operator, root, (*terms[:2], 2**25, *terms[3:]))
    with boa.reverts("deals: not live"):
        world.deals.challenge(forged, 5, sender=client)


def test_challenge__by_anyone_else__reverts(
    world: World, deal: Deal, attacker: str, stranger: str, provider: str
) -> None:
    for other in (attacker, stranger, provider):
        with boa.reverts("deals: client"):
            world.deals.challenge(deal.as_tuple(), 0, sender=other)


def test_challenge__before_the_first_period__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    with boa.reverts("deals: not live"):
        world.challenge(deal)


@pytest.mark.parametrize("later", [0, 1])
def test_challenge__from_its_end_on__reverts(world: World, client: str, provider: str, later: int) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period(2 + later)
    with boa.reverts("deals: not live"):
        world.challenge(deal)


def test_challenge__ended_by_its_misses__reverts(world: World, deal: Deal) -> None:
    world.next_period(PARAMETERS.limit)
    with boa.reverts("deals: not live"):
        world.challenge(deal)
    world.settle(deal)
    with boa.reverts("deals: not live"):
        world.challenge(deal)


def test_challenge__never_opened__reverts(world: World, client: str, provider: str) -> None:
    deal = Deal(provider, bytes(32), world.terms(client, provider))
    with boa.reverts("deals: not live"):
        world.challenge(deal)


def test_challenge__in_a_declared_period__reverts(world: World, deal: Deal, provider: str) -> None:
    world.declare(provider, world.period() + 1)
    world.next_period()
    with boa.reverts("deals: declared"):
        world.challenge(deal)
    world.next_period()
    world.challenge(deal)


def test_challenge__not_allowed_in_payments__reverts(world: World, deal: Deal, client: str) -> None:
    world.money.payments.approve(world.deals.address, BOND - 1, sender=client)
    with boa.reverts("payments: allowance"):
        world.challenge(deal)


def test_challenge__too_little_money__reverts(world: World, provider: str) -> None:
    poor = world.client("poor client", amount=WHOLE // 100 + BOND - 1)
    deal = world.open(poor, provider)
    world.next_period()
    with boa.reverts("payments: balance"):
        world.challenge(deal)
