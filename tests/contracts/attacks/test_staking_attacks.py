"""Attacks on stake, delegators and fees from the design's attack report, under their numbers: each fails."""

from collections.abc import Callable
from typing import Any

import boa
import pytest

from tests.support.boa_world import (
    ANY,
    DELAY,
    LEVERAGE,
    NOBODY,
    ODD_TOKEN,
    PAYMENTS,
    STAKING,
    THAW_BLOCKS,
    TOKEN,
    UNIT,
    WHOLE,
    XMBL,
    Money,
    deploy_money,
    mine,
    person,
)

LIMIT = 50 * WHOLE
"""What the provider lets the market lock, of the 100 XMBL that it staked."""


@pytest.fixture(scope="module")
def operator(money: Money, market: str) -> str:
    """The one who attacks: 1 XMBL of its own is staked, 1,000 are in its wallet, and all may be locked."""
    account = person("operator")
    money.give(account, 1_001 * WHOLE)
    money.staking.stake(WHOLE, 1_000, sender=account)
    money.staking.authorize(market, 10**6 * WHOLE, sender=account)
    return account


@pytest.fixture(scope="module")
def delegator(money: Money, operator: str) -> str:
    """Has put 99 XMBL behind the operator."""
    account = person("delegator")
    money.give(account, 99 * WHOLE)
    money.staking.delegate(operator, 99 * WHOLE, sender=account)
    return account


@pytest.fixture
def accomplice() -> str:
    """A friend of the operator's, who poses as the wronged client."""
    return person("accomplice")


@pytest.fixture
def value(money: Money, operator: str) -> Callable[[str], int]:
    """What somebody's shares of the operator are worth, in wei."""
    return lambda holder: int(money.staking.delegation_of(operator, holder).value)


def wealth(money: Money, *accounts: str) -> int:
    """All XMBL that these accounts have together, wherever it is; the first one's delegations aside."""
    places = (money.token.balanceOf, money.payments.balance_of, money.staking.owed, money.staking.fees_of)
    return sum(place(who) for who in accounts for place in places) + sum(
        money.staking.stake_of(who).own for who in accounts
    )


# Attack C2, looting


def test_c2_looting__an_operator_that_slashes_itself__loses_half(money, provider, market, accomplice):
    before = wealth(money, provider, accomplice)
    money.staking.lock(provider, LIMIT // UNIT, sender=market)
    money.staking.slash(provider, LIMIT // UNIT, 0, accomplice, sender=market)
    money.staking.collect(sender=accomplice)
    assert wealth(money, provider, accomplice) == before - LIMIT // 2


@pytest.mark.parametrize("units", [1, 2, 3, 10**9 + 1])
def test_c2_looting__in_small_bites__loses_at_least_half(money, provider, market, units):
    before = wealth(money, provider)
    money.staking.lock(provider, 5 * units, sender=market)
    for _ in range(5):
        money.staking.slash(provider, units, 0, provider, sender=market)
    assert before - wealth(money, provider) >= 5 * units * UNIT / 2


def test_c2_looting__of_delegators__is_bounded_by_own_stake_and_brings_nothing(
    money, operator, delegator, market, accomplice
):
    """The trace of the report: 1 of its own, 99 delegated, and a deal with itself over all of it."""
    before = wealth(money, operator, accomplice)
    with boa.reverts("staking: leverage"):
        money.staking.lock(operator, 100 * XMBL, sender=market)
    money.staking.lock(operator, LEVERAGE * XMBL, sender=market)
    money.staking.slash(operator, LEVERAGE * XMBL, 0, accomplice, sender=market)
    money.staking.collect(sender=accomplice)
    assert wealth(money, operator, accomplice) == before - WHOLE // 2
    assert money.staking.stake_of(operator).delegated == 98 * WHOLE
    with boa.reverts("staking: leverage"):
        money.staking.lock(operator, 1, sender=market)


@pytest.mark.parametrize("portion", [1, 3, 7])
def test_c2_looting__of_delegators_again_and_again__costs_at_least_as_much(
    money, operator, delegator, market, accomplice, *, portion
):
    """Whatever is slashed at a time, what delegators lose costs the operator half of that."""
    for _ in range(5):
        money.staking.stake(20 * WHOLE, 1_000, sender=operator)
        before, theirs = wealth(money, operator, accomplice), money.staking.stake_of(operator).delegated
        stake = money.staking.stake_of(operator)
        free = min(stake.own + stake.delegated, LEVERAGE * stake.own) // UNIT
        money.staking.lock(operator, free, sender=market)
        for _ in range(portion):
            money.staking.slash(operator, free // portion, 0, accomplice, sender=market)
        money.staking.unlock(operator, free % portion, sender=market)
        money.staking.collect(sender=accomplice)
        lost = theirs - money.staking.stake_of(operator).delegated
        assert before - wealth(money, operator, accomplice) >= lost // (2 * (LEVERAGE - 1)) - portion * UNIT


def test_c2_looting__with_own_stake_moved_out_first__is_refused(money, operator, delegator, market):
    """Else the operator leaves and the delegators stay as the only collateral."""
    money.staking.lock(operator, 2 * XMBL, sender=market)
    money.staking.thaw(WHOLE, sender=operator)
    mine(THAW_BLOCKS)
    with boa.reverts("staking: leverage"):
        money.staking.withdraw(sender=operator)


def test_c2_looting__with_stake_delegated_to_itself__gives_half_of_own_only(
    money, operator, delegator, market, accomplice, *, value
):
    money.staking.stake(100 * WHOLE, 1_000, sender=operator)
    money.staking.delegate(operator, 99 * WHOLE, sender=operator)
    before = wealth(money, operator, accomplice) + value(operator)
    money.staking.lock(operator, 200 * XMBL, sender=market)
    money.staking.slash(operator, 200 * XMBL, 0, accomplice, sender=market)
    after = wealth(money, operator, accomplice) + value(operator)
    # all 101 of its own, and half of 198 delegated
    assert money.staking.owed(accomplice) == 101 * WHOLE // 2
    assert before - after >= 101 * WHOLE // 2 + 99 * WHOLE // 2 - UNIT


def test_c2_looting__by_a_market_of_ones_own__finds_no_way_in(money, provider, attacker):
    with boa.reverts("staking: market"):
        money.staking.authorize(attacker, LIMIT, sender=provider)
    for call in (money.staking.lock, money.staking.unlock):
        with boa.reverts("staking: market"):
            call(provider, 1, sender=attacker)
    with boa.reverts("staking: market"):
        money.staking.slash(provider, 1, 0, attacker, sender=attacker)


def test_c2_looting__another_market__reaches_no_lock_but_its_own(money, provider, market, second_market):
    money.staking.authorize(second_market, LIMIT, sender=provider)
    money.staking.lock(provider, XMBL, sender=market)
    with boa.reverts("staking: locked"):
        money.staking.slash(provider, 1, 0, second_market, sender=second_market)


def test_c2_looting__a_slash_by_one_market__leaves_the_locks_of_another_their_cover(
    money, operator, delegator, market, second_market
):
    """Each client's cover outlives every slash by any market, own part and all."""
    money.staking.stake(49 * WHOLE, 1_000, sender=operator)
    money.staking.authorize(second_market, 100 * WHOLE, sender=operator)
    money.staking.lock(operator, 60 * XMBL, sender=market)
    money.staking.lock(operator, 40 * XMBL, sender=second_market)
    money.staking.slash(operator, 60 * XMBL, 0, NOBODY, sender=market)
    victim = person("client")
    money.staking.slash(operator, 40 * XMBL, 0, victim, sender=second_market)
    assert money.staking.owed(victim) == 40 * WHOLE // (2 * LEVERAGE)


# Attack C3, the fee comes home


def test_c3_wash_fee__of_its_pools_only_staker__comes_home_by_its_part_of_all_stake(money, provider, client):
    """Fees of an operator's own deals, as if it had paid them as a client too."""
    trader = person("operator")
    money.fund(trader, 10 * WHOLE)
    money.give(trader, 100 * WHOLE)
    money.staking.stake(100 * WHOLE, 0, sender=trader)
    home = 10 * WHOLE * 100 * WHOLE // money.staking.total()
    money.payments.transfer(money.staking.address, 10 * WHOLE, sender=trader)
    money.staking.claim(sender=trader)
    assert home - 1 <= money.payments.balance_of(trader) <= home <= 5 * WHOLE


def test_c3_wash_fee__staked_for_just_before__brings_back_no_more(money, operator, delegator, client):
    """M6: who stakes before a large settlement shares in it, and is bound and can be slashed for a thaw."""
    late = person("operator")
    money.give(late, 100 * WHOLE)
    money.staking.stake(100 * WHOLE, 0, sender=late)
    money.payments.transfer(money.staking.address, 10**9, sender=client)
    part = 10**9 * 100 * WHOLE // money.staking.total()
    assert part - 1 <= money.staking.fees_of(late) <= part
    money.staking.thaw(100 * WHOLE, sender=late)
    mine(THAW_BLOCKS - 1)
    with boa.reverts("staking: thawing"):
        money.staking.withdraw(sender=late)


def test_c3_fees__of_before__are_not_for_who_comes_later(money, operator, delegator, client, attacker):
    money.payments.transfer(money.staking.address, 10**9, sender=client)
    money.staking.stake(100 * WHOLE, 0, sender=attacker)
    with boa.reverts("staking: nothing"):
        money.staking.claim(sender=attacker)


# First wei takes all


def test_first_wei__staked_where_fees_wait__gets_none_of_them(client):
    money = deploy_money()
    thief, honest, payer = person("attacker"), person("operator"), person("client")
    money.fund(payer, 100 * WHOLE)
    for who in (thief, honest):
        money.give(who, 100 * WHOLE)
    money.payments.transfer(money.staking.address, 100 * WHOLE, sender=payer)
    money.staking.stake(UNIT, 0, sender=thief)
    money.staking.sync()
    assert money.staking.fees_of(thief) == 0
    money.staking.stake(100 * WHOLE, 0, sender=honest)
    assert money.staking.fees_of(thief) <= 100 * WHOLE // 10**11
    assert money.staking.fees_of(honest) >= 100 * WHOLE - 10**10


# Attack H2, exit refused


def test_h2_exit_refused__by_a_market_that_keeps_the_stake_locked__only_waits(money, provider, market):
    money.staking.authorize(market, 100 * WHOLE, sender=provider)
    money.staking.lock(provider, LIMIT // UNIT, sender=market)
    money.staking.thaw(100 * WHOLE, sender=provider)
    with boa.reverts("staking: stake"):
        money.staking.lock(provider, 1, sender=market)
    money.staking.unlock(provider, LIMIT // UNIT, sender=market)
    with boa.reverts("staking: stake"):
        money.staking.lock(provider, 1, sender=market)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=provider)
    assert money.staking.stake_of(provider).own == 0


def test_h2_exit_refused__an_extension_while_all_thaws__is_what_is_refused(money, provider, market):
    money.staking.lock(provider, XMBL, sender=market)
    money.staking.thaw(100 * WHOLE, sender=provider)
    with boa.reverts("staking: stake"):
        money.staking.lock(provider, 0, sender=market)


def test_h2_exit_refused__to_delegators_of_a_full_pool__only_waits(money, operator, delegator, market):
    """The operator's agent fills every gap with deals with itself, and takes them again when they end."""
    money.staking.stake(99 * WHOLE, 1_000, sender=operator)
    money.staking.lock(operator, 199 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, 99 * XMBL, sender=delegator)
    for refill in (0, 1):
        with boa.reverts("staking: stake"):
            money.staking.lock(operator, refill, sender=market)
    money.staking.unlock(operator, 99 * XMBL, sender=market)
    with boa.reverts("staking: stake"):
        money.staking.lock(operator, 1, sender=market)
    mine(THAW_BLOCKS)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert money.token.balanceOf(delegator) == 99 * WHOLE


# Attack H3, two prices and slashes to nothing


def test_h3_two_prices__thawing_shares__lose_as_much_as_others(money, operator, delegator, market, value):
    money.staking.stake(98 * WHOLE, 1_000, sender=operator)
    other = person("delegator")
    money.give(other, 99 * WHOLE)
    money.staking.delegate(operator, 99 * WHOLE, sender=other)
    money.staking.lock(operator, 198 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, 99 * XMBL, sender=delegator)
    money.staking.slash(operator, 198 * XMBL, 0, NOBODY, sender=market)
    assert value(delegator) == value(other) == pytest.approx(99 * WHOLE // 2, abs=UNIT)
    mine(THAW_BLOCKS)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert money.token.balanceOf(delegator) == pytest.approx(99 * WHOLE // 2, abs=UNIT)


def test_h3_slashed_to_zero__who_stakes_next__gets_what_it_stakes(money, provider, client, market):
    money.staking.authorize(market, 100 * WHOLE, sender=provider)
    money.staking.lock(provider, 100 * XMBL, sender=market)
    money.staking.thaw(100 * WHOLE, sender=provider)
    money.staking.slash(provider, 100 * XMBL, 0, client, sender=market)
    assert money.staking.stake_of(provider)[:4] == (0, 0, 0, 0)
    money.staking.stake(WHOLE, 0, sender=provider)
    assert money.staking.stake_of(provider).own == WHOLE


@pytest.mark.parametrize("left", [0, 1, 10**3])
def test_h3_slashed_to_nearly_zero__again_and_again__mints_no_giant_shares(money, operator, market, left):
    """Each round a delegator comes, and all but some units of the tranche are slashed."""
    for generation in range(1, 5):
        holder = person("delegator")
        money.give(holder, 100 * WHOLE)
        money.staking.delegate(operator, 100 * WHOLE, sender=holder)
        assert money.staking.delegation_of(operator, holder).shares == 100 * XMBL
        missing = money.staking.stake_of(operator).delegated - money.staking.stake_of(operator).own
        money.staking.stake(missing + 2 * left * UNIT, 1_000, sender=operator)
        stake = money.staking.stake_of(operator)
        locked = (stake.own + stake.delegated) // UNIT
        money.staking.lock(operator, locked, sender=market)
        money.staking.slash(operator, locked - 2 * left, 0, NOBODY, sender=market)
        money.staking.unlock(operator, 2 * left, sender=market)
        assert money.staking.pool_of(operator) == (2**63, generation, 0)
        assert money.staking.delegation_of(operator, holder).value == 0


def test_h3_old_thaw__of_a_generation_that_ended__marks_no_share_of_the_next(
    money, operator, delegator, market
):
    money.staking.stake(98 * WHOLE, 1_000, sender=operator)
    money.staking.lock(operator, 198 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, 99 * XMBL, sender=delegator)
    money.staking.slash(operator, 198 * XMBL, 0, NOBODY, sender=market)
    money.give(delegator, 10 * WHOLE)
    money.staking.stake(10 * WHOLE, 1_000, sender=operator)
    money.staking.delegate(operator, 10 * WHOLE, sender=delegator)
    mine(THAW_BLOCKS)
    with boa.reverts("staking: nothing"):
        money.staking.withdraw_delegated(operator, sender=delegator)
    money.staking.lock(operator, 20 * XMBL, sender=market)


# Attack M5, donations


def test_m5_donations__of_tokens__are_nobodys_and_move_no_price(money, operator, delegator, attacker, value):
    before = money.staking.pool_of(operator), money.staking.total()
    money.token.transfer(money.staking.address, 7 * WHOLE, sender=attacker)
    money.staking.sync()
    assert (money.staking.pool_of(operator), money.staking.total()) == before
    assert value(delegator) == 99 * WHOLE


@pytest.mark.parametrize("gift", [1, 2**84, 2**112 - 1])
def test_m5_donations__of_fees_of_any_size__stop_no_slash(market, client, gift):
    """Payments holds an asset of which anybody makes as much as there can be."""
    operator, asset = person("operator"), ODD_TOKEN.deploy()
    token, payments = TOKEN.deploy(operator, 10 * WHOLE), PAYMENTS.deploy(asset.address, DELAY)
    staking = STAKING.deploy(token.address, payments.address, [market] * 4, LEVERAGE, THAW_BLOCKS)
    token.approve(staking.address, ANY, sender=operator)
    staking.stake(10 * WHOLE, 0, sender=operator)
    staking.authorize(market, 10 * WHOLE, sender=operator)
    staking.lock(operator, 10 * XMBL, sender=market)
    asset.mint(operator, gift)
    asset.approve(payments.address, ANY, sender=operator)
    payments.deposit(gift, sender=operator)
    payments.transfer(staking.address, gift, sender=operator)
    for _ in range(3):
        staking.slash(operator, XMBL, 0, client, sender=market)
        staking.sync()
    assert staking.owed(client) == 3 * WHOLE // 2


# Attack M14, running from a slash


def test_m14_running_from_a_slash__thawing_stake__is_slashed_as_well(money, provider, client, market):
    money.staking.lock(provider, LIMIT // UNIT, sender=market)
    money.staking.thaw(100 * WHOLE, sender=provider)
    mine(THAW_BLOCKS)
    with boa.reverts("staking: locked"):
        money.staking.withdraw(sender=provider)
    money.staking.slash(provider, LIMIT // UNIT, 0, client, sender=market)
    money.staking.withdraw(sender=provider)
    assert money.token.balanceOf(provider) == 150 * WHOLE


def test_m14_running_from_a_slash__a_thaw_kept_at_hand__has_lapsed(money, operator, delegator, market):
    """Thaw at once, go on earning, leave between a lapse and its slash: the time to leave is over then."""
    money.staking.stake(98 * WHOLE, 1_000, sender=operator)
    money.staking.thaw_delegated(operator, 50 * XMBL, sender=delegator)
    mine(THAW_BLOCKS + THAW_BLOCKS // 7)
    money.staking.lock(operator, 99 * XMBL, sender=market)
    with boa.reverts("staking: lapsed"):
        money.staking.withdraw_delegated(operator, sender=delegator)
    money.staking.thaw_delegated(operator, 0, sender=delegator)
    money.staking.slash(operator, 99 * XMBL, 0, NOBODY, sender=market)
    mine(THAW_BLOCKS)
    money.staking.withdraw_delegated(operator, sender=delegator)
    assert money.token.balanceOf(delegator) == 50 * WHOLE  # own stake bore all of it


def test_m14_running_from_a_slash__what_covers_a_lock__stays_until_it_ends(
    money, operator, delegator, market
):
    money.staking.stake(98 * WHOLE, 1_000, sender=operator)
    money.staking.lock(operator, 198 * XMBL, sender=market)
    money.staking.thaw_delegated(operator, 99 * XMBL, sender=delegator)
    mine(THAW_BLOCKS)
    money.staking.unlock(operator, XMBL // 2, sender=market)
    with boa.reverts("staking: locked"):
        money.staking.withdraw_delegated(operator, sender=delegator)


def test_m14_commission__raised_before_a_claim__is_refused(money, operator, delegator, client):
    money.payments.transfer(money.staking.address, 10**9, sender=client)
    with boa.reverts("staking: commission"):
        money.staking.set_commission(10_000, sender=operator)
    with boa.reverts("staking: commission"):
        money.staking.stake(WHOLE, 10_000, sender=operator)


def test_m14_commission__by_leaving_and_coming_back__can_not_be_raised(money, operator, delegator):
    money.staking.thaw(WHOLE, sender=operator)
    mine(THAW_BLOCKS)
    money.staking.withdraw(sender=operator)
    with boa.reverts("staking: commission"):
        money.staking.stake(WHOLE, 10_000, sender=operator)


# Attack M19, inflation


def test_m19_inflation__by_a_gift_before_the_first_stake__moves_nothing(attacker):
    money = deploy_money()
    victim, thief = person("provider"), person("attacker")
    for who in (victim, thief):
        money.give(who, 10**6 * WHOLE)
    money.staking.stake(UNIT, 0, sender=thief)
    money.token.transfer(money.staking.address, 10**5 * WHOLE, sender=thief)
    money.staking.stake(10 * UNIT, 0, sender=victim)
    assert [money.staking.stake_of(who).own for who in (thief, victim)] == [UNIT, 10 * UNIT]


def test_m19_inflation__by_the_first_unit_and_a_gift__takes_no_delegators_stake(money, operator, attacker):
    money.staking.delegate(operator, UNIT, sender=attacker)
    money.token.transfer(money.staking.address, 50 * WHOLE, sender=attacker)
    victim = person("delegator")
    money.give(victim, 10 * UNIT)
    money.staking.delegate(operator, 10 * UNIT, sender=victim)
    assert money.staking.delegation_of(operator, victim)[:2] == (10, 10 * UNIT)


# N2, a stolen agent key


def test_n2_stolen_agent__with_every_market__loses_the_limits_at_most(
    money, provider, market, second_market, accomplice
):
    """The agent signs deals with an accomplice up to the limits, and fails them."""
    money.staking.authorize(second_market, 20 * WHOLE, sender=provider)
    before = wealth(money, provider)
    for place, limit in ((market, 50), (second_market, 20)):
        money.staking.lock(provider, limit * XMBL, sender=place)
        with boa.reverts("staking: limit"):
            money.staking.lock(provider, 1, sender=place)
        money.staking.slash(provider, limit * XMBL, 0, accomplice, sender=place)
    assert before - wealth(money, provider) == 70 * WHOLE
    assert money.staking.owed(accomplice) == 35 * WHOLE


def test_n2_stolen_agent__by_itself__moves_no_stake_of_anybody(money, operator, delegator):
    thief = person("agent")
    money.registry.register(thief, NOBODY, b"", 1, b"", [], sender=operator)
    with boa.reverts("staking: sender"):
        money.staking.claim_delegated(operator, delegator, sender=thief)
    with boa.reverts("staking: shares"):
        money.staking.thaw_delegated(operator, 1, sender=thief)
    with boa.reverts("staking: commission"):
        money.staking.set_commission(0, sender=thief)
    with boa.reverts("staking: nothing"):
        money.staking.collect(sender=thief)


# What nobody can hold up


def test_lock_of_nothing__by_a_stranger__logs_nothing_false(money, provider, attacker):
    with boa.reverts("staking: market"):
        money.staking.lock(provider, 0, sender=attacker)


def test_slash__while_the_token_says_no__goes_through(market, client):
    """A slash calls nobody, so nobody can hold up the close of a deal."""
    token, operator = ODD_TOKEN.deploy(), person("provider")
    payments = PAYMENTS.deploy(token.address, DELAY)
    staking = STAKING.deploy(token.address, payments.address, [market] * 4, LEVERAGE, THAW_BLOCKS)
    token.mint(operator, WHOLE)
    token.approve(staking.address, ANY, sender=operator)
    staking.stake(WHOLE, 0, sender=operator)
    staking.authorize(market, WHOLE, sender=operator)
    staking.lock(operator, XMBL, sender=market)
    token.refuse()
    staking.slash(operator, XMBL, 0, client, sender=market)
    assert staking.owed(client) == WHOLE // 2
    with boa.reverts("staking: transfer"):
        staking.collect(sender=client)


@pytest.fixture
def hooked(client: str) -> tuple[Any, Any, Any]:
    """A token that is asset, stake and market in one, so that it calls Staking in the middle of a transfer;
    Payments and Staking on it, where the client has a token each, the staked one locked."""
    token = ODD_TOKEN.deploy()
    payments = PAYMENTS.deploy(token.address, DELAY)
    staking = STAKING.deploy(token.address, payments.address, [token.address] * 4, LEVERAGE, THAW_BLOCKS)
    token.mint(client, 3 * WHOLE)
    for contract in (payments, staking):
        token.approve(contract.address, ANY, sender=client)
    payments.deposit(WHOLE, sender=client)
    staking.stake(WHOLE, 0, sender=client)
    staking.authorize(token.address, WHOLE, sender=client)
    staking.lock(client, XMBL, sender=token.address)
    return token, payments, staking


def test_slash__in_the_middle_of_a_payment__goes_through(hooked, client):
    """Payments is busy with a withdrawal when a market slashes, and still tells what it holds."""
    token, payments, staking = hooked
    token.set_hook(staking.address, staking.slash.prepare_calldata(client, XMBL, 0, NOBODY))
    payments.withdraw(1, sender=client)
    assert staking.stake_of(client)[:3] == (0, 0, 0)


@pytest.mark.parametrize("call", ["sync", "claim", "withdraw", "collect"])
def test_staking__entered_again_by_the_token__is_refused(hooked, client, call):
    token, _, staking = hooked
    token.set_hook(staking.address, getattr(staking, call).prepare_calldata())
    with boa.reverts():
        staking.stake(WHOLE, 0, sender=client)
