"""What was stored comes back from honest, dying and cheating operators."""

import io
import secrets
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from eth_account import Account

from tests.support.storage_peers import play
from tests.support.storage_stage import DATA, ONE_COPY, Stage, stored
from xmbl.errors import Corrupt, Crowded, NotStored, UsageError
from xmbl.network.channel import Channel
from xmbl.storage import client_events, retrieval
from xmbl.storage.client_events import OperatorPassed
from xmbl.storage.seats import Seat, Seats
from xmbl.storage.wire import STREAM, ReadReady, ReadRequest


def test_get__into_a_folder_that_is_not_there__is_refused(stage: Stage, file: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            with pytest.raises(UsageError, match="There is no folder"):
                await client.get("file", tmp_path / "no" / "back")

    play(story)


async def corrupting(channel: Channel) -> None:
    """Gives other bytes than it holds."""
    while True:
        request = ReadRequest.decode(await channel.receive())
        await channel.send(ReadReady(request.length).encode())
        await channel.send_bytes(bytes(request.length))


def test_get__an_operator_sends_wrong_bytes__is_caught_at_the_chunk(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            await stored(client, file)
        async with stage.meeting({STREAM: corrupting}, None) as client:
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == DATA
    cheats = [
        event for event in stage.told.of(OperatorPassed) if event.operator == stage.providers[0].address
    ]
    assert all("doesn't open under this key" in event.reason for event in cheats)


def crowd_seats(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """So often there is no seat; nobody waits before coming back."""
    taken, refused = Seats.taken, []

    def full(seats: Seats, peer: str) -> AbstractContextManager[Seat]:
        if len(refused) < times:
            refused.append(peer)
            raise Crowded("All seats here are in use.")
        return taken(seats, peer)

    monkeypatch.setattr(Seats, "taken", full)
    monkeypatch.setattr(retrieval, "PAUSE", 0.0)


def test_get__its_only_operator_is_crowded__is_asked_once_more(
    stage: Stage, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            crowd_seats(monkeypatch, 1)
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == DATA


def test_get__its_only_operator_stays_crowded__says_so(
    stage: Stage, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            crowd_seats(monkeypatch, 2)
            with pytest.raises(NotStored, match="All seats here are in use"):
                await client.get("file", tmp_path / "back")

    play(story)


def test_get__nobody_answers__says_who_and_why_and_leaves_no_file(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
        async with stage.meeting() as client:
            with pytest.raises(NotStored, match=stage.providers[0].address):
                await client.get("file", tmp_path / "back")

    play(story)
    assert not (tmp_path / "back").exists()


def test_get__onto_something_that_exists__is_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            with pytest.raises(UsageError, match="exists already"):
                await client.get("file", file)

    play(story)


def test_get__interrupted__goes_on_where_it_stopped(stage: Stage, tmp_path: Path) -> None:
    data = secrets.token_bytes(9_000_000)

    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, io.BytesIO(data), ONE_COPY)
            with stage.dying_at(client_events.Downloading):
                await client.get("file", tmp_path / "back")
            stage.told.events.clear()
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == data
    assert stage.told.of(client_events.Downloading)[0].done > 262_128


def test_verify__honest_and_forgetful__are_told_apart(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            await stored(client, file)
            forgetful, honest = client.load("file").replicas
            holder = next(one for one in stage.providers if one.address == forgetful.operator)
            holder.holdings.drop(forgetful.promised().root)
            checks = {one.number: one for one in await client.verify("file")}
            assert "isn't stored here" in checks[forgetful.number].trouble
            assert (checks[honest.number].leaves, checks[honest.number].trouble) == (8, "")

    play(story)


def test_restore__a_backup__brings_the_file_back_with_nothing_but_the_wallet(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            client.backup("file", tmp_path / "backup")
            (stage.home / "manifests" / "file.manifest").unlink()
            assert client.names() == []
            client.restore(tmp_path / "backup")
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == DATA


def test_restore__another_wallets_backup__is_refused(stage: Stage, file: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
            client.backup("file", tmp_path / "backup")
        stage.account = Account.create()
        async with stage.client() as stranger:
            with pytest.raises(Corrupt, match="belongs to another wallet"):
                stranger.restore(tmp_path / "backup")

    play(story)
