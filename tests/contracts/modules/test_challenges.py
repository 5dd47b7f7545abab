"""`challenges`: one leaf at a time, answered until its last block or complained of after it."""

import boa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import block, load, mine

ID = bytes(32)
HARNESS = load("mocks/ChallengesHarness.vy")
CHALLENGES = HARNESS.deploy()


@given(st.integers(0, 2**25 - 1), st.integers(0, 2**32 - 1))
def test_pose__any_leaf_and_window__come_back(leaf: int, window: int) -> None:
    challenges = HARNESS.deploy()
    assert challenges.pose(leaf, window) == block() + window
    assert tuple(challenges.challenge_of(ID)) == (leaf, block() + window)
    assert challenges.is_open()


def test_pose__while_one_is_open__reverts() -> None:
    CHALLENGES.pose(7, 40)
    mine(100)
    with boa.reverts("deals: challenged"):
        CHALLENGES.pose(7, 40)


def test_take_in_time__in_the_last_block__gives_the_leaf_and_ends_it() -> None:
    CHALLENGES.pose(7, 40)
    mine(40)
    assert CHALLENGES.take_in_time() == 7
    assert not CHALLENGES.is_open()


def test_take_in_time__a_block_later__reverts() -> None:
    CHALLENGES.pose(7, 40)
    mine(41)
    with boa.reverts("deals: late"):
        CHALLENGES.take_in_time()


def test_take_overdue__after_the_last_block__ends_it() -> None:
    CHALLENGES.pose(7, 40)
    mine(41)
    CHALLENGES.take_overdue()
    assert tuple(CHALLENGES.challenge_of(ID)) == (0, 0)


def test_take_overdue__in_the_last_block__reverts() -> None:
    CHALLENGES.pose(7, 40)
    mine(40)
    with boa.reverts("deals: early"):
        CHALLENGES.take_overdue()


@pytest.mark.parametrize("function", ["take_in_time", "take_overdue"])
def test_take__nothing_was_asked__reverts(function: str) -> None:
    with boa.reverts("deals: challenge"):
        getattr(CHALLENGES, function)()
