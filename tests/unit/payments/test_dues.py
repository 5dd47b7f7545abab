"""What vouchers bring is never more than is owed or there, and none is relied on longer than it lasts."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from tests.support.vouchers import BLOCK, DEAL, HOLDER, OTHER, OTHER_DEAL, READER, SIGNER, signed
from xmbl.payments.book import Held
from xmbl.payments.dues import dues
from xmbl.payments.policy import Lane, Standing

RICH = Standing(BLOCK, 10**18)

held_ones = st.lists(
    st.builds(
        lambda payee, number, cumulative, redeemed, expiry: Held(
            signed(cumulative, payee=payee, subject=bytes([number]) * 32, expiry=BLOCK + expiry),
            READER.address,
            redeemed,
        ),
        st.sampled_from([HOLDER, OTHER]),
        st.integers(0, 9),
        st.integers(0, 100),
        st.integers(0, 100),
        st.integers(-5, 50),
    ),
    max_size=8,
    unique_by=lambda held: (held.signed.voucher.payee, held.signed.voucher.subject),
)
lanes = st.builds(Lane, st.integers(0, 100), st.integers(BLOCK - 5, BLOCK + 50))


def held(cumulative=5, redeemed=0, signer=READER.address, **changed):
    return Held(signed(cumulative, **changed), signer, redeemed)


@given(held_ones, st.integers(0, 200), lanes, lanes)
def test_dues__whatever_is_held__brings_no_more_than_is_owed_or_there(found, free, mine, others):
    standing = Standing(BLOCK, free, {HOLDER: mine, OTHER: others})
    taken = dues(standing, found)
    owed = {one.signed.voucher: one.owed for one in found}
    assert all(0 < due.brings <= owed[due.voucher] for due in taken)
    assert all(due.last <= due.voucher.expiry and due.voucher.expiry >= BLOCK for due in taken)
    for payee, lane in ((HOLDER, mine), (OTHER, others)):
        assert sum(due.brings for due in taken if due.voucher.payee == payee) <= lane.amount + free
    assert sum(due.brings for due in taken) <= mine.amount + others.amount + free


def test_dues__a_lane__pays_first_and_bounds_how_long_to_wait():
    standing = replace(RICH, lanes={HOLDER: Lane(3, BLOCK + 7)})
    (due,) = dues(standing, [held()])
    assert (due.brings, due.last) == (5, BLOCK + 6)


def test_dues__a_hot_signer__bounds_how_long_to_wait_and_pays_nothing_once_dead():
    living = replace(RICH, signers={SIGNER.address: BLOCK + 3})
    assert dues(living, [held(signer=SIGNER.address)])[0].last == BLOCK + 2
    dead = replace(RICH, signers={SIGNER.address: BLOCK})
    assert dues(dead, [held(signer=SIGNER.address)]) == []


def test_dues__too_little_for_all__cannot_wait_and_pays_what_ends_first():
    first, second = held(5, expiry=BLOCK + 9), held(5, subject=OTHER_DEAL, expiry=BLOCK + 5)
    found = dues(Standing(BLOCK, 7), [first, second])
    assert [(due.voucher.subject, due.brings, due.last) for due in found] == [
        (OTHER_DEAL, 5, BLOCK), (DEAL, 2, BLOCK),
    ]  # fmt: skip
