import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.errors import Reverted
from xmbl.payments import stake_rules
from xmbl.payments.stake_rules import NOBODY, Bonds, Lock, Stake

OPERATOR, MARKET, CLIENT = ("0x" + digit * 40 for digit in "123")


def bonded(own: int = 100, limit: int = 80, locked: int = 0) -> Bonds:
    bonds = stake_rules.stake(Bonds(frozenset({MARKET}), thaw_blocks=10), OPERATOR, own)
    bonds = stake_rules.authorize(bonds, OPERATOR, MARKET, limit)
    return stake_rules.lock(bonds, OPERATOR, MARKET, locked)


@given(st.integers(1, 80), st.integers(0, 80), st.sampled_from([CLIENT, OPERATOR, NOBODY]))
def test_slash__any_part__gives_at_most_half(units, unlocked, beneficiary):
    bonds = bonded(locked=80)
    if units + unlocked > 80:
        unlocked = 80 - units
    after = stake_rules.slash(
        bonds, OPERATOR, MARKET, units=units, unlocked=unlocked, beneficiary=beneficiary
    )
    given_away, burnt = sum(after.owed.values()), after.lock_of(OPERATOR, MARKET).to_burn
    assert given_away == (0 if beneficiary == NOBODY else units // 2)
    assert given_away + burnt + after.total() == 100
    assert after.stake_of(OPERATOR).locked == after.lock_of(OPERATOR, MARKET).locked == 80 - units - unlocked


def test_slash__on_the_way_out__cuts_what_thaws():
    bonds = stake_rules.thaw(bonded(locked=80), OPERATOR, 100, block=5)
    after = stake_rules.slash(bonds, OPERATOR, MARKET, units=30, unlocked=0, beneficiary=CLIENT)
    assert after.stake_of(OPERATOR) == Stake(own=70, locked=50, thawing=70, thaw_until=15)


@pytest.mark.parametrize(("block", "leaves"), [(14, False), (15, True)])
def test_withdraw__its_time__decides(block, leaves):
    bonds = stake_rules.thaw(bonded(), OPERATOR, 40, block=5)
    if leaves:
        assert stake_rules.withdraw(bonds, OPERATOR, block).total() == 60
    else:
        with pytest.raises(Reverted) as refusal:
            stake_rules.withdraw(bonds, OPERATOR, block)
        assert refusal.value.reason == "staking: thawing"


def test_withdraw__what_covers_locks__is_refused():
    bonds = stake_rules.thaw(bonded(locked=61), OPERATOR, 40, block=5)
    with pytest.raises(Reverted, match=r"^Staking refuses this call: locked\.$"):
        stake_rules.withdraw(bonds, OPERATOR, 15)


@pytest.mark.parametrize(("limit", "thawing", "reason"), [(9, 0, "limit"), (100, 91, "stake")])
def test_lock__beyond_limit_or_free_stake__is_refused(limit, thawing, reason):
    bonds = bonded(limit=limit)
    if thawing:
        bonds = stake_rules.thaw(bonds, OPERATOR, thawing, block=5)
    with pytest.raises(Reverted) as refusal:
        stake_rules.lock(bonds, OPERATOR, MARKET, 10)
    assert refusal.value.reason == f"staking: {reason}"


def test_unlock__a_part__touches_nothing_else():
    after = stake_rules.unlock(bonded(locked=50), OPERATOR, MARKET, 20)
    assert after.lock_of(OPERATOR, MARKET) == Lock(limit=80, locked=30)
    assert after.stake_of(OPERATOR) == Stake(own=100, locked=30)


def test_claim_and_burn__what_a_slash_booked__empty_it():
    bonds = bonded(locked=80)
    bonds = stake_rules.slash(bonds, OPERATOR, MARKET, units=7, unlocked=0, beneficiary=CLIENT)
    bonds = stake_rules.burn(stake_rules.claim(bonds, CLIENT), OPERATOR, MARKET)
    for again in (
        lambda: stake_rules.claim(bonds, CLIENT),
        lambda: stake_rules.burn(bonds, OPERATOR, MARKET),
    ):
        with pytest.raises(Reverted) as refusal:
            again()
        assert refusal.value.reason == "staking: nothing"
