"""Whom a holder serves, how much a reader promises, when vouchers are redeemed: each reason is tripped."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.vouchers import BLOCK, DEAL, HOLDER, MARGIN, OTHER, READER, SIGNER, WINDOW, signed
from xmbl.chain.payments import MOST_VOUCHERS
from xmbl.errors import Refused
from xmbl.payments.policy import (
    Due,
    Lane,
    Limits,
    Presented,
    Spending,
    Standing,
    Tab,
    Thrift,
    check,
    require_within,
    to_redeem,
)
from xmbl.units import WHOLE

DUE = WINDOW.price
STANDING = Standing(BLOCK, WHOLE)
LAST = BLOCK + MARGIN


def refusal(voucher, signer=READER.address, best=0, owed=None, standing=STANDING) -> str:
    tab = Tab(best, {HOLDER: voucher.cumulative - best} if owed is None else owed)
    try:
        check(Presented(voucher, signer), WINDOW, tab, standing, MARGIN)
    except Refused as refused:
        return str(refused)
    return ""


def voucher(cumulative=DUE, **changed):
    return replace(signed(cumulative).voucher, **changed)


def test_check__exactly_what_is_due__is_taken():
    assert refusal(voucher()) == ""
    assert refusal(voucher(3 * DUE), best=2 * DUE) == ""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"payee": OTHER}, "pays somebody else or for something else"),
        ({"subject": bytes(32)}, "pays somebody else or for something else"),
        ({"expiry": LAST - 1}, "expires in block 1599; sign one that lasts to 1600"),
        ({"cumulative": DUE - 1}, "is due at 0.001 XMBL in all, and the voucher says"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_check__a_voucher_that_lacks_something__is_refused_with_the_reason(changed, reason):
    assert reason in refusal(voucher(**changed))


def test_check__expiry_at_the_margin__is_taken():
    assert refusal(voucher(expiry=LAST)) == ""


@pytest.mark.parametrize("cumulative", [DUE, 2 * DUE])
def test_check__no_higher_than_what_is_held__is_refused(cumulative):
    assert "I hold a voucher of 0.002 XMBL already" in refusal(voucher(cumulative), best=2 * DUE)


@pytest.mark.parametrize(
    ("until", "reason"),
    [
        (0, "may not sign for"),
        (BLOCK, "may not sign for"),
        (LAST, "may sign up to block 1600 only"),
        (LAST + 1, ""),
    ],
)
def test_check__a_hot_signer__must_outlast_the_margin(until, reason):
    standing = replace(STANDING, signers={SIGNER.address: until})
    found = refusal(voucher(), SIGNER.address, standing=standing)
    assert reason in found
    assert bool(found) == bool(reason)


def test_check__more_than_account_and_lane_hold__is_refused():
    standing = Standing(BLOCK, DUE, {HOLDER: Lane(DUE, LAST)})
    assert refusal(voucher(2 * DUE), standing=standing) == ""
    assert "0.001 XMBL short of what your vouchers come to" in refusal(voucher(3 * DUE), standing=standing)


def test_check__a_lane_that_ends_within_the_margin__counts_nothing():
    standing = Standing(BLOCK, 0, {HOLDER: Lane(DUE, LAST - 1)})
    assert "short" in refusal(voucher(), standing=standing)


def test_check__vouchers_for_other_subjects__count_against_the_lane():
    """A lane serves all subjects: what the payer owes for others is gone from it."""
    standing = Standing(BLOCK, 0, {HOLDER: Lane(10 * DUE, LAST)})
    assert refusal(voucher(), owed={HOLDER: 10 * DUE}, standing=standing) == ""
    assert "short" in refusal(voucher(), owed={HOLDER: 11 * DUE}, standing=standing)


def test_check__one_payees_lane__covers_nothing_of_anothers():
    standing = Standing(BLOCK, 0, {HOLDER: Lane(10 * DUE, LAST)})
    assert "short" in refusal(voucher(), owed={HOLDER: DUE, OTHER: DUE}, standing=standing)


@pytest.mark.parametrize(
    ("spending", "name"),
    [(Spending(peer=10), "this payee"), (Spending(subject=10), "this deal"), (Spending(day=10), "a day")],
)
def test_require_within__beyond_a_limit__names_it_and_the_remedy(spending, name):
    limits = Limits(10, 10, 10)
    require_within(limits, Spending(9, 9, 9), 1)
    with pytest.raises(Refused, match=f"11 wei for {name}, above the limit of 10 wei; raise it"):
        require_within(limits, spending, 1)


# redeeming

FEE = 10**9
THRIFT = Thrift(ratio=20)
vouchers = st.integers(0, 99).map(lambda number: voucher(subject=bytes([number]) * 32))
dues = st.lists(
    st.builds(Due, vouchers, st.integers(0, 10**16), st.integers(BLOCK, BLOCK + 3 * MARGIN)), max_size=80
)


def due(brings, last=BLOCK + 10 * MARGIN, subject=DEAL):
    return Due(voucher(subject=subject), brings, last)


def chosen(*found):
    return to_redeem(found, BLOCK, MARGIN, FEE, THRIFT)


def test_to_redeem__worth_the_gas__takes_it():
    each = THRIFT.ratio * THRIFT.cost(48_000, FEE)
    assert chosen(due(each)) == [due(each)]
    assert chosen(due(each - 1)) == []


def test_to_redeem__many_small_ones__are_worth_it_together():
    small = [due(THRIFT.cost(600_000, FEE), subject=bytes([number]) * 32) for number in range(5)]
    assert chosen(*small[:1]) == []
    assert len(chosen(*small)) == 5


def test_to_redeem__an_ether_that_is_worth_more__waits_longer():
    each = THRIFT.ratio * THRIFT.cost(48_000, FEE)
    assert to_redeem([due(each)], BLOCK, MARGIN, FEE, replace(THRIFT, ether=2 * WHOLE)) == []


@given(dues)
def test_to_redeem__whatever_is_due__takes_what_cannot_wait_unless_it_costs_more_than_it_brings(found):
    taken = chosen(*found)
    assert len(taken) <= MOST_VOUCHERS
    urgent = [one for one in found if one.last - BLOCK <= MARGIN and one.brings > THRIFT.cost(20_000, FEE)]
    assert not urgent or taken
    assert all(one.brings > THRIFT.cost(20_000, FEE) for one in taken)


@given(dues)
def test_to_redeem__again_and_again__leaves_nothing_urgent(found):
    left = list(found)
    while taken := chosen(*left):
        left = [one for one in left if not any(one is each for each in taken)]
    assert [one for one in left if one.last - BLOCK <= MARGIN and one.brings > THRIFT.cost(20_000, FEE)] == []


def test_to_redeem__an_urgent_wei__is_let_go():
    assert chosen(due(1, last=BLOCK)) == []
