"""When a block to come is expected, and who is told that something ends soon."""

import re
from dataclasses import replace
from types import SimpleNamespace

import pytest

from xmbl.chain.client import Header
from xmbl.cli.foresight import about, expected, seconds_of
from xmbl.cli.output import Output
from xmbl.cli.prolonging import warner
from xmbl.storage.manifest import ReplicaState
from xmbl.storage.standing import DealStanding, Ending

ME = "0x" + "cd" * 20
NEAR = DealStanding(
    number=0, part=0, operator="0x" + "ab" * 20, id=bytes(32), state=ReplicaState.OPEN, period=35, first=10,
    end=40, over=40, proven=(10,), missed=(), settled=10, price=10**12, cid="bafy",
)  # fmt: skip


def header(number: int, timestamp: int) -> Header:
    return Header(number, b"", b"", timestamp, 0)


def session_at(block: int) -> SimpleNamespace:
    """Somebody on a chain with a block every 12 seconds and 20 in a period."""
    chain = SimpleNamespace(header=lambda number=block: header(number, 12 * number))
    return SimpleNamespace(
        chain=lambda: chain,
        market=lambda: SimpleNamespace(parameters=SimpleNamespace(period=20)),
        address=lambda: ME,
        out=Output(as_json=False),
    )


@pytest.mark.parametrize(("block", "seconds"), [(100, 2_000), (101, 2_012), (150, 2_600)])
def test_seconds_of__a_block_to_come__goes_on_at_the_same_pace(block, seconds):
    assert seconds_of(block, header(100, 2_000), header(50, 1_400)) == seconds


def test_seconds_of__blocks_of_one_moment__is_unknown():
    assert seconds_of(200, header(100, 1_400), header(50, 1_400)) is None


def test_expected__a_block_to_come__is_told_in_seconds_and_as_a_day_and_a_minute():
    assert expected(session_at(700), 800) == 9_600
    assert re.fullmatch(r", about 19(70|69)-\d\d-\d\d \d\d:\d\d \S*", about(session_at(700), 800))


def test_expected__a_chain_of_one_block__is_unknown():
    assert expected(session_at(1), 5) is None
    assert about(session_at(1), 5) == ""


def test_warner__a_deal_that_is_about_to_expire__is_said_once_with_the_remedy(capsys):
    warn = warner(session_at(700), SimpleNamespace(name="letter", client=ME))
    assert warn([NEAR]) is warn([NEAR]) is False
    [said] = capsys.readouterr().err.splitlines()
    assert said.startswith("1 deal of letter will expire, the first in period 40, about ")
    assert "`xmbl deal extend letter`" in said


@pytest.mark.parametrize(
    ("standing", "client"),
    [
        (replace(NEAR, period=20), ME),
        (replace(NEAR, ending=Ending.CLIENT), ME),
        (replace(NEAR, period=40), ME),
        (NEAR, NEAR.operator),
    ],
    ids=["far", "terminated", "over", "another's"],
)
def test_warner__nothing_that_the_wallet_could_mend__says_nothing(standing, client, capsys):
    warner(session_at(700), SimpleNamespace(name="letter", client=client))([standing])
    assert capsys.readouterr().err == ""
