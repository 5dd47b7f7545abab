"""A client stores with real operators, whatever they do; they refuse, or dawdle."""

import io
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trio

from tests.support.storage_peers import play, refusing
from tests.support.storage_stage import DATA, ONE_COPY, ORDER, Stage, resumed, stored
from xmbl.crypto.cids import cid_of_file
from xmbl.crypto.envelope import CHUNK_PLAIN, sealed_size
from xmbl.errors import Busy, InsufficientFunds, Refused, UsageError
from xmbl.network.channel import Channel
from xmbl.storage import client_events, reading, sources, transfer
from xmbl.storage.client_events import OperatorPassed
from xmbl.storage.manifest import Manifests
from xmbl.storage.standing import DealStanding
from xmbl.storage.wire import STORE, StoreReady


def test_put__two_copies__share_no_byte_and_come_back(stage: Stage, file: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            await stored(client, file)
            await client.get("file", tmp_path / "back")

    play(story)
    roots = [event.root for event in stage.opened()]
    assert len(roots) == 2
    first, second = (
        provider.holdings.read(root, 0, 700_000)
        for root in roots
        for provider in stage.providers
        if provider.holdings.has(root)
    )
    chunks = range(0, 700_000, 32)
    assert not any(first[at : at + 32] in second for at in chunks[:: len(chunks) // 50])
    assert (tmp_path / "back").read_bytes() == DATA


def test_put__sealed_bytes__are_shown_by_the_content_address_that_they_have_at_the_operators(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    shown: list[DealStanding] = []

    async def story() -> None:
        async with stage.meeting(None, None) as client:
            await stored(client, file)
            shown.extend(await client.show("file"))
            assert [one.cid for one in shown] == [one.cid for one in client.load("file").replicas]

    play(story)
    for one in shown:
        holder = next(provider for provider in stage.providers if provider.address == one.operator)
        root = next(event.root for event in stage.opened() if event.operator == one.operator)
        (tmp_path / "sealed").write_bytes(holder.holdings.read(root, 0, sealed_size(len(DATA))))
        assert one.cid == cid_of_file(tmp_path / "sealed")
    assert shown[0].cid != shown[1].cid


@pytest.mark.parametrize("size", [0, 1, 262_127, 262_128, 262_129, 524_256])
def test_put__sizes_round_a_chunk__come_back(stage: Stage, tmp_path: Path, size: int) -> None:
    data = DATA[:size]

    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, io.BytesIO(data), ONE_COPY)
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == data


def test_put__a_folder__comes_back_as_a_folder(stage: Stage, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_bytes(DATA)
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("inner/file")

    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, folder, ONE_COPY)
            await client.get("file", tmp_path / "back")

    play(story)
    back = tmp_path / "back"
    assert sorted(str(path.relative_to(back)) for path in back.rglob("*")) == [
        "empty", "inner", "inner/file", "link",
    ]  # fmt: skip
    assert (back / "link").read_bytes() == DATA


def test_put__without_money__moves_nothing(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            plan = await client.plan(file, ORDER)
            with pytest.raises(InsufficientFunds, match="The deals cost up to"):
                await client.put(plan)
            assert client.names() == []

    play(story)
    assert stage.told.of(client_events.Uploading) == []


def test_put__a_stream__leaves_no_plain_bytes_behind(stage: Stage) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, io.BytesIO(DATA), ONE_COPY)

    play(story)
    assert list((stage.home / "spool").iterdir()) == []


def test_put__of_a_name_that_was_taken_since_its_plan__is_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            late = await client.plan(io.BytesIO(DATA[:100]), ONE_COPY)
            await stored(client, file, ONE_COPY)
            await client.fund(late.cost)
            key = client.load("file").key
            with pytest.raises(UsageError, match="'file' is stored already"):
                await client.put(late)
            assert client.load("file").key == key

    play(story)
    assert len(stage.opened()) == 1


def test_put_resume_repair__while_another_works_on_the_name__are_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            late = await client.plan(file, ONE_COPY)
            await stored(client, file, ONE_COPY)
            await client.fund(late.cost)
            attempts = (
                partial(client.put, late),
                partial(client.resume, "file"),
                partial(client.repair, "file"),
            )
            with Manifests(stage.home / "manifests", bytes(32)).locked("file"):
                for attempt in attempts:
                    with pytest.raises(Busy, match="Another process works on 'file'; wait until it is done"):
                        await attempt()

    play(story)
    assert len(stage.opened()) == 1


def test_put__an_operator_refuses_after_its_quote__takes_the_next_under_a_new_number(
    stage: Stage, file: Path
) -> None:
    async def story() -> None:
        async with stage.meeting({STORE: refusing}, None, None) as client:
            plan = await client.plan(file, ORDER)
            # the refusing one is asked first, whatever the draw
            cheap = sorted(
                plan.offers[0], key=lambda one: one.candidate.operator != stage.providers[0].address
            )
            await client.fund(plan.cost)
            manifest = await client.put(replace(plan, offers={0: cheap}))
            assert manifest.complete()
            operators = {replica.operator for replica in manifest.replicas}
            assert operators == {stage.providers[1].address, stage.providers[2].address}
            assert {replica.number for replica in manifest.replicas} in ({0, 2}, {1, 2})

    play(story)
    assert [event.reason for event in stage.told.of(OperatorPassed)] == ["My disk broke."]


def test_put__no_operator_left__says_so_and_resumes_later(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting({STORE: refusing}, None) as client:
            with pytest.raises(Refused, match="No further operator takes a replica"):
                await stored(client, file)
        stage.to_next_period()
        async with stage.meeting(None, None, None) as client:
            manifest = await resumed(client)
            assert manifest.complete()

    play(story)
    assert len(stage.opened()) == 2


def test_put__several_parts__are_deals_of_their_own_and_come_back_interrupted(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PART_PLAIN", CHUNK_PLAIN)

    async def story() -> None:
        async with stage.meeting(None, None) as client:
            await stored(client, io.BytesIO(DATA))
            manifest = client.load("file")
            assert [part.size for part in manifest.parts] == [
                CHUNK_PLAIN,
                CHUNK_PLAIN,
                700_000 - 2 * CHUNK_PLAIN,
            ]
            for part in range(3):
                assert len({replica.operator for replica in manifest.holders(part)}) == 2
            with stage.dying_at(client_events.Downloading):
                await client.get("file", tmp_path / "back")
            await client.get("file", tmp_path / "back")

    play(story)
    assert len(stage.opened()) == 6
    assert (tmp_path / "back").read_bytes() == DATA


def test_put__more_parts_than_an_operator_takes_at_once__are_sent_one_after_another(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "PART_PLAIN", 2**16)

    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, io.BytesIO(DATA), ONE_COPY)

    play(story)
    assert len(stage.opened()) == 11
    assert stage.told.of(OperatorPassed) == []


async def dripping(channel: Channel) -> None:
    """Takes a little now and then."""
    await channel.receive()
    await channel.send(StoreReady(held=False).encode())
    while True:
        await channel.receive_bytes(1_000)
        await trio.sleep(0.2)


def test_put__an_operator_lets_bytes_drip__goes_elsewhere_and_comes_back_to_it_last(
    stage: Stage, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "PATIENCE", 3.0)
    monkeypatch.setattr(reading, "LEAST_RATE", 10**9)
    slow, other = stage.providers[0].address, stage.providers[1].address

    async def story() -> None:
        async with stage.meeting({STORE: dripping}, {STORE: refusing}) as client:
            with pytest.raises(Refused, match="No further operator takes a replica"):
                await stored(client, file, ONE_COPY)
            assert client.load("file").shunned == (slow,)
        for serving in (None, None), (None,):
            stage.to_next_period()
            async with stage.meeting(*serving) as client:
                client.backup("file", file.with_name("backup"))
                (replica,) = (await resumed(client)).standing()
                assert replica.operator == (other if len(serving) == 2 else slow)
                client.restore(file.with_name("backup"), replace=True)

    play(story)
    assert any("took the bytes slower" in event.reason for event in stage.told.of(OperatorPassed))
