"""A look at a replica's leaves: what fits, what is lost, and who is only busy."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.crowds import looks, strangers
from tests.support.paid_reads import SELLING
from tests.support.paid_story import Story
from tests.support.storage_peers import Meeting, meeting, play
from xmbl.storage import quotes, seats, server, verification
from xmbl.storage.transfer import verify_leaf
from xmbl.storage.verification import STREAMS, Checked, verified

LEAVES = 8


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """One seat, and nobody waits before coming back to it."""
    monkeypatch.setattr(server, "READS", 1)
    monkeypatch.setattr(verification, "PAUSE", 0.0)


async def check(met: Meeting, story: Story, monkeypatch: pytest.MonkeyPatch) -> Checked:
    """What a look at the story's deal finds."""
    monkeypatch.setattr(quotes, "find", lambda *_: met.peer)
    wallet: Any = SimpleNamespace(market=story.provider.market, host=met.host)
    replica: Any = SimpleNamespace(number=0, promised=lambda: story.deal)
    return await verified(wallet, replica, LEAVES)


@contextmanager
def interrupted(met: Meeting, story: Story, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """After each leaf a stranger takes the seat and leaves; the leaves that are asked for, one by one."""
    asked: list[int] = []

    async def verify(channel: Any, peer: Any, deal: Any, index: int) -> None:
        asked.append(index)
        await verify_leaf(channel, peer, deal, index)
        async with strangers(met, 1) as (stranger,):
            await looks(story, stranger)

    monkeypatch.setattr(verification, "verify_leaf", verify)
    yield asked


def test_verified__a_stranger_takes_its_seat_after_each_leaf__comes_back_for_the_others(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "GRACE", 0.0)

    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met:
            with interrupted(met, story, monkeypatch) as asked:
                assert await check(met, story, monkeypatch) == Checked(0, story.deal.operator, LEAVES, "")
            # what was refused is asked for again: no leaf can be dodged
            assert len(asked) > LEAVES
            assert len(set(asked)) <= LEAVES

    play(scene)


def test_verified__others_keep_all_seats__is_busy_after_a_bounded_number_of_tries(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seats, "GRACE", 60.0)

    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met, strangers(met, 1) as (stranger,):
            await looks(story, stranger)
            found = await check(met, story, monkeypatch)
            assert (found.leaves, found.busy) == (0, True)
            assert found.trouble.startswith("All 1 seats here are in use")

    play(scene)
    assert len([told for told in story.provider.told if "in use" in getattr(told, "reason", "")]) == STREAMS


def test_verified__the_bytes_are_gone__is_no_busy_operator(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met:
            story.provider.holdings.drop(story.deal.root)
            found = await check(met, story, monkeypatch)
            assert (found.leaves, found.busy) == (0, False)
            assert "isn't stored here" in found.trouble

    play(scene)
