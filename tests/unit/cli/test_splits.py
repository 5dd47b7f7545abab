"""Splits as a person writes them, and the memory of them."""

import pytest

from xmbl import config
from xmbl.cli.splits import Split, known, parse_split, remember
from xmbl.errors import ConfigError, UsageError

FIRST, SECOND, THIRD = (f"0x{number:040x}" for number in (1, 2, 0xF00))


def test_parse_split__percents__become_weights_in_ascending_order():
    split = parse_split([(THIRD, "12.5%"), (FIRST, "33.3333%"), (SECOND, "54.1667%")])
    assert split == Split((FIRST, SECOND, THIRD), (333_333, 541_667, 125_000))
    assert split.shares() == [(FIRST, "33.3333 %"), (SECOND, "54.1667 %"), (THIRD, "12.5 %")]


def test_parse_split__weights__are_taken_as_they_are():
    assert parse_split([(FIRST, "999999"), (SECOND, "1")]).weights == (999_999, 1)


@pytest.mark.parametrize(
    ("shares", "complaint"),
    [
        ([(FIRST, "50%"), (FIRST, "50%")], "named twice"),
        ([(FIRST, "50%"), (SECOND, "49.9999%")], "add up to 99.9999 %"),
        ([(FIRST, "100.00001%")], "is no share"),
        ([(FIRST, "half")], "is no share"),
        ([(FIRST, "-1"), (SECOND, "1000001")], "is no share"),
        ([(FIRST, "1.5")], "is no share"),
        ([(FIRST, "%")], "is no share"),
        ([(FIRST, "0%"), (SECOND, "100%")], "more than nothing"),
        ([(f"0x{number:040x}", "1") for number in range(1, 202)], "1 to 200 recipients, not 201"),
    ],
)
def test_parse_split__impossible_shares__are_refused(shares, complaint):
    with pytest.raises(UsageError, match=complaint):
        parse_split(shares)


def test_known__remembered__are_found_again(tmp_path):
    folders = config.folders({"XMBL_HOME": str(tmp_path)})
    assert known(folders) == {}
    remember(folders, THIRD, Split((FIRST, SECOND), (1, 999_999)))
    remember(folders, FIRST, Split((SECOND,), (1_000_000,)))
    assert known(folders) == {
        THIRD: Split((FIRST, SECOND), (1, 999_999)),
        FIRST: Split((SECOND,), (1_000_000,)),
    }


@pytest.mark.parametrize("text", ["{", "[]", '{"0x": {}}'])
def test_known__damaged_file__is_named(tmp_path, text):
    folders = config.folders({"XMBL_HOME": str(tmp_path)})
    config.write_text(folders.config / "splits.json", text)
    with pytest.raises(ConfigError, match=r"splits\.json is damaged"):
        known(folders)
