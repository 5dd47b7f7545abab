"""Rates and records as delegators read them."""

import pytest

from xmbl.cli.delegating import parse_commission, percent
from xmbl.errors import UsageError
from xmbl.storage.track_record import Income


@pytest.mark.parametrize(("text", "points"), [("0%", 0), ("5%", 500), ("2.5 %", 250), ("100%", 10_000)])
def test_parse_commission__percents__are_basis_points(text, points):
    assert parse_commission(text) == points


@pytest.mark.parametrize("text", ["5", "101%", "0.001%", "-1%", "half"])
def test_parse_commission__anything_else__is_refused(text):
    with pytest.raises(UsageError, match="is not a commission"):
        parse_commission(text)


@pytest.mark.parametrize(("points", "text"), [(0, "0%"), (250, "2.5%"), (10_000, "100%")])
def test_percent__basis_points__are_readable(points, text):
    assert percent(points) == text


def test_yearly__a_thousandth_in_a_day__is_a_third_in_a_year_after_commission():
    assert Income(fees=1, seconds=86_400, stake=1_000).yearly(commission=1_000) == 3_285


@pytest.mark.parametrize("income", [Income(5, 0, 5), Income(5, 5, 0)])
def test_yearly__nothing_to_compare__is_nothing(income):
    assert income.yearly(0) == 0
