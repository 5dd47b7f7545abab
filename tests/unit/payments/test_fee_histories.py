"""S10: two histories that differ only in when `sync` ran give the same claims, within a wei a step."""

from collections.abc import Callable
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from xmbl.payments import stake_rules
from xmbl.payments.bonds import Bonds
from xmbl.payments.fee_index import INDEX_BITS, FeeIndex

OPERATOR, MARKET, DELEGATOR, OTHER = ("0x" + digit * 40 for digit in "1234")
HOLDERS = [DELEGATOR, OTHER]
LEAST = 2**30
Move = Callable[[Bonds], Bonds]

units = st.integers(1, 10**12)
moves = st.one_of(
    st.builds(lambda wei: lambda bonds: stake_rules.earn(bonds, wei), st.integers(0, 10**20)),
    st.builds(lambda more: lambda bonds: stake_rules.stake(bonds, OPERATOR, more, 500), units),
    st.builds(
        lambda who, more: lambda bonds: stake_rules.delegate(bonds, OPERATOR, who, more),
        st.sampled_from(HOLDERS),
        units,
    ),
    st.builds(lambda who, part: lambda bonds: leave(bonds, who, part), st.sampled_from(HOLDERS), units),
    st.builds(lambda part: lambda bonds: lose(bonds, part), units),
)


def leave(bonds: Bonds, holder: str, part: int) -> Bonds:
    """A delegator takes out some of what it has, and its fees."""
    shares = part % (bonds.delegation_of(OPERATOR, holder).shares + 1)
    if not shares:
        return bonds
    bonds = stake_rules.thaw_delegated(bonds, OPERATOR, holder, shares, block=0)
    return stake_rules.withdraw_delegated(bonds, OPERATOR, holder, block=7)


def lose(bonds: Bonds, part: int) -> Bonds:
    """A slash, in part of what is delegated."""
    stake = bonds.stake_of(OPERATOR)
    locked = min(stake.own + stake.delegated, 2 * stake.own)
    bonds = stake_rules.lock(bonds, OPERATOR, MARKET, locked)
    lost, nobody = part % (locked // 2 + 1), stake_rules.NOBODY
    return stake_rules.slash(bonds, OPERATOR, MARKET, units=lost, unlocked=locked - lost, beneficiary=nobody)


def opened() -> Bonds:
    bonds = Bonds(frozenset({MARKET}), thaw_blocks=7, leverage=2)
    bonds = stake_rules.stake(bonds, OPERATOR, 4 * LEAST, 500)
    return stake_rules.authorize(bonds, OPERATOR, MARKET, 2**60 - 1)


def ends(bonds: Bonds) -> dict[str, int]:
    """What everybody got and could claim."""
    bonds = stake_rules.sync(bonds)
    claims = [bonds.fees_of_delegation(OPERATOR, holder) for holder in HOLDERS]
    result = {
        holder: bonds.earned.get(holder, 0) + claim[0] for holder, claim in zip(HOLDERS, claims, strict=True)
    }
    commissions = sum(commission for _, commission in claims)
    return result | {OPERATOR: bonds.earned.get(OPERATOR, 0) + bonds.fees_of(OPERATOR) + commissions}


@given(st.lists(st.tuples(moves, st.booleans()), max_size=25))
def test_claims__synced_more_or_less_often__are_the_same(history: list[tuple[Move, bool]]) -> None:
    eager = lazy = opened()
    for move, synced in history:
        if lazy.total() < LEAST or waits(lazy):
            return  # what waits goes to who stakes when it stops waiting
        eager, lazy = move(eager), move(lazy)
        eager = stake_rules.sync(eager) if synced else eager
    first, second = ends(eager), ends(lazy)
    assert all(abs(first[who] - second[who]) <= len(history) + 1 for who in first)


def waits(bonds: Bonds) -> bool:
    return stake_rules.sync(bonds).fees.accounted != bonds.income


@given(st.lists(st.integers(0, 2**70), max_size=20), st.integers(LEAST, 2**59), st.integers(0, 2**112 - 1))
def test_index__wherever_it_starts__pays_a_stake_its_part(fees: list[int], total: int, start: int) -> None:
    """The index runs over at some time; gaps don't notice."""
    index, balance = FeeIndex(index=start), 0
    for fee in fees:
        balance += fee
        index = index.learnt(balance, total)
    exact = Fraction(index.accounted * (total // 3), total)
    if exact * 2**64 / (total // 3) < 2**INDEX_BITS:
        assert exact - len(fees) - 1 < index.due(start, total // 3) <= exact


@given(st.integers(0, 2**112 - 1), st.integers(0, 2**112 - 1), st.integers(0, 2**59), st.integers(1, 2**59))
def test_blended__a_stake_that_grows__is_due_what_it_was_due(
    index: int, paid: int, before: int, more: int
) -> None:
    fees = FeeIndex(index=index)
    due = fees.due(fees.blended(paid, before, more), before + more)
    assert fees.due(paid, before) - 1 <= due <= fees.due(paid, before)
