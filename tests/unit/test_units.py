"""Amounts and sizes: what people write becomes integers and back, and nothing is rounded."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xmbl.errors import UsageError
from xmbl.units import format_amount, format_size, parse_amount, parse_size


@pytest.mark.parametrize(
    ("text", "wei"),
    [
        ("1", 10**18),
        ("1.5 XMBL", 15 * 10**17),
        ("3 gwei", 3 * 10**9),
        ("10wei", 10),
        ("1_000", 10**21),
        ("0", 0),
        ("0.000000000000000001", 1),
    ],
)
def test_parse_amount__what_people_write__is_wei(text, wei):
    assert parse_amount(text) == wei


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("abc", "'abc' is not an amount; write it like 1.5 XMBL or 10 wei."),
        ("", "'' is not an amount; write it like 1.5 XMBL or 10 wei."),
        ("1 parsec", "'1 parsec' has no unit that I know for an amount; write it like 1.5 XMBL or 10 wei."),
        ("1.5 wei", "'1.5 wei' is not a whole number of the smallest unit; check its digits."),
        ("-1", "'-1' is not an amount; write it like 1.5 XMBL or 10 wei."),
        ("1e400", "'1e400' is not an amount; write it like 1.5 XMBL or 10 wei."),
        ("NaN", "'NaN' is not an amount; write it like 1.5 XMBL or 10 wei."),
    ],
)
def test_parse_amount__nonsense__says_what_to_write(text, said):
    with pytest.raises(UsageError) as caught:
        parse_amount(text)
    assert str(caught.value) == said


@given(st.integers(0, 2**112))
def test_format_amount__any_amount__can_be_read_back(wei):
    assert parse_amount(format_amount(wei).replace(",", "")) == wei


@pytest.mark.parametrize(
    ("wei", "shown"),
    [
        (0, "0 XMBL"),
        (999_999, "999999 wei"),
        (10**6, "0.000000000001 XMBL"),
        (1_234_567 * 10**18, "1,234,567 XMBL"),
        (-5 * 10**17, "-0.5 XMBL"),
    ],
)
def test_format_amount__every_size__keeps_its_unit(wei, shown):
    assert format_amount(wei) == shown


@pytest.mark.parametrize(
    ("text", "count"), [("512", 512), ("10 MiB", 10 * 2**20), ("2 GB", 2 * 10**9), ("1.5KiB", 1536)]
)
def test_parse_size__what_people_write__is_bytes(text, count):
    assert parse_size(text) == count


@pytest.mark.parametrize("text", ["ten", "1 mile", "0.5", "-1 MiB"])
def test_parse_size__nonsense__is_refused(text):
    with pytest.raises(UsageError):
        parse_size(text)


@pytest.mark.parametrize(
    ("count", "shown"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (2**40, "1 TiB")]
)
def test_format_size__every_size__is_short(count, shown):
    assert format_size(count) == shown
