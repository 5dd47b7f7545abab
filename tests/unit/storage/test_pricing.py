"""What reading costs: rounded up for each window, and shown at most before it is paid."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.crypto.envelope import CHUNK_SEALED, sealed_size
from xmbl.crypto.typed_data import ReadQuote
from xmbl.storage.egress import LEAST_WINDOW, price_of
from xmbl.storage.fields import READ_LIMIT, WINDOW_LIMIT
from xmbl.storage.pricing import Priced, bound_of, cost_of, fair
from xmbl.storage.reading import WINDOW, Paid

PARTY = "0x" + "11" * 20


def paid(egress=10**15, window=WINDOW_LIMIT):
    return Paid(None, ReadQuote(PARTY, bytes(32), PARTY, egress, window, 1))


@pytest.mark.parametrize(
    ("egress", "length", "price"),
    [(10**15, 2**20, 10**15), (1, 1, 1), (1, 2**20 + 1, 2), (0, 5, 0), (3, 2**19, 2)],
)
def test_price_of__any_length__is_rounded_up(egress, length, price):
    assert price_of(egress, length) == price


@given(st.integers(0, 10**18), st.integers(LEAST_WINDOW, 2 * WINDOW_LIMIT), st.integers(1, 2**26))
def test_cost__of_all_windows__is_at_least_that_of_the_whole_and_a_wei_a_window_more_at_most(
    egress, window, total
):
    way = paid(egress, window)
    windows = -(-total // way.step)
    assert price_of(egress, total) <= way.cost(total) <= price_of(egress, total) + windows


@given(st.integers(LEAST_WINDOW, 2 * WINDOW_LIMIT))
def test_step__of_any_window__is_whole_chunks_and_never_puts_more_than_a_window_at_risk(window):
    way = paid(window=window)
    assert way.step % CHUNK_SEALED == 0
    assert 0 < way.step <= READ_LIMIT
    assert way.ahead * way.step <= min(window, WINDOW)


def test_cost_of__several_holders__is_the_dearest_of_each_part():
    prices = [
        Priced(0, 0, PARTY, PARTY, 1, 10),
        Priced(1, 0, PARTY, PARTY, 2, 20),
        Priced(2, 1, PARTY, PARTY, 0, 0, "asleep"),
        Priced(3, 1, PARTY, PARTY, 1, 5),
    ]
    assert cost_of(prices) == 25
    assert cost_of([]) == 0


def test_bound_of__several_holders__is_a_window_more_for_each_but_the_last():
    prices = [
        Priced(0, 0, PARTY, PARTY, 1, 10, window=3),
        Priced(1, 0, PARTY, PARTY, 2, 20, window=6),
        Priced(2, 0, PARTY, PARTY, 0, 0, "asleep"),
        Priced(3, 1, PARTY, PARTY, 1, 5, window=5),
    ]
    assert bound_of(prices) == 25 + 6
    assert bound_of(prices[3:]) == 5
    assert bound_of([]) == bound_of(prices[2:3]) == 0


@given(st.lists(st.integers(1, 2**32), min_size=1, max_size=5), st.integers(0, 10**24))
def test_fair__any_file__all_of_it_costs_no_more(sizes, most):
    manifest = SimpleNamespace(parts=[SimpleNamespace(size=size) for size in sizes])
    sealed = sum(sealed_size(size) for size in sizes)
    assert price_of(fair(manifest, most), sealed) <= most < price_of(fair(manifest, most) + 1, sealed) + 1
