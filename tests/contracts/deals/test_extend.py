"""`extend`: a living deal goes on at its price, as its operator's agent signed."""

import boa
import pytest
from eth_keys.datatypes import PrivateKey

from tests.support.boa_world import UNIT, WHOLE, block, events, mine, person
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import PARAMETERS, World
from xmbl.crypto.typed_data import Deal

WEI = 1_000 * PARAMETERS.price_unit
OTHER_KEY = b"\x22" * 32


@pytest.fixture
def deal(world: World, client: str, provider: str) -> Deal:
    """Ten periods long, in the first."""
    opened = world.open(client, provider, periods=10)
    world.next_period()
    return opened


def test_extend__signed_by_the_agent__moves_the_end_and_takes_the_price(
    world: World, deal: Deal, client: str, provider: str
) -> None:
    had, end = world.balance(client), deal.terms.end + 7

    world.extend(deal, end)

    assert events(world.deals) == [("Extended", deal.id(), end)]
    assert world.record(deal).end == end
    assert had - world.balance(client) == 7 * WEI
    assert world.balance(world.deals.address) == 17 * WEI
    assert world.locked(provider) == deal.terms.collateral


def test_extend__in_its_last_period__goes_on(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period()
    world.prove(provider)
    world.extend(deal, deal.terms.end + 1)
    world.next_period()
    world.prove(provider)
    world.next_period()
    world.settle(deal)
    assert events(world.deals)[0][2:5] == (deal.terms.end + 1, *divide(2))


def divide(periods: int) -> tuple[int, int]:
    """What so many proven periods pay, and their fee."""
    fee = PARAMETERS.fee_of(1_000)
    return periods * (WEI - fee), periods * fee


def test_extend__as_far_as_it_goes__moves_the_end(world: World, deal: Deal) -> None:
    world.extend(deal, world.period() + 366)
    assert world.record(deal).end == world.period() + 366


def test_extend__after_a_terminate_by_the_client__goes_on(world: World, deal: Deal) -> None:
    world.terminate(deal)
    world.extend(deal, deal.terms.end)
    assert world.record(deal).end == deal.terms.end


def test_extend__in_the_last_block_of_its_deadline__moves_the_end(world: World, deal: Deal) -> None:
    arguments = world.extension(deal, deal.terms.end + 1, deadline=block())
    world.deals.extend(*arguments, sender=deal.terms.client)
    assert world.record(deal).end == deal.terms.end + 1


def test_extend__after_its_deadline__reverts(world: World, deal: Deal) -> None:
    arguments = world.extension(deal, deal.terms.end + 1)
    mine(11)
    with boa.reverts("deals: deadline"):
        world.deals.extend(*arguments, sender=deal.terms.client)


@pytest.mark.parametrize("later", [0, -1])
def test_extend__to_no_later_end__reverts(world: World, deal: Deal, later: int) -> None:
    with boa.reverts("deals: end"):
        world.extend(deal, deal.terms.end + later)


def test_extend__too_far_ahead__reverts(world: World, deal: Deal) -> None:
    with boa.reverts("deals: end"):
        world.extend(deal, world.period() + 367)


def test_extend__beyond_the_last_period__reverts(world: World, client: str, provider: str) -> None:
    world.next_period(2**24 - 12 - world.period())
    deal = world.open(client, provider, periods=3)
    world.next_period()
    with boa.reverts("deals: end"):
        world.extend(deal, 2**24 - 1)
    world.extend(deal, 2**24 - 2)


def test_extend__further_from_the_cursor_than_one_settlement_reaches__reverts(
    world: World, client: str, provider: str
) -> None:
    deal = world.open(client, provider, periods=366)
    first = world.next_period()
    DealSlots(world.deals).prove_all_but(provider, (), range(first, first + 20))
    world.next_period(20)
    with boa.reverts("deals: unsettled"):
        world.extend(deal, first + 367)
    world.settle(deal)
    world.extend(deal, first + 20 + 366)
    world.next_period(400)
    world.settle(deal)
    assert world.record(deal).cursor == 0


def test_extend__twice_by_one_signature__reverts(world: World, deal: Deal) -> None:
    arguments = world.extension(deal, deal.terms.end + 1)
    world.deals.extend(*arguments, sender=deal.terms.client)
    with boa.reverts("deals: end"):
        world.deals.extend(*arguments, sender=deal.terms.client)


def test_extend__signed_for_another_end__reverts(world: World, deal: Deal) -> None:
    operator_side = world.extension(deal, deal.terms.end + 2)
    arguments = (operator_side[0], deal.terms.end + 3, *operator_side[2:])
    with boa.reverts("deals: signature"):
        world.deals.extend(*arguments, sender=deal.terms.client)


def test_extend__signed_for_the_end_as_it_was__reverts(world: World, deal: Deal) -> None:
    arguments = world.extension(deal, deal.terms.end + 5)
    world.extend(deal, deal.terms.end + 1)
    with boa.reverts("deals: signature"):
        world.deals.extend(*arguments, sender=deal.terms.client)


def test_extend__signed_for_another_deal__reverts(world: World, deal: Deal, client: str) -> None:
    other = world.open(client, deal.operator, periods=9)
    assert world.record(other).end == world.record(deal).end
    _, *signed = world.extension(other, deal.terms.end + 1)
    with boa.reverts("deals: signature"):
        world.deals.extend(deal.as_tuple(), *signed, sender=client)


def test_extend__signed_for_another_deadline__reverts(world: World, deal: Deal) -> None:
    arguments = world.extension(deal, deal.terms.end + 1)
    with boa.reverts("deals: signature"):
        world.deals.extend(*arguments[:2], arguments[2] + 1, arguments[3], sender=deal.terms.client)


def test_extend__signed_by_another_key__reverts(world: World, deal: Deal) -> None:
    with boa.reverts("deals: signature"):
        world.deals.extend(*world.extension(deal, deal.terms.end + 1, OTHER_KEY), sender=deal.terms.client)


def test_extend__agent_was_changed__takes_the_new_ones_word(world: World, deal: Deal) -> None:
    new_agent = PrivateKey(OTHER_KEY).public_key.to_checksum_address()
    world.money.registry.set_agent(new_agent, sender=deal.operator)
    with boa.reverts("deals: signature"):
        world.extend(deal, deal.terms.end + 1)
    world.deals.extend(*world.extension(deal, deal.terms.end + 1, OTHER_KEY), sender=deal.terms.client)


@pytest.mark.parametrize("signature", [b"", b"\1", b"\1" * 63])
def test_extend__malformed_signature__reverts(world: World, deal: Deal, signature: bytes) -> None:
    *arguments, _ = world.extension(deal, deal.terms.end + 1)
    with boa.reverts("deals: signature"):
        world.deals.extend(*arguments, signature, sender=deal.terms.client)


def test_extend__by_anyone_else__reverts(world: World, deal: Deal, attacker: str, provider: str) -> None:
    for other in (attacker, provider):
        with boa.reverts("deals: client"):
            world.deals.extend(*world.extension(deal, deal.terms.end + 1), sender=other)


def test_extend__never_opened__reverts(world: World, client: str) -> None:
    """Nor is there an agent to sign for an operator that nobody registered."""
    deal = Deal(person("nobody's operator"), bytes(32), world.terms(client, client))
    with boa.reverts("deals: not live"):
        world.extend(deal, deal.terms.end + 1)


def test_extend__before_the_first_period__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    with boa.reverts("deals: not live"):
        world.extend(deal, deal.terms.end + 1)


@pytest.mark.parametrize("later", [0, 1])
@pytest.mark.parametrize("settled", [False, True])
def test_extend__over__reverts(world: World, client: str, provider: str, settled: bool, later: int) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period(2 + later)
    if settled:
        world.settle(deal)
    with boa.reverts("deals: not live"):
        world.extend(deal, world.period() + 10)


def test_extend__ended_by_a_miss_after_settled_ones__reverts(world: World, deal: Deal) -> None:
    world.next_period(PARAMETERS.limit - 1)
    world.settle(deal)
    world.extend(deal, world.record(deal).end + 1)
    world.next_period()
    with boa.reverts("deals: not live"):
        world.extend(deal, world.record(deal).end + 1)


def test_extend__ended_by_its_misses__reverts(world: World, deal: Deal) -> None:
    world.next_period(PARAMETERS.limit)
    with boa.reverts("deals: not live"):
        world.extend(deal, deal.terms.end + 1)


def test_extend__out_of_the_ring__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period()
    world.deals.rotate(provider, [world.name(deal)], sender=provider)
    with boa.reverts("deals: out of the ring"):
        world.extend(deal, deal.terms.end + 1)


def test_extend__its_operator_is_leaving__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=20)
    world.next_period()
    world.terminate(deal, sender=provider)
    with boa.reverts("deals: exited"):
        world.extend(deal, deal.terms.end)


def test_extend__stake_is_about_to_leave__reverts(world: World, deal: Deal, provider: str) -> None:
    staked = world.money.staking.stake_of(provider)[0]
    world.money.staking.thaw(staked - deal.terms.collateral * UNIT, sender=provider)
    world.extend(deal, deal.terms.end + 1)
    world.money.staking.thaw(UNIT, sender=provider)
    with boa.reverts("staking: stake"):
        world.extend(deal, deal.terms.end + 2)


def test_extend__not_allowed_in_payments__reverts(world: World, deal: Deal, client: str) -> None:
    world.money.payments.approve(world.deals.address, WEI - 1, sender=client)
    with boa.reverts("payments: allowance"):
        world.extend(deal, deal.terms.end + 1)


def test_extend__too_little_money__reverts(world: World, provider: str) -> None:
    poor = world.client("poor client", amount=WHOLE // 100)
    deal = world.open(poor, provider)
    world.next_period()
    with boa.reverts("payments: balance"):
        world.extend(deal, deal.terms.end + 1)
