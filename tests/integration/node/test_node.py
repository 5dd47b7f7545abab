"""Operators as processes and a client: a file is stored, proven, paid for, repaired and brought back."""

import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import trio
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.storage_world import (
    PER_GIB,
    Operator,
    Told,
    World,
    client_of,
    storage_world,
    until,
    until_async,
)
from xmbl import config
from xmbl.chain.deals import Opened
from xmbl.node.config import load_node
from xmbl.node.node import status
from xmbl.storage import client_events as events
from xmbl.storage.client import StorageClient
from xmbl.storage.manifest import ReplicaState
from xmbl.storage.planning import Order
from xmbl.units import WHOLE

PATIENCE = 60


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with storage_world(tmp_path_factory.mktemp("world"), block_time=0) as running:
        running.enlist_all(["north", "east", "south", "west"])
        for operator in running.operators:
            operator.start()
        until(lambda: all(operator.events("Announced") for operator in running.operators))
        yield running


@pytest.fixture
def client(world: World) -> LocalAccount:
    account: LocalAccount = Account.create()
    world.give(account, 10 * WHOLE)
    return account


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(secrets.token_bytes(1_500_000))
    return path


def as_client(world: World, account: LocalAccount, work) -> Told:
    """Run a client's side of a story; what it was told."""
    told = Told()

    async def play() -> None:
        with trio.fail_after(PATIENCE):
            async with client_of(world, account, told) as client:
                await work(client)

    try:
        trio.run(play)
    finally:
        # shown by pytest where the test fails
        print(*(event for event in told.events if not isinstance(event, events.ManifestSaved)), sep="\n")
    return told


async def stored(client: StorageClient, file: Path, copies: int, periods: int) -> None:
    plan = await client.plan(file, Order("file", copies, periods, PER_GIB))
    await client.fund(plan.cost)
    await client.put(plan)


async def lived(world: World, period: int, provers: Sequence[str]) -> None:
    """Go on to a period, and wait until these operators have proven it."""
    world.to_period(period)
    market = world.market()

    async def all_proven() -> bool:
        return all(period in market.proven(operator, period, period) for operator in provers)

    await until_async(all_proven)


def named(world: World, address: str) -> Operator:
    return next(operator for operator in world.operators if operator.address == address)


def test_put__a_killed_operator__is_derived_repaired_and_everything_comes_back(
    world: World, client: LocalAccount, file: Path, tmp_path: Path
) -> None:
    async def story(one: StorageClient) -> None:
        await stored(one, file, copies=3, periods=8)
        standing = await one.show("file")
        lost, *others = (deal.operator for deal in standing)
        first, end = standing[0].first, standing[0].end
        await lived(world, first, [lost, *others])
        named(world, lost).kill()
        for period in range(first + 1, first + 5):
            await lived(world, period, others)
        await one.fund(await one.cost_to_mend("file"))
        repaired = await one.repair("file")
        others = [replica.operator for replica in repaired.standing()]
        await one.get("file", tmp_path / "back")
        for period in range(first + 5, end):
            await lived(world, period, others)
        world.to_period(end)
        await one.settle("file")
        gone, *kept = await one.show("file")
        assert (gone.state, gone.missed) == (ReplicaState.LOST, (first + 1, first + 2, first + 3))
        assert [deal.missed for deal in kept] == [(), (), ()]
        assert all(deal.proven == tuple(range(deal.first, end)) for deal in kept)
        assert len({deal.operator for deal in (gone, *kept)}) == 4
        named(world, lost).start()

    told = as_client(world, client, story)
    assert (tmp_path / "back").read_bytes() == file.read_bytes()
    assert [event.replaced for event in told.of(events.ReplicaRepaired)] == [0]
    assert world.market().staking.owed(client.address) > 0


def test_node__killed_in_mid_period_and_started_again__misses_nothing(
    world: World, client: LocalAccount, file: Path
) -> None:
    async def story(one: StorageClient) -> None:
        await stored(one, file, copies=1, periods=4)
        (standing,) = await one.show("file")
        holder = named(world, standing.operator)
        world.to_period(standing.first)
        holder.kill()
        holder.start()
        await lived(world, standing.first, [holder.address])
        world.to_period(standing.first + 1)
        (standing,) = await one.show("file")
        assert standing.missed == ()

    as_client(world, client, story)


def test_put__interrupted_while_it_sends__resumes_without_a_second_deal(
    world: World, client: LocalAccount, file: Path
) -> None:
    told = Told()

    async def play() -> None:
        async with client_of(world, client, told) as one:
            plan = await one.plan(file, Order("file", 2, 3, PER_GIB))
            await one.fund(plan.cost)
            with trio.CancelScope() as scope:
                told.on(events.Uploaded, scope.cancel)
                await one.put(plan)
            assert scope.cancelled_caught
            assert not one.load("file").complete()
        async with client_of(world, client, told) as one:
            manifest = await one.resume("file")
            assert manifest.complete()
            assert len(manifest.standing()) == 2

    trio.run(play)
    market = world.market()
    opened = [event for event in market.deals.events(Opened, 0) if event.client == client.address]
    assert len(opened) == 2


def test_get__the_holder_dies_in_the_middle__goes_on_with_another(
    world: World, client: LocalAccount, tmp_path: Path
) -> None:
    large = tmp_path / "large"
    large.write_bytes(secrets.token_bytes(12_000_000))

    async def story(one: StorageClient) -> None:
        await stored(one, large, copies=2, periods=2)

    as_client(world, client, story)
    told = Told()

    async def play() -> None:
        def kill() -> None:
            named(world, told.of(events.Downloading)[0].operator).kill()

        async with client_of(world, client, told) as one:
            told.on(events.Downloading, kill)
            await one.get("file", tmp_path / "back")

    trio.run(play)
    assert (tmp_path / "back").read_bytes() == large.read_bytes()
    named(world, told.of(events.Downloading)[0].operator).start()


def test_status__of_a_running_node__is_read_by_another_process(world: World) -> None:
    operator = world.operators[0]
    settings = load_node(operator.home / "node.toml", config.folders({"XMBL_HOME": str(operator.home)}))
    until(lambda: bool(operator.events("Started")))
    assert operator.node is not None
    until(lambda: status(settings)["pid"] == operator.node.pid)
    found = status(settings)
    assert (found["operator"], found["running"], found["trouble"]) == (operator.address, True, "")


def test_node__sigterm__stops_cleanly(world: World) -> None:
    operator = world.operators[0]
    assert operator.stop() == 0
    assert operator.events("Stopped")
    settings = load_node(operator.home / "node.toml", config.folders({"XMBL_HOME": str(operator.home)}))
    assert status(settings)["running"] is False
    operator.start()
