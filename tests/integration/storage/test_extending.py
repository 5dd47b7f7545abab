"""Deals that last longer: operators consent or say why not, and money moves once, within what was allowed."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest
import trio

from tests.support.agent_world import Provider
from tests.support.storage_peers import play
from tests.support.storage_stage import ORDER, Stage, stored
from xmbl.crypto.typed_data import sign_digest
from xmbl.errors import UsageError
from xmbl.network.channel import Channel
from xmbl.storage.client import StorageClient
from xmbl.storage.client_events import DealExtended, ExtensionRefused
from xmbl.storage.events import ExtensionSigned
from xmbl.storage.extending import Upkeep
from xmbl.storage.manifest import ReplicaState
from xmbl.storage.standing import Ending
from xmbl.storage.wire import QUOTE, ExtendRequest, SignedExtension


def settled_in(stage: Stage) -> None:
    """The deals have begun, and their operators know it."""
    stage.to_next_period()
    stage.world.devnet.mine(4)
    for provider in stage.providers:
        provider.agent.step()


async def begun(stage: Stage, client: StorageClient, file: Path, periods: int = 4) -> int:
    """The file is stored, its deals live; their end."""
    await stored(client, file, replace(ORDER, periods=periods))
    await trio.to_thread.run_sync(settled_in, stage)
    return client.load("file").end


def spent(stage: Stage) -> int:
    """What the client's account in Payments has left, negated."""
    return -stage.world.market().payments.balance_of(stage.account.address)


def test_extend__both_operators_agree__both_deals_last_longer(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            end = await begun(stage, client, file)
            consents = await client.consents("file", end + 5)
            assert [(each.trouble, each.old_end, each.new_end) for each in consents] == [
                ("", end, end + 5)
            ] * 2
            cost = sum(each.cost for each in consents)
            await client.fund(cost)
            before = spent(stage)
            await client.extend("file", consents)
            assert spent(stage) - before == cost == 2 * 5 * (await client.show("file"))[0].price
            # once more, as after a crash: nothing is paid twice
            await client.extend("file", consents)
            assert spent(stage) - before == cost
            found = await client.show("file")
            assert [(each.end, each.over, each.extended) for each in found] == [(end + 5, end + 5, 5)] * 2
            assert client.load("file").end == end + 5
            assert await client.consents("file", end + 5) == []

    play(story)
    told = [event for provider in stage.providers for event in provider.of(ExtensionSigned)]
    assert len(told) == 2
    assert len(stage.told.of(DealExtended)) >= 2


def test_extend__one_operator_is_away__only_it_is_asked_again(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            end = await begun(stage, client, file)
        async with stage.meeting(None) as client:
            consents = await client.consents("file", end + 1)
            [good] = [each for each in consents if not each.trouble]
            assert good.deal.operator == stage.providers[0].address
            await client.fund(good.cost)
            await client.extend("file", [good])
            assert client.load("file").end == end + 1
        async with stage.meeting(None, None) as client:
            [late] = await client.consents("file", client.load("file").end)
            assert (late.deal.operator, late.trouble) == (stage.providers[1].address, "")

    play(story)
    [refused] = stage.told.of(ExtensionRefused)
    assert "says in the registry nowhere that it can be dialled" in refused.reason


def answering(provider: Provider, **changed: int) -> Callable[[Channel], Awaitable[None]]:
    """A handler that signs with these fields changed."""

    async def answer(channel: Channel) -> None:
        request = ExtendRequest.decode(await channel.receive())
        end = await trio.to_thread.run_sync(lambda: provider.market.record(request.deal).end)
        reply = SignedExtension(end, provider.market.block_number() + 20, bytes(65))
        claimed = replace(reply, **changed)
        meant = claimed.extension(request)
        signature = sign_digest(provider.signer, provider.market.digest(meant.hash()))
        deadline = claimed.deadline + 1 if "deadline" in changed else claimed.deadline
        await channel.send(replace(claimed, signature=signature, deadline=deadline).encode())

    return answer


@pytest.mark.parametrize(
    ("changed", "reason"),
    [({"old_end": 3}, "It sees an end of 3"), ({"deadline": 7}, "its agent didn't sign the extension")],
)
def test_consents__an_operator_cheats__is_not_used(
    stage: Stage, file: Path, changed: dict[str, int], reason: str
) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            end = await begun(stage, client, file)
        cheat = {QUOTE: answering(stage.providers[0], **changed)}
        async with stage.meeting(cheat, None) as client:
            troubles = {each.deal.operator: each.trouble for each in await client.consents("file", end + 1)}
            assert reason in troubles[stage.providers[0].address]
            assert troubles[stage.providers[1].address] == ""

    play(story)


def test_consents__an_operator_has_lost_the_bytes__says_so(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            end = await begun(stage, client, file)
            with pytest.raises(UsageError, match="A deal can't be extended beyond period"):
                await client.consents("file", end + 400)
            loser = stage.providers[0]
            for root in loser.holdings.roots():
                loser.holdings.drop(root)
            troubles = {each.deal.operator: each.trouble for each in await client.consents("file", end + 1)}
            assert "I have lost the bytes of this deal" in troubles[loser.address]
            assert troubles[stage.providers[1].address] == ""

    play(story)


def test_repair__an_operator_leaves__is_replaced_while_it_still_proves(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None, None) as client:
            await begun(stage, client, file, periods=40)
            leaver = next(each for each in stage.providers if each.address == stage.opened()[0].operator)
            deal = next(
                one.promised() for one in client.load("file").standing() if one.operator == leaver.address
            )
            stage.world.send(leaver.cold, leaver.market.deals.terminate(deal))
            [leaving] = [each for each in await client.show("file") if each.operator == leaver.address]
            assert (leaving.ending, leaving.live, leaving.is_extendable) == (Ending.OPERATOR, True, False)
            await client.fund(await client.cost_to_mend("file"))
            mended = await client.repair("file")
            assert [one.state for one in mended.replicas] == [
                ReplicaState.LOST if one.operator == leaver.address else ReplicaState.OPEN
                for one in mended.replicas
            ]
            assert len({one.operator for one in mended.standing()} - {leaver.address}) == 2

    play(story)


def test_keep_up__a_budget__is_never_passed_and_holds_over_restarts(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            end = await begun(stage, client, file)
            price = (await client.show("file"))[0].price
            upkeep = Upkeep(before=10, periods=2, budget=5 * price)
            before = spent(stage)
            first = await client.keep_up("file", upkeep)
            assert [(each.trouble, each.new_end) for each in first] == [("", end + 2)] * 2
        async with stage.client() as client:
            # a new process: four periods of five are spent, two more would be too many
            assert await client.keep_up("file", upkeep) == []
            assert await client.keep_up("file", replace(upkeep, before=1)) == []
            found = await client.show("file")
            assert sum(each.price * each.extended for each in found) == 4 * price <= upkeep.budget
            assert spent(stage) - before <= 4 * price

    play(story)


def test_keep_up__refused__is_told_and_costs_nothing(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            await begun(stage, client, file)
        async with stage.client() as client:
            done = await client.keep_up("file", Upkeep(before=10, periods=2, budget=10**18))
            assert all(each.trouble for each in done)
            assert len(done) == 2
            assert [each.extended for each in await client.show("file")] == [0, 0]

    play(story)


def test_own__a_file_that_was_shared__can_only_be_read(stage: Stage, file: Path) -> None:
    async def story() -> None:
        async with stage.meeting(None, None) as client:
            end = await begun(stage, client, file)
            foreign = replace(client.load("file"), client=stage.providers[0].address)
            client._wallet.manifests.save(foreign)
            for action in (
                lambda: client.settle("file"), lambda: client.repair("file"), lambda: client.resume("file"),
                lambda: client.consents("file", end + 1), lambda: client.keep_up("file", Upkeep(1, 1, 1)),
            ):  # fmt: skip
                with pytest.raises(UsageError, match="who alone can act on its deals"):
                    await action()
            await client.get("file", file.with_name("back"))
            assert all(not each.trouble for each in await client.verify("file", 1))

    play(story)
    assert file.with_name("back").read_bytes() == file.read_bytes()
