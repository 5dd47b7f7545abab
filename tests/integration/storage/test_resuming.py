"""What was interrupted goes on, what was lost is mended: each replica is paid for once."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.support.agent_world import PERIOD
from tests.support.storage_peers import play, refusing
from tests.support.storage_stage import DATA, ONE_COPY, ORDER, Stage, resumed, stored
from tests.support.storage_world import client_of
from xmbl.chain import outbox
from xmbl.errors import Refused, Reverted
from xmbl.events import Event
from xmbl.storage import client_events
from xmbl.storage.manifest import ReplicaState
from xmbl.storage.wire import STORE


def test_resume__signed_but_never_opened__signs_again_without_sending(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            with stage.dying_at(client_events.Uploaded):
                await stored(client, file, ONE_COPY)
            (replica,) = client.load("file").replicas
            assert replica.state is ReplicaState.SIGNED
            stage.world.devnet.mine(PERIOD + 1)
        before = len(stage.told.of(client_events.Uploading))
        async with stage.meeting(None) as client:
            manifest = await client.resume("file")
            assert manifest.complete()
            assert manifest.replicas[0].number == replica.number
        assert len(stage.told.of(client_events.Uploading)) == before

    play(story)
    assert len(stage.opened()) == 1


def test_resume__opened_while_nobody_watched__is_not_opened_again(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            with stage.dying_at(client_events.Uploaded):
                await stored(client, file, ONE_COPY)
            (replica,) = client.load("file").replicas
            call = stage.world.market().deals.open(replica.promised(), replica.signature)
            await trio.to_thread.run_sync(stage.world.send, stage.account, call)
            assert (await client.resume("file")).complete()
            (standing,) = await client.show("file")
            assert standing.first == standing.period + 1

    play(story)
    assert len(stage.opened()) == 1


class Died(Exception):
    """The client's process ends here."""


@pytest.mark.parametrize("last", [1, 3, 4, 5, 6])
def test_resume__died_after_any_event_of_a_put__completes_with_one_deal(
    stage: Stage, file: Path, tmp_path: Path, last: int
) -> None:
    def tell(event: Event) -> None:
        stage.told(event)
        if len(stage.told.events) == last + 1:
            raise Died

    async def story() -> None:
        async with stage.serving(None):
            with suppress(Died, BaseExceptionGroup):
                async with client_of(stage.world, stage.account, tell) as client:
                    await stored(client, file, ONE_COPY)
            stage.told.events.clear()
            async with stage.client() as client:
                if not client.names():
                    await stored(client, file, ONE_COPY)
                assert (await resumed(client)).complete()
                await client.get("file", tmp_path / "back")

    play(story)
    assert len(stage.opened()) == 1
    assert (tmp_path / "back").read_bytes() == DATA


def test_resume__a_source_that_changed_meanwhile__comes_from_the_operators(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting({STORE: refusing}, None) as client:
            with pytest.raises(Refused, match="No further operator takes a replica"):
                await stored(client, file)
        stage.to_next_period()
        file.write_bytes(DATA[::-1])
        async with stage.meeting(None, None) as client:
            await resumed(client)
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == DATA


def too_little_gas(patch: pytest.MonkeyPatch) -> None:
    """What is sent now is mined and fails."""
    patch.setattr(outbox, "_GAS_MARGIN", 60)


def test_settle__failed_on_chain__succeeds_in_the_next_period(
    stage: Stage, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, ONE_COPY)
        async with stage.client() as client:
            stage.to_next_period()
            stage.to_next_period()
            with monkeypatch.context() as patch:
                too_little_gas(patch)
                with pytest.raises(Reverted):
                    await client.settle("file")
            stage.to_next_period()
            assert len(await client.settle("file")) == 1
            assert await client.settle("file") == []

    play(story)


def test_repair__the_settlement_failed_on_chain__repairs_all_the_same(
    stage: Stage, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1, periods=9))
            for _ in range(5):
                stage.to_next_period()
            with monkeypatch.context() as patch:
                too_little_gas(patch)
                with pytest.raises(Reverted):
                    await client.settle("file")
        async with stage.meeting(None, None) as client:
            await client.fund(await client.cost_to_mend("file"))
            repaired = await client.repair("file")
            assert [one.state for one in repaired.replicas] == [ReplicaState.LOST, ReplicaState.OPEN]

    play(story)
    assert len(stage.opened()) == 2


def test_resume__interrupted_while_it_sent__has_a_new_number_and_a_new_key(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            with stage.dying_at(client_events.Uploading):
                await stored(client, file, ONE_COPY)
            before = client.load("file")
            after = await client.resume("file")
            (sent,), (held,) = before.replicas, after.replicas
            assert sent.state is ReplicaState.SENDING
            assert held.number > sent.number
            assert after.replica_key(held) != before.replica_key(sent)

    play(story)


def test_resume__an_old_backup_in_place_of_the_manifest__seals_under_a_key_that_was_never_used(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting({STORE: refusing}, None) as client:
            with pytest.raises(Refused, match="No further operator takes a replica"):
                await stored(client, file)
            client.backup("file", tmp_path / "backup")
        keys, numbers = set(), set()
        for _ in range(2):
            stage.to_next_period()
            async with stage.meeting(None, None) as client:
                client.restore(tmp_path / "backup", replace=True)
                manifest = await resumed(client)
                numbers |= {replica.number for replica in manifest.replicas}
                keys |= {manifest.replica_key(replica) for replica in manifest.replicas}
        assert (len(numbers), len(keys)) == (2, 3)

    play(story)
