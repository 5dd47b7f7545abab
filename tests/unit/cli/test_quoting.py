"""What a file of several parts costs, summed over parts, copies and periods."""

from types import SimpleNamespace

import pytest

from xmbl.chain.deploy import PRESETS
from xmbl.cli.quoting import Question, no_limit, parts_of, quoted
from xmbl.crypto.merkle import MAX_LEAVES
from xmbl.storage.policy import price_of
from xmbl.storage.rules import MAX_PRICE

UNIT = 10**12
NORTH, EAST, SOUTH = ("0x" + digit * 40 for digit in "123")


def offer(operator: str, price: int) -> SimpleNamespace:
    terms = SimpleNamespace(price=price)
    return SimpleNamespace(candidate=SimpleNamespace(operator=operator), quote=SimpleNamespace(terms=terms))


@pytest.mark.parametrize(
    ("size", "parts"),
    [(0, {0: 1}), (7, {7: 1}), (8, {8: 1}), (10, {8: 1, 2: 1}), (26, {8: 3, 2: 1}), (16, {8: 2})],
)
def test_parts_of__any_size__is_whole_parts_and_a_rest(size, parts):
    assert parts_of(size, 8) == parts


def test_quoted__two_parts__sums_parts_copies_and_periods():
    question = Question(parts_of(26, 8), copies=2, periods=30)
    found = [
        [offer(NORTH, 10), offer(EAST, 11), offer(SOUTH, 1)],
        [offer(EAST, 2), offer(NORTH, 4)],  # south has no room for the rest
    ]
    document, table, sentence = quoted(question, found, UNIT)
    assert document["offers"] == [
        {"operator": NORTH, "price_wei": 34 * UNIT, "total_wei": 34 * 30 * UNIT},
        {"operator": EAST, "price_wei": 35 * UNIT, "total_wei": 35 * 30 * UNIT},
    ]
    assert (document["parts"], document["total_wei"]) == (4, 69 * 30 * UNIT)
    assert table.rows[0] == (NORTH, "0.000034 XMBL", "0.00102 XMBL")
    assert sentence == "2 copies, each in 4 parts, for 30 periods: 0.00207 XMBL."


def test_quoted__too_few_operators__gives_no_total():
    document, _, sentence = quoted(Question(parts_of(5, 8), 3, 1), [[offer(NORTH, 1)]], UNIT)
    assert document["total_wei"] is None
    assert sentence == "3 copies can't be had: 1 operator would take all of it; ask for fewer."


@pytest.mark.parametrize("leaves", [1, MAX_LEAVES])
def test_no_limit__dearest_price__is_below_it(leaves):
    parameters = PRESETS["devnet"].market
    assert price_of(no_limit(parameters), parameters, leaves) > MAX_PRICE
