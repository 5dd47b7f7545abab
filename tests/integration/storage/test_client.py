"""The client's side against real operators, honest, dying and cheating ones."""

import io
import secrets
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import trio
from eth_account import Account

from tests.support.agent_world import PERIOD
from tests.support.storage_peers import play
from tests.support.storage_stage import DATA, ORDER, Stage, stored
from tests.support.storage_world import client_of
from xmbl.chain import outbox
from xmbl.crypto.cids import cid_of_file
from xmbl.crypto.envelope import CHUNK_PLAIN, sealed_size
from xmbl.errors import Busy, Corrupt, InsufficientFunds, NotStored, Refused, Reverted, UsageError
from xmbl.events import Event
from xmbl.network.channel import Channel
from xmbl.storage import client_events, reading, sources
from xmbl.storage.client_events import OperatorPassed
from xmbl.storage.manifest import Manifests, ReplicaState
from xmbl.storage.planning import tidy
from xmbl.storage.standing import DealStanding
from xmbl.storage.wire import STORE, STREAM, ReadReady, ReadRequest, Refusal, StoreReady

KEY = bytes(32)


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
            await stored(client, io.BytesIO(data), replace(ORDER, copies=1))
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
            await stored(client, folder, replace(ORDER, copies=1))
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


def test_plan__refused_or_given_up__leaves_no_plain_bytes_behind(stage: Stage) -> None:
    spool = stage.world.folder / f"client-{stage.account.address}" / "spool"

    async def story() -> None:
        async with stage.meeting(None) as client:
            with pytest.raises(Refused):
                await client.plan(io.BytesIO(DATA), ORDER)
            assert list(spool.iterdir()) == []
            plan = await client.plan(io.BytesIO(DATA), replace(ORDER, copies=1))
            assert len(list(spool.iterdir())) == 1
            tidy(spool, plan.manifest)
            assert list(spool.iterdir()) == []

    play(story)


def test_put__a_stream__leaves_no_plain_bytes_behind(stage: Stage) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, io.BytesIO(DATA), replace(ORDER, copies=1))

    play(story)
    assert list((stage.world.folder / f"client-{stage.account.address}" / "spool").iterdir()) == []


@pytest.mark.parametrize(("copies", "periods"), [(0, 1), (1, 0)])
def test_plan__of_nothing__is_refused(stage: Stage, file: Path, copies: int, periods: int) -> None:
    async def story() -> None:
        async with stage.client() as client:
            with pytest.raises(UsageError, match="at least one copy and one period"):
                await client.plan(file, replace(ORDER, copies=copies, periods=periods))

    play(story)


def test_get__into_a_folder_that_is_not_there__is_refused(stage: Stage, file: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1))
            with pytest.raises(UsageError, match="There is no folder"):
                await client.get("file", tmp_path / "no" / "back")

    play(story)


def test_plan__a_name_that_is_taken__is_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1))
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


def test_put__of_a_name_that_was_taken_since_its_plan__is_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            late = await client.plan(io.BytesIO(DATA[:100]), replace(ORDER, copies=1))
            await stored(client, file, replace(ORDER, copies=1))
            await client.fund(late.cost)
            key = client.load("file").key
            with pytest.raises(UsageError, match="'file' is stored already"):
                await client.put(late)
            assert client.load("file").key == key

    play(story)
    assert len(stage.opened()) == 1


def test_put_resume_repair__while_another_works_on_the_name__are_refused(stage: Stage, file: Path) -> None:
    manifests = stage.world.folder / f"client-{stage.account.address}" / "manifests"

    async def story() -> None:
        async with stage.meeting(None) as client:
            late = await client.plan(file, replace(ORDER, copies=1))
            await stored(client, file, replace(ORDER, copies=1))
            await client.fund(late.cost)
            attempts = (
                partial(client.put, late),
                partial(client.resume, "file"),
                partial(client.repair, "file"),
            )
            with Manifests(manifests, KEY).locked("file"):
                for attempt in attempts:
                    with pytest.raises(Busy, match="Another process works on 'file'; wait until it is done"):
                        await attempt()

    play(story)
    assert len(stage.opened()) == 1


async def refusing(channel: Channel) -> None:
    """Says no once the upload is asked for."""
    await channel.receive()
    await channel.send(Refusal("My disk broke.").encode())


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
            plan = await client.plan(file, ORDER)
            await client.fund(plan.cost)
            with pytest.raises(Refused, match="No further operator takes a replica"):
                await client.put(plan)
        stage.to_next_period()
        async with stage.meeting(None, None, None) as client:
            await client.fund(await client.cost_to_mend("file"))
            manifest = await client.resume("file")
            assert manifest.complete()

    play(story)
    assert len(stage.opened()) == 2


def test_resume__signed_but_never_opened__signs_again_without_sending(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            plan = await client.plan(file, replace(ORDER, copies=1))
            await client.fund(plan.cost)
            with trio.CancelScope() as scope:
                stage.told.on(client_events.Uploaded, scope.cancel)
                await client.put(plan)
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
            plan = await client.plan(file, replace(ORDER, copies=1))
            await client.fund(plan.cost)
            with trio.CancelScope() as scope:
                stage.told.on(client_events.Uploaded, scope.cancel)
                await client.put(plan)
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
                    await stored(client, file, replace(ORDER, copies=1))
            stage.told.events.clear()
            async with stage.client() as client:
                if not client.names():
                    await stored(client, file, replace(ORDER, copies=1))
                await client.fund(await client.cost_to_mend("file"))
                assert (await client.resume("file")).complete()
                await client.get("file", tmp_path / "back")

    play(story)
    assert len(stage.opened()) == 1
    assert (tmp_path / "back").read_bytes() == DATA


def test_resume__a_source_that_changed_meanwhile__comes_from_the_operators(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting({STORE: refusing}, None) as client:
            plan = await client.plan(file, ORDER)
            await client.fund(plan.cost)
            with pytest.raises(Refused):
                await client.put(plan)
        stage.to_next_period()
        file.write_bytes(DATA[::-1])
        async with stage.meeting(None, None) as client:
            await client.fund(await client.cost_to_mend("file"))
            await client.resume("file")
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == DATA


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


def test_get__nobody_answers__says_who_and_why_and_leaves_no_file(
    stage: Stage, file: Path, tmp_path: Path
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1))
        async with stage.meeting() as client:
            with pytest.raises(NotStored, match=stage.providers[0].address):
                await client.get("file", tmp_path / "back")

    play(story)
    assert not (tmp_path / "back").exists()


def test_get__onto_something_that_exists__is_refused(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1))
            with pytest.raises(UsageError, match="exists already"):
                await client.get("file", file)

    play(story)


def test_get__interrupted__goes_on_where_it_stopped(stage: Stage, tmp_path: Path) -> None:
    data = secrets.token_bytes(9_000_000)

    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, io.BytesIO(data), replace(ORDER, copies=1))
            with trio.CancelScope() as scope:
                stage.told.on(client_events.Downloading, scope.cancel)
                await client.get("file", tmp_path / "back")
            stage.told.events.clear()
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == data
    assert stage.told.of(client_events.Downloading)[0].done > 262_128


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
            with trio.CancelScope() as scope:
                stage.told.on(client_events.Downloading, scope.cancel)
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
            await stored(client, io.BytesIO(DATA), replace(ORDER, copies=1))

    play(story)
    assert len(stage.opened()) == 11
    assert stage.told.of(OperatorPassed) == []


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
            await stored(client, file, replace(ORDER, copies=1))
            client.backup("file", tmp_path / "backup")
            (stage.world.folder / f"client-{stage.account.address}" / "manifests" / "file.manifest").unlink()
            assert client.names() == []
            client.restore(tmp_path / "backup")
            await client.get("file", tmp_path / "back")

    play(story)
    assert (tmp_path / "back").read_bytes() == DATA


def test_restore__another_wallets_backup__is_refused(stage: Stage, file: Path, tmp_path: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1))
            client.backup("file", tmp_path / "backup")
        stage.account = Account.create()
        async with stage.client() as stranger:
            with pytest.raises(Corrupt, match="belongs to another wallet"):
                stranger.restore(tmp_path / "backup")

    play(story)


def too_little_gas(patch: pytest.MonkeyPatch) -> None:
    """What is sent now is mined and fails."""
    patch.setattr(outbox, "_GAS_MARGIN", 60)


def test_settle__failed_on_chain__succeeds_in_the_next_period(
    stage: Stage, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        async with stage.meeting(None) as client:
            await stored(client, file, replace(ORDER, copies=1))
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
            plan = await client.plan(file, replace(ORDER, copies=1))
            await client.fund(plan.cost)
            with trio.CancelScope() as scope:
                stage.told.on(client_events.Uploading, scope.cancel)
                await client.put(plan)
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
            plan = await client.plan(file, ORDER)
            await client.fund(plan.cost)
            with pytest.raises(Refused):
                await client.put(plan)
            client.backup("file", tmp_path / "backup")
        keys, numbers = set(), set()
        for _ in range(2):
            stage.to_next_period()
            async with stage.meeting(None, None) as client:
                client.restore(tmp_path / "backup", replace=True)
                await client.fund(await client.cost_to_mend("file"))
                manifest = await client.resume("file")
                numbers |= {replica.number for replica in manifest.replicas}
                keys |= {manifest.replica_key(replica) for replica in manifest.replicas}
        assert (len(numbers), len(keys)) == (2, 3)

    play(story)


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
    monkeypatch.setattr(reading, "PATIENCE", 3.0)
    monkeypatch.setattr(reading, "LEAST_RATE", 10**9)
    slow, other = stage.providers[0].address, stage.providers[1].address

    async def story() -> None:
        async with stage.meeting({STORE: dripping}, {STORE: refusing}) as client:
            plan = await client.plan(file, replace(ORDER, copies=1))
            await client.fund(plan.cost)
            with pytest.raises(Refused, match="No further operator"):
                await client.put(plan)
            assert client.load("file").shunned == (slow,)
        for serving in (None, None), (None,):
            stage.to_next_period()
            async with stage.meeting(*serving) as client:
                client.backup("file", file.with_name("backup"))
                await client.fund(await client.cost_to_mend("file"))
                (replica,) = (await client.resume("file")).standing()
                assert replica.operator == (other if len(serving) == 2 else slow)
                client.restore(file.with_name("backup"), replace=True)

    play(story)
    assert any("took the bytes slower" in event.reason for event in stage.told.of(OperatorPassed))
