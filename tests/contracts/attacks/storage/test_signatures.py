"""C7, M1, L7: who signs nothing, and what is signed once."""

import boa
import pytest

from tests.support.boa_world import NOBODY, WHOLE, block, mine, person
from tests.support.deals_world import AGENT_KEY, CAP, PARAMETERS, SmallTree, World
from xmbl.crypto.typed_data import Deal, Quote, digest, sign_digest

LIMIT = PARAMETERS.limit


@pytest.mark.parametrize("signature", [b"", b"\x1b", bytes(63), bytes(64), bytes(65)])
def test_c7_empty_signature__for_an_operator_without_an_agent__is_refused(
    world: World, accomplice: str, signature: bytes
) -> None:
    target = person("provider with stake and no agent")
    world.money.bond(target, 100 * WHOLE, world.deals.address, 100 * WHOLE)
    world.deals.set_cap(CAP, sender=target)
    deal = Deal(target, SmallTree(5).root, world.terms(accomplice, target))
    assert (deal.terms.payee, world.money.registry.agent(target)) == (NOBODY, NOBODY)
    with boa.reverts("deals: agent"):
        world.deals.open(deal.as_tuple(), signature, sender=accomplice)


@pytest.mark.parametrize("signature", [b"", b"\x1b", bytes(63), bytes(64), bytes(65)])
def test_c7_empty_signature__for_a_registered_operator__is_refused(
    world: World, operator: str, accomplice: str, signature: bytes
) -> None:
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator))
    with boa.reverts():
        world.deals.open(deal.as_tuple(), signature, sender=accomplice)


def test_m1_terms__a_cleared_deal__does_not_open_again(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator, periods=1, deadline=(world.period() + 2) * PARAMETERS.period - 1)
    world.next_period()
    world.deals.rotate(operator, [world.name(deal)], sender=operator)
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    assert block() == deal.terms.deadline
    with boa.reverts("deals: in the ring"):
        world.deals.clear([deal.id()])
    with boa.reverts():
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    mine(1)
    world.settle(deal)
    world.deals.clear([deal.id()])
    with boa.reverts():
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)


def test_m1_terms__opened_in_the_period_after_the_signature__still_open_once(
    world: World, operator: str, accomplice: str
) -> None:
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator, periods=5))
    world.next_period()
    world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)
    with boa.reverts("deals: opened"):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)


@pytest.mark.parametrize("signature", [b"", b"\x1b", bytes(63), bytes(64), bytes(65)])
def test_c7_empty_signature__for_an_extension__is_refused(
    world: World, operator: str, accomplice: str, signature: bytes
) -> None:
    deal = world.open(accomplice, operator)
    world.next_period()
    with boa.reverts():
        world.deals.extend(deal.as_tuple(), deal.terms.end + 5, block() + 10, signature, sender=accomplice)
    assert world.record(deal).end == deal.terms.end


def test_l7_types__a_signed_quote__opens_no_deal(world: World, operator: str, accomplice: str) -> None:
    terms = world.terms(accomplice, operator)
    deal = Deal(operator, SmallTree(5).root, terms)
    quote = Quote(operator, terms, 0, block() + 10)
    signature = sign_digest(AGENT_KEY, digest(world.separator, quote.hash()))
    with boa.reverts("deals: signature"):
        world.deals.open(deal.as_tuple(), signature, sender=accomplice)


def test_l7_types__a_signed_deal__is_no_extension(world: World, operator: str, accomplice: str) -> None:
    deal = world.open(accomplice, operator)
    world.next_period()
    with boa.reverts("deals: signature"):
        world.deals.extend(
            deal.as_tuple(), deal.terms.end + 5, block() + 10, world.sign(deal), sender=accomplice
        )
