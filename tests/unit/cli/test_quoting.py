"""What a file of several parts costs, summed over parts, copies and periods."""

from collections.abc import Iterable
from types import SimpleNamespace

import pytest

from xmbl.chain.deploy import PRESETS
from xmbl.cli.quoting import Question, bids, no_limit, parts_of, quoted
from xmbl.crypto.merkle import MAX_LEAVES
from xmbl.storage.backing import Backing
from xmbl.storage.policy import price_of
from xmbl.storage.rules import MAX_PRICE
from xmbl.units import STAKE_UNIT

MARKET = PRESETS["devnet"].market
UNIT = MARKET.price_unit
NORTH, EAST, SOUTH = ("0x" + digit * 40 for digit in "123")


def offer(operator: str, price: int) -> SimpleNamespace:
    terms = SimpleNamespace(price=price, collateral=50 * price * UNIT // STAKE_UNIT)
    return SimpleNamespace(
        candidate=SimpleNamespace(operator=operator), quote=SimpleNamespace(terms=terms, egress=10**15)
    )


@pytest.mark.parametrize(
    ("size", "parts"),
    [(0, {0: 1}), (7, {7: 1}), (8, {8: 1}), (10, {8: 1, 2: 1}), (26, {8: 3, 2: 1}), (16, {8: 2})],
)
def test_parts_of__any_size__is_whole_parts_and_a_rest(size, parts):
    assert parts_of(size, 8) == parts


def behind(operators: Iterable[str]) -> dict[str, Backing]:
    return {
        each: Backing(weight=66, own=10**15, locked=10**15, leverage=2, proven=28, missed=2)
        for each in operators
    }


def test_quoted__two_parts__sums_parts_copies_and_periods():
    question = Question(parts_of(26, 8), copies=2, periods=30)
    found = [
        [offer(NORTH, 10), offer(EAST, 11), offer(SOUTH, 1)],
        [offer(EAST, 2), offer(NORTH, 4)],  # south has no room for the rest
    ]
    document, table, sentence = quoted(question, bids(question, found, behind), MARKET)
    assert [(each["operator"], each["price_wei"], each["total_wei"]) for each in document["offers"]] == [
        (NORTH, 34 * UNIT, 34 * 30 * UNIT),
        (EAST, 35 * UNIT, 35 * 30 * UNIT),
    ]
    assert (document["parts"], document["total_wei"]) == (4, 69 * 30 * UNIT)
    assert table.rows[0][:3] == (NORTH, "0.000034 XMBL", "0.00102 XMBL")
    assert sentence == "2 copies, each in 4 parts, for 30 periods: 0.00207 XMBL."


def test_quoted__what_stands_behind__is_beside_the_price():
    question = Question(parts_of(5, 8), 1, 1)
    document, table, _ = quoted(question, bids(question, [[offer(NORTH, 34)]], behind), MARKET)
    [found] = document["offers"]
    assert (found["ring_wei"], found["ring_share_basis_points"]) == (66 * UNIT, 3_400)
    assert found["collateral_wei"] == 1_700 * UNIT
    assert found["penalty_wei"] == 1_700 * UNIT // 3 // STAKE_UNIT * STAKE_UNIT
    # half of what its own stake leaves: 10^15 - 10^15 / 2
    assert found["cover_wei"] == 250 * UNIT
    assert (found["periods_proven"], found["periods_missed"]) == (28, 2)
    assert found["egress_wei"] == 10**15
    assert table.rows[0][3:] == ("0.001 XMBL", "0.000066 XMBL", "34.0%", "0.00025 XMBL", "16.7", "2 of 30")


def test_quoted__too_few_operators__gives_no_total():
    question = Question(parts_of(5, 8), 3, 1)
    document, _, sentence = quoted(question, bids(question, [[offer(NORTH, 1)]], behind), MARKET)
    assert document["total_wei"] is None
    assert sentence == "3 copies can't be had: 1 operator would take all of it; ask for fewer."


@pytest.mark.parametrize("leaves", [1, MAX_LEAVES])
def test_no_limit__dearest_price__is_below_it(leaves):
    assert price_of(no_limit(MARKET), MARKET, leaves) > MAX_PRICE
