"""C6, M13: what is over, out of the ring or paid for never comes back."""

from dataclasses import replace

import boa

from tests.support.boa_world import WHOLE
from tests.support.deal_attacks import refused, shown
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import PARAMETERS, Proof, World
from xmbl.crypto.typed_data import Deal

LIMIT = PARAMETERS.limit


def test_c6_return__a_deal_that_left_the_ring__never_lives_again(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator, periods=1)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=operator)
    world.next_period()
    for call, arguments in (
        (world.deals.rotate, (operator, [world.name(deal)])),
        (world.deals.truncate, (operator, world.name(deal))),
    ):
        with boa.reverts():
            call(*arguments, sender=operator)
    with boa.reverts():
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    refused(world, Proof(operator, 1, [], []), "deals: empty")


def test_c6_return__extended_after_it_left_the_ring__is_refused(
    world: World, operator: str, accomplice: str
) -> None:
    """It would be paid and never drawn."""
    deal = world.open(accomplice, operator, periods=1)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=operator)
    with boa.reverts("deals: out of the ring"):
        world.extend(deal, deal.terms.end + 30)


def test_c6_return__cut_off_the_head__is_not_extended(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=1)
    world.next_period()
    world.deals.truncate(operator, world.name(deal), sender=operator)
    with boa.reverts("deals: out of the ring"):
        world.extend(deal, deal.terms.end + 30)


def test_c6_return__extended_first__stays_in_the_ring(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=1)
    world.next_period()
    world.extend(deal, deal.terms.end + 5)
    world.deals.rotate(operator, [world.name(deal)], sender=operator)
    assert world.record(deal).start == 1_000
    world.next_period()
    assert shown(world.proof(operator), 0) == 5


def test_c6_return__over_and_settled__is_not_extended(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=1)
    world.next_period(2)
    with boa.reverts("deals: not live"):
        world.extend(deal, deal.terms.end + 30)
    world.settle(deal)
    with boa.reverts("deals: not live"):
        world.extend(deal, deal.terms.end + 30)


def test_c6_return__failed__is_not_extended(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=30)
    world.next_period()
    world.challenge(deal)
    for _ in range(3):
        world.prove(operator)
        world.next_period()
    world.fail(deal)
    assert world.record(deal).end > world.period()
    with boa.reverts("deals: not live"):
        world.extend(deal, deal.terms.end + 30)


def test_m13_extension__played_twice__fails_by_itself(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator)
    world.next_period()
    arguments = world.extension(deal, deal.terms.end + 5)
    world.deals.extend(*arguments, sender=accomplice)
    with boa.reverts("deals: end"):
        world.deals.extend(*arguments, sender=accomplice)
    world.terminate(deal)
    with boa.reverts("deals: signature"):
        world.deals.extend(*arguments, sender=accomplice)


def test_m13_extension__at_another_price__is_no_extension(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator)
    world.next_period()
    cheaper = Deal(operator, deal.root, replace(deal.terms, price=1))
    _, *signed = world.extension(deal, deal.terms.end + 5)
    with boa.reverts("deals: not live"):
        world.deals.extend(cheaper.as_tuple(), *signed, sender=accomplice)


def test_m13_extension__never_settled__stays_within_one_settlement(
    world: World, operator: str, accomplice: str
) -> None:
    """Else the words of a deal that is extended again and again wouldn't fit, its money were stuck."""
    deal = world.open(accomplice, operator, periods=366)
    first = world.next_period()
    DealSlots(world.deals).prove_all_but(operator, (), range(first, first + 300))
    world.next_period(300)
    with boa.reverts("deals: unsettled"):
        world.extend(deal, world.period() + 366)
    world.settle(deal)
    world.extend(deal, world.period() + 366)
    world.next_period(400)
    world.settle(deal)
    assert world.record(deal).cursor == 0


def test_h2_exit__who_thaws__is_kept_in_by_no_extension(world: World, operator: str, accomplice: str) -> None:
    """The agent, or whoever stole its key, could otherwise keep operator and delegators in for ever."""
    deal = world.open(accomplice, operator)
    world.next_period()
    world.money.staking.thaw(1_000 * WHOLE, sender=operator)
    with boa.reverts("staking: stake"):
        world.extend(deal, deal.terms.end + 5)


def test_h2_exit__who_left__is_not_called_back_by_its_agent(
    world: World, operator: str, accomplice: str
) -> None:
    deal = world.open(accomplice, operator, periods=100)
    world.next_period()
    world.terminate(deal, sender=operator)
    with boa.reverts("deals: exited"):
        world.extend(deal, deal.terms.end)
