"""What a client may order, and what it is told before anything moves."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.storage_peers import play
from tests.support.storage_stage import DATA, ONE_COPY, ORDER, Stage, stored
from xmbl.errors import Refused, UsageError
from xmbl.storage.client_events import OperatorPassed
from xmbl.storage.planning import tidy


def test_plan__refused_or_given_up__leaves_no_plain_bytes_behind(stage: Stage) -> None:
    spool = stage.home / "spool"

    async def story() -> None:
        async with stage.meeting(None) as client:
            with pytest.raises(Refused):
                await client.plan(io.BytesIO(DATA), ORDER)
            assert list(spool.iterdir()) == []
            plan = await client.plan(io.BytesIO(DATA), ONE_COPY)
            assert len(list(spool.iterdir())) == 1
            tidy(spool, plan.manifest)
            assert list(spool.iterdir()) == []

    play(story)


@pytest.mark.parametrize(("copies", "periods"), [(0, 1), (1, 0)])
def test_plan__of_nothing__is_refused(stage: Stage, file: Path, copies: int, periods: int) -> None:
    async def story() -> None:
        async with stage.client() as client:
            with pytest.raises(UsageError, match="at least one copy and one period"):
                await client.plan(file, replace(ORDER, copies=copies, periods=periods))

    play(story)


def test_plan__a_name_that_is_taken__is_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            with pytest.raises(UsageError, match="stored already"):
                await client.plan(file, ORDER)

    play(story)


def test_plan__more_copies_than_operators__says_how_many_offer(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            with pytest.raises(Refused, match=r"offer at this price: 1, where each copy needs its own \(2\)"):
                await client.plan(file, ORDER)

    play(story)


def test_plan__operators_above_the_limit__are_passed_with_their_price(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            large = io.BytesIO(bytes(8_000_000))
            with pytest.raises(Refused, match="Too few operators offer at this price: 0,"):
                await client.plan(large, replace(ORDER, per_gib=1))

    play(story)
    assert any("above the limit of 0.000001 XMBL" in event.reason for event in stage.told.of(OperatorPassed))
