from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.errors import Reverted
from xmbl.payments import stake_rules
from xmbl.payments.bonds import Bonds, Lock, Stake
from xmbl.payments.shares import ONE, Exit, Pool
from xmbl.payments.stake_rules import NOBODY

OPERATOR, MARKET, CLIENT, DELEGATOR, OTHER = ("0x" + digit * 40 for digit in "12345")
MUCH = 2**31
"""Units of stake among which fees are shared out at once."""


def bonded(own: int = 100, limit: int = 80, locked: int = 0, delegated: int = 0) -> Bonds:
    bonds = Bonds(frozenset({MARKET}), thaw_blocks=10, leverage=2)
    bonds = stake_rules.stake(bonds, OPERATOR, own, 1_000)
    if delegated:
        bonds = stake_rules.delegate(bonds, OPERATOR, DELEGATOR, delegated)
    bonds = stake_rules.authorize(bonds, OPERATOR, MARKET, limit)
    return stake_rules.lock(bonds, OPERATOR, MARKET, locked)


def slashed(bonds: Bonds, units: int, unlocked: int = 0, beneficiary: str = CLIENT) -> Bonds:
    return stake_rules.slash(bonds, OPERATOR, MARKET, units=units, unlocked=unlocked, beneficiary=beneficiary)


def refuses(reason: str, call: Callable[[], Bonds]) -> None:
    with pytest.raises(Reverted) as refusal:
        call()
    assert refusal.value.reason == f"staking: {reason}"


@given(st.integers(1, 80), st.integers(0, 80), st.sampled_from([CLIENT, OPERATOR, NOBODY]))
def test_slash__any_part__gives_at_most_half(units, unlocked, beneficiary):
    bonds = bonded(locked=80)
    if units + unlocked > 80:
        unlocked = 80 - units
    after = slashed(bonds, units, unlocked, beneficiary)
    given_away, burnt = sum(after.owed.values()), after.lock_of(OPERATOR, MARKET).to_burn
    assert given_away == (0 if beneficiary == NOBODY else units // 2)
    assert given_away + burnt + after.total() == 100
    assert after.stake_of(OPERATOR).locked == after.lock_of(OPERATOR, MARKET).locked == 80 - units - unlocked


@given(st.data(), st.integers(1, 1000), st.integers(0, 3000), st.integers(1, 4))
def test_slash__whatever_is_locked__leaves_own_stake_to_carry_the_rest(data, own, delegated, leverage):
    bonds = replace(bonded(own, limit=10**6, delegated=delegated), leverage=leverage)
    locked = data.draw(st.integers(0, min(own + delegated, leverage * own)))
    bonds = stake_rules.lock(bonds, OPERATOR, MARKET, locked)
    units = data.draw(st.integers(0, locked))
    after = slashed(bonds, units).stake_of(OPERATOR)
    assert after.locked <= leverage * after.own
    assert after.locked <= after.own + after.delegated
    assert (own - after.own) + (delegated - after.delegated) == units
    borne_by_others = delegated - after.delegated
    assert borne_by_others == 0 or after.locked > leverage * (after.own - 1)


@pytest.mark.parametrize(
    ("own", "delegated", "locked", "lost", "of_own"),
    [
        (50, 50, 100, 50, 25),
        (50, 50, 100, 100, 50),
        (50, 50, 60, 20, 20),
        (1, 99, 2, 2, 1),
        (50, 5, 55, 55, 50),
    ],
)
def test_own_part__leverage_of_two__keeps_half_of_what_stays_locked(own, delegated, locked, lost, of_own):
    assert stake_rules.own_part(own, locked - lost, lost, leverage=2) == of_own
    after = slashed(bonded(own, locked, locked, delegated), lost)
    assert after.owed[CLIENT] == of_own // 2
    assert after.stake_of(OPERATOR).delegated == delegated - (lost - of_own)


def test_slash__on_the_way_out__cuts_what_thaws():
    bonds = stake_rules.thaw(bonded(locked=80), OPERATOR, 100, block=5)
    assert slashed(bonds, 30).stake_of(OPERATOR) == Stake(own=70, locked=50, thawing=70, thaw_until=15)


@pytest.mark.parametrize(("left", "generation"), [(2, 0), (1, 1), (0, 1)])
def test_slash__of_nearly_all_that_is_delegated__starts_a_new_generation(left, generation):
    """Own 2^17 carry locks of 2^18; what stays of as much delegated is worth 2^-16 at least, or nothing."""
    bonds = bonded(2**17, 2**18, 2**18, 2**17)
    bonds = stake_rules.thaw_delegated(bonds, OPERATOR, DELEGATOR, 5, block=0)
    after = slashed(bonds, 2**18 - 2 * left, 0)
    assert after.stake_of(OPERATOR).delegated == left
    assert after.pools[OPERATOR].generation == generation
    if generation:
        assert after.pools[OPERATOR] == Pool(1_000, generation=1)
        assert (after.value_of(OPERATOR, DELEGATOR), after.exit_of(OPERATOR, DELEGATOR)) == (0, Exit())
    else:
        assert after.pools[OPERATOR].price == ONE >> 16


@pytest.mark.parametrize(("left", "joins"), [(2**9, True), (2**9 - 1, False)])
def test_delegate__below_a_256th__is_closed(left, joins):
    bonds = slashed(bonded(2**17, 2**18, 2**18, 2**17), 2**18 - 2 * left)
    if joins:
        after = stake_rules.delegate(bonds, OPERATOR, OTHER, 7)
        assert after.delegation_of(OPERATOR, OTHER).shares == 7 * 256
        assert (after.value_of(OPERATOR, OTHER), after.value_of(OPERATOR, DELEGATOR)) == (7, left)
    else:
        refuses("closed", lambda: stake_rules.delegate(bonds, OPERATOR, OTHER, 7))


def test_delegate__to_who_never_staked__is_refused():
    refuses("operator", lambda: stake_rules.delegate(bonded(), OTHER, DELEGATOR, 1))


@pytest.mark.parametrize(("block", "leaves"), [(14, False), (15, True)])
def test_withdraw__its_time__decides(block, leaves):
    bonds = stake_rules.thaw(bonded(), OPERATOR, 40, block=5)
    if leaves:
        assert stake_rules.withdraw(bonds, OPERATOR, block).total() == 60
    else:
        refuses("thawing", lambda: stake_rules.withdraw(bonds, OPERATOR, block))


def test_withdraw__what_covers_locks__is_refused():
    bonds = stake_rules.thaw(bonded(locked=61), OPERATOR, 40, block=5)
    with pytest.raises(Reverted, match=r"^Staking refuses this call: locked\.$"):
        stake_rules.withdraw(bonds, OPERATOR, 15)


@pytest.mark.parametrize(("thawed", "leaves"), [(60, True), (61, False)])
def test_withdraw__own_that_carries_locks_on_delegated__is_refused(thawed, leaves):
    bonds = stake_rules.thaw(bonded(locked=80, delegated=100), OPERATOR, thawed, block=5)
    if leaves:
        assert stake_rules.withdraw(bonds, OPERATOR, 15).stake_of(OPERATOR).own == 40
    else:
        refuses("leverage", lambda: stake_rules.withdraw(bonds, OPERATOR, 15))


@pytest.mark.parametrize(("shares", "leaves"), [(20, True), (21, False)])
def test_withdraw_delegated__what_covers_locks__is_refused(shares, leaves):
    bonds = bonded(limit=180, locked=180, delegated=100)
    bonds = stake_rules.thaw_delegated(bonds, OPERATOR, DELEGATOR, shares, block=5)
    if leaves:
        after = stake_rules.withdraw_delegated(bonds, OPERATOR, DELEGATOR, 15)
        assert after.value_of(OPERATOR, DELEGATOR) == 80
    else:
        refuses("locked", lambda: stake_rules.withdraw_delegated(bonds, OPERATOR, DELEGATOR, 15))


@pytest.mark.parametrize(
    ("limit", "thawing", "delegated", "units", "reason"),
    [(9, 0, 0, 10, "limit"), (999, 91, 0, 10, "stake"), (999, 91, 99, 19, "leverage")],
)
def test_lock__beyond_limit_or_free_stake_or_leverage__is_refused(limit, thawing, delegated, units, reason):
    bonds = bonded(limit=limit, delegated=delegated)
    if thawing:
        bonds = stake_rules.thaw(bonds, OPERATOR, thawing, block=5)
    refuses(reason, lambda: stake_rules.lock(bonds, OPERATOR, MARKET, units))


def test_unlock__a_part__touches_nothing_else():
    after = stake_rules.unlock(bonded(locked=50), OPERATOR, MARKET, 20)
    assert after.lock_of(OPERATOR, MARKET) == Lock(limit=80, locked=30)
    assert after.stake_of(OPERATOR) == Stake(own=100, locked=30)


def test_collect_and_burn__what_a_slash_booked__empty_it():
    bonds = slashed(bonded(locked=80), 7)
    bonds = stake_rules.burn(stake_rules.collect(bonds, CLIENT), OPERATOR, MARKET)
    refuses("nothing", lambda: stake_rules.collect(bonds, CLIENT))
    refuses("nothing", lambda: stake_rules.burn(bonds, OPERATOR, MARKET))


def test_stake__another_commission_than_the_first__is_refused():
    refuses("commission", lambda: stake_rules.stake(bonded(), OPERATOR, 1, 999))
    refuses("commission", lambda: stake_rules.stake(bonded(), OTHER, 1, 10_001))


def test_set_commission__only_a_lower_one__is_taken():
    after = stake_rules.set_commission(bonded(), OPERATOR, 999)
    assert after.pools[OPERATOR].commission == 999
    refuses("commission", lambda: stake_rules.set_commission(after, OPERATOR, 999))


def test_claims__of_all_stakes__share_what_came_in_less_the_commission():
    bonds = stake_rules.earn(bonded(MUCH, delegated=3 * MUCH), 4_000)
    bonds = stake_rules.claim(bonds, OPERATOR)
    bonds = stake_rules.claim_delegated(bonds, OPERATOR, DELEGATOR, OPERATOR)
    assert bonds.earned == {OPERATOR: 1_000 + 300, DELEGATOR: 2_700}
    assert bonds.income == bonds.fees.accounted == 0
    refuses("nothing", lambda: stake_rules.claim(bonds, OPERATOR))
    refuses("nothing", lambda: stake_rules.claim_delegated(bonds, OPERATOR, DELEGATOR, DELEGATOR))
    refuses("sender", lambda: stake_rules.claim_delegated(bonds, OPERATOR, DELEGATOR, OTHER))


def test_sync__below_the_least_stake__waits_for_more():
    bonds = stake_rules.sync(stake_rules.earn(bonded(2**30 - 1), 10**18))
    assert bonds.fees.accounted == 0
    bonds = stake_rules.stake(bonds, OPERATOR, 1, 1_000)
    assert stake_rules.sync(bonds).fees_of(OPERATOR) == 10**18


def test_sync__more_than_fits__takes_it_bit_by_bit():
    bonds = stake_rules.sync(stake_rules.earn(bonded(2**30), 2**72))
    assert bonds.fees.accounted == 2**70
    bonds = stake_rules.earn(bonded(2**59), 2**90)
    for _ in range(3):
        bonds = stake_rules.sync(bonds)
    assert bonds.fees.accounted == 2**84 - 1
