"""What an auditor tried across the contracts, where two rules that hold alone might not hold together."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import cycle

import boa
import pytest

from tests.support.boa_world import NOBODY, UNIT, WHOLE, Money, block, deploy_money, mine, person
from tests.support.deals_world import PARAMETERS, World

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
NEVER = 2**256 - 1
PRECOMPILES = [f"0x{number:040x}" for number in (1, 2, 3, 4, 5, 10)]
SIGNATURES = [b"", b"\x1b", b"\x1b" * 64, b"\x1b" * 65, bytes(64) + b"\x1b", bytes(1024)]


@pytest.fixture(scope="module")
def operator(deployed: World) -> str:
    return deployed.operator("audited provider")


@pytest.fixture(scope="module")
def victim(deployed: World) -> str:
    return deployed.client("audited client")


@pytest.fixture
def world(deployed: World, operator: str, victim: str) -> World:
    return replace(deployed, opened={})


# Stake: losses that reach everybody


def losses(money: Money, operator: str, markets: Sequence[str]) -> int:
    """Locks to the brim and slashes of every kind, by turns; how many reached the delegators."""
    staking, reached = money.staking, 0
    parts: cycle[Callable[[int], tuple[int, int]]] = cycle(
        [lambda held: (held // 3, 0), lambda held: (1, held - 1), lambda held: (held, 0), lambda _: (0, 1)]
    )
    for turn in range(24):
        stake = staking.stake_of(operator)
        free = stake.own - stake.thawing + stake.delegated - stake.delegated_thawing
        room = min(free, 2 * (stake.own - stake.thawing)) - stake.locked
        if room > 0:
            staking.lock(operator, room // UNIT, sender=markets[turn % 4])
        market = markets[turn * 3 % 4]
        held = staking.lock_of(operator, market).locked // UNIT
        if held:
            staking.slash(operator, *next(parts)(held), NOBODY, sender=market)
        reached += staking.stake_of(operator).delegated < stake.delegated
        if turn % 5 == 0:
            staking.stake(7 * WHOLE + turn * UNIT, 0, sender=operator)
    return reached


@pytest.mark.parametrize("thawing", [0, 1, 60], ids="{}% thaw".format)
def test_slash__of_locks_in_four_markets_with_stake_on_its_way_out__never_reverts(thawing: int) -> None:
    markets = [person(f"market {number}") for number in range(4)]
    money = deploy_money(markets)
    operator, holder = person("operator"), person("holder")
    money.bond(operator, 100 * WHOLE + UNIT, markets[0], 10**6 * WHOLE)
    money.give(operator, 100 * WHOLE)
    money.give(holder, 100 * WHOLE)
    for market in markets:
        money.staking.authorize(market, 10**6 * WHOLE, sender=operator)
    for who in (holder, operator):  # the operator delegates to itself
        money.staking.delegate(operator, 50 * WHOLE - UNIT, sender=who)
    for market in markets:
        money.staking.lock(operator, 49 * WHOLE // UNIT, sender=market)
    if thawing:
        shares = money.staking.delegation_of(operator, holder).shares
        money.staking.thaw_delegated(operator, shares * thawing // 100, sender=holder)
        money.staking.thaw(thawing * WHOLE, sender=operator)
    assert losses(money, operator, markets) > 0
    stake = money.staking.stake_of(operator)
    assert stake.locked <= min(stake.own + stake.delegated, 2 * stake.own)


# Deals: whoever is paid, whoever slashes besides


@pytest.mark.parametrize("payee", ["deals", "staking", "payments", "client", "operator"])
def test_odd_payee__of_a_deal_that_fails__holds_up_nothing(
    world: World, operator: str, victim: str, payee: str
) -> None:
    money = world.money
    contracts = {"deals": world.deals, "staking": money.staking, "payments": money.payments}
    account = contracts[payee].address if payee in contracts else {"client": victim}.get(payee, operator)
    money.registry.set_payee(account, sender=operator)
    held = world.balance(world.deals.address)
    deal = world.open(victim, operator, periods=6)
    world.next_period()
    world.challenge(deal)
    world.prove(operator)
    world.next_period(6)
    world.settle(deal)
    mine(2 * PARAMETERS.window)
    world.fail(deal)
    assert world.record(deal).cursor == world.locked(operator) == 0
    assert world.balance(world.deals.address) >= held


@pytest.mark.parametrize("answered", [True, False], ids=["answered", "failed"])
def test_challenge__posed_in_a_deals_last_block__puts_off_the_close_but_no_payment(
    world: World, operator: str, victim: str, answered: bool
) -> None:
    deal = world.open(victim, operator, periods=1)
    world.next_period()
    world.prove(operator)
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.challenge(deal)
    mine(1)
    world.settle(deal)
    with boa.reverts("deals: nothing"):
        world.settle(deal)
    mine(PARAMETERS.window - 1)
    with boa.reverts("deals: early"):
        world.fail(deal)
    if answered:
        world.answer(deal)
        world.settle(deal)
    else:
        mine(1)
        with boa.reverts("deals: late"):
            world.answer(deal)
        world.fail(deal)
    assert (world.money.staking.owed(victim) == 0, world.locked(operator)) == (answered, 0)


def test_extension__shown_again_after_a_notice_brought_its_end_back__is_paid_in_full_again(
    world: World, operator: str, victim: str
) -> None:
    deal = world.open(victim, operator, periods=4)
    world.next_period(2)
    end, before = world.record(deal).end, world.balance(victim)
    assert end == world.period() + 1 + deal.terms.client_notice
    shown = world.extension(deal, end + 50)
    cost = 50 * deal.terms.price * PARAMETERS.price_unit
    for _ in range(2):
        world.deals.extend(*shown, sender=victim)
        assert (world.record(deal).end, world.balance(victim)) == (end + 50, before - cost)
        world.terminate(deal)
        assert (world.record(deal).end, world.balance(victim)) == (end, before)


def test_extension__shown_again_after_the_operator_left__is_refused(
    world: World, operator: str, victim: str
) -> None:
    deal = world.open(victim, operator, periods=4, operator_notice=2)
    world.next_period(2)
    end = world.record(deal).end
    shown = world.extension(deal, end + 50)
    world.deals.extend(*shown, sender=victim)
    world.terminate(deal, operator)
    assert world.record(deal).end == end
    with boa.reverts("deals: exited"):
        world.deals.extend(*shown, sender=victim)


# Money: signatures of nobody


@pytest.mark.parametrize("signature", SIGNATURES, ids=len)
def test_approval__of_a_precompile_or_a_contract_of_ours__is_refused(world: World, signature: bytes) -> None:
    money = world.money
    ours = (money.payments, money.staking, money.token, money.registry, world.deals)
    for owner in (NOBODY, *PRECOMPILES, *(contract.address for contract in ours)):
        with boa.reverts("payments: signature"):
            money.payments.approve_by_sig(owner, person("thief"), 1, NEVER, signature)


@pytest.mark.parametrize("r", [0, ORDER, NEVER])
def test_voucher__with_a_signature_of_nobody__takes_from_no_account(world: World, r: int) -> None:
    payments = world.money.payments
    for payer in (NOBODY, payments.address, world.deals.address):
        for vs in (0, 1, ORDER, 2**255, NEVER):
            words = (r.to_bytes(32, "big"), vs.to_bytes(32, "big"))
            with boa.reverts("payments: signature"):
                payments.redeem(person("thief"), (payer, 1, bytes(32), NEVER, *words))
