"""A client or an operator is lured to call a contract: whatever that calls, it may not act for them."""

from typing import Any

import boa
import pytest

from tests.support.boa_world import CONTRACT_WALLET
from tests.support.deals_world import SmallTree, World
from xmbl.crypto.typed_data import Deal

WALLET = CONTRACT_WALLET.deploy()


def lure(world: World, who: str, function: str, *arguments: Any) -> None:
    """`who` calls a contract that calls the market."""
    call = getattr(world.deals, function).prepare_calldata(*arguments)
    WALLET.act(world.deals.address, call, sender=who)


@pytest.fixture
def deal(world: World, victim: str, operator: str) -> Deal:
    """Of the victim, in its first period."""
    opened = world.open(victim, operator, periods=20)
    world.next_period()
    return opened


def test_lured_client__what_only_a_client_may__reverts(
    world: World, victim: str, operator: str, deal: Deal
) -> None:
    offered = Deal(operator, SmallTree(5).root, world.terms(victim, operator))
    with boa.reverts("deals: client"):
        lure(world, victim, "open", offered.as_tuple(), world.sign(offered))
    with boa.reverts("deals: client"):
        lure(world, victim, "extend", *world.extension(deal, deal.terms.end + 1))
    with boa.reverts("deals: client"):
        lure(world, victim, "challenge", deal.as_tuple(), 0)
    with boa.reverts("deals: party"):
        lure(world, victim, "terminate", deal.as_tuple())


def test_lured_operator__what_only_an_operator_may__reverts(world: World, operator: str, deal: Deal) -> None:
    with boa.reverts("deals: party"):
        lure(world, operator, "terminate", deal.as_tuple())
    for function, arguments in (
        ("rotate", (operator, [world.name(deal)])),
        ("truncate", (operator, world.name(deal))),
        ("declare", (operator, world.period() + 1)),
    ):
        with boa.reverts("deals: sender"):
            lure(world, operator, function, *arguments)


def test_lured_operator__a_cap__is_the_contracts_own(world: World, operator: str) -> None:
    before = world.ring(operator)
    lure(world, operator, "set_cap", 7)
    assert world.ring(operator) == before
    assert world.ring(WALLET.address).cap == 7


def test_contract__as_a_client_of_its_own__may_do_all_that_clients_may(
    world: World, victim: str, operator: str
) -> None:
    client = WALLET.address
    world.money.fund(client, 10**21)
    world.money.payments.approve(world.deals.address, 2**256 - 1, sender=client)
    offered = Deal(operator, SmallTree(5).root, world.terms(client, operator, periods=20))
    lure(world, victim, "open", offered.as_tuple(), world.sign(offered))
    world.next_period()
    lure(world, victim, "extend", *world.extension(offered, offered.terms.end + 1))
    lure(world, victim, "challenge", offered.as_tuple(), 0)
    lure(world, victim, "terminate", offered.as_tuple())
    logged = [log for log in WALLET.get_logs() if type(log).__name__ == "Terminated"]
    assert [log.by for log in logged] == [client]
