"""One node keeps the deals of two deployments of the market: the older ones to their end."""

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trio
from eth_account.signers.local import LocalAccount

from tests.support.agent_world import paying_client
from tests.support.paid_reads import purse_of
from tests.support.storage_world import STAKE, Operator, Told, World, storage_world
from xmbl import config
from xmbl.blocks.store import FileStore
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import rich_account
from xmbl.chain.outbox import owned_name
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Terms, sign_digest
from xmbl.errors import ConfigError
from xmbl.network.host import open_host
from xmbl.node.config import NodeConfig, load_node
from xmbl.node.node import Started, run_node, status
from xmbl.storage import events
from xmbl.storage.egress import price_of
from xmbl.storage.holdings import Holdings
from xmbl.storage.market import Market
from xmbl.storage.quotes import candidate, reach
from xmbl.storage.reading import Pace, passage, received
from xmbl.storage.wire import STREAM

SIZE = 5_000


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with storage_world(tmp_path_factory.mktemp("world"), block_time=0) as running:
        running.enlist("north")
        yield running


@pytest.fixture(scope="module")
def newer(world: World) -> World:
    """The same people on a second deployment beside the first, in which the operator has staked too."""
    outbox = world.outbox(rich_account())
    found = deploy(outbox, world.chain, PRESETS["devnet"], world.folder / "newer")
    second = replace(world, deployment=found)
    market, operator = second.market(), world.operators[0]
    second.give(operator.cold, STAKE)
    second.send(
        operator.cold,
        market.token.approve(market.staking.address, STAKE),
        market.staking.stake(STAKE, 0),
        market.staking.authorize(market.deals.address, STAKE),
        market.deals.set_cap(10**9),
    )
    return second


def settings_of(world: World, newer: World, older: tuple[config.Network, ...]) -> NodeConfig:
    home = world.operators[0].home
    found = load_node(home / "node.toml", config.folders({"XMBL_HOME": str(home)}))
    return replace(found, network=newer.network(), older=older)


def held(world: World, settings: NodeConfig, data: bytes) -> bytes:
    """Some bytes, in the node's store as an upload leaves them; their root. Each test has its own, since the
    deals of others are cleared while it runs, and no journal knows yet who needs them."""
    name = owned_name(world.chain, settings.operator)
    holdings = Holdings(FileStore(settings.store / name, 2**20, margin=0), settings.state / f"{name}-trees")
    try:
        with holdings.receive(SIZE) as arrival:
            arrival.write(data)
            return arrival.keep().root
    finally:
        holdings.close()


def opened(market: Market, world: World, operator: Operator, client: LocalAccount, root: bytes) -> Deal:
    block = market.block_number()
    terms = Terms(
        client.address, operator.address, leaf_count(SIZE), 5, market.parameters.least_collateral(5),
        market.period() + 3, 2, 14, 3, block + 20, 1,
    )  # fmt: skip
    deal = Deal(operator.address, root, terms)
    world.send(client, market.deals.open(deal, sign_digest(operator.agent, market.digest(deal.id()))))
    return deal


def until_closed(world: World, settings: NodeConfig, told: Told, ids: set[bytes]) -> None:
    """Let the node run while blocks come, until these deals are closed and their bytes gone."""

    async def play() -> None:
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(run_node, settings, told)
                while {event.id for event in told.of(events.DealClosed)} != ids or not told.of(
                    events.BytesDropped
                ):
                    await trio.to_thread.run_sync(world.devnet.mine, 2)
                    await trio.sleep(0.15)
                nursery.cancel_scope.cancel()

    trio.run(play)


def test_node__an_older_deployment_beside__proves_and_closes_the_deals_of_both(
    world: World, newer: World
) -> None:
    settings = settings_of(world, newer, (world.network(),))
    settings = replace(settings, habits=replace(settings.habits, poll=0.05))
    root, told = held(world, settings, secrets.token_bytes(SIZE)), Told()
    markets = [world.market(), newer.market()]
    world.to_period(markets[0].period() + 1, block=0)
    clients = [paying_client(world), paying_client(newer)]
    world.to_period(markets[0].period() + 1, block=0)
    deals = [
        opened(market, world, world.operators[0], client, root)
        for market, client in zip(markets, clients, strict=True)
    ]
    until_closed(world, settings, told, {deal.id() for deal in deals})
    assert [event.missed for event in told.of(events.DealSettled)] == [0, 0]
    dropped, closed = told.events.index(told.of(events.BytesDropped)[0]), told.of(events.DealClosed)
    assert dropped > max(told.events.index(event) for event in closed)
    found = status(settings)
    assert (found["market"], found["trouble"]) == (newer.deployment.deals, "")
    assert [each["market"] for each in found["older"]] == [world.deployment.deals]


def test_read__a_deal_of_an_older_deployment__has_a_price_and_is_paid_in_its_own_ledger(
    world: World, newer: World, tmp_path: Path
) -> None:
    settings = settings_of(world, newer, (world.network(),))
    settings = replace(settings, storage=replace(settings.storage, egress=10**15))
    data, market, client = secrets.token_bytes(SIZE), world.market(), paying_client(world)
    root = held(world, settings, data)
    operator = world.operators[0]
    deal = opened(market, world, operator, client, root)
    world.devnet.mine(settings.habits.confirmations)
    purse, book = purse_of(market, tmp_path, client.address, client)
    told, paid = Told(), []

    async def play() -> None:
        with trio.fail_after(30):
            async with trio.open_nursery() as nursery, open_host(secrets.token_bytes(32)) as host:
                nursery.start_soon(run_node, settings, told)
                while not (known := told.of(events.DealKnown)) or known[-1].id != deal.id():
                    await trio.sleep(0.05)
                found = candidate(operator.address, market.node(operator.address))
                peer = replace(found, addresses=tuple(told.of(Started)[0].addresses))
                async with reach(host, peer, STREAM) as channel:
                    way = await passage(channel, market, peer, deal, purse)
                    request = await trio.to_thread.run_sync(way.request, 0, 1_000)
                    await channel.send(request.encode())
                    paid.extend([chunk async for chunk in received(channel, 1_000, Pace())])
                nursery.cancel_scope.cancel()

    trio.run(play)
    assert paid == [data[:1_000]]
    assert book.promised(operator.address, deal.id()) == price_of(10**15, 1_000)
    book.close()


def test_node__the_present_deployment_as_an_older_one__is_refused(world: World, newer: World) -> None:
    with pytest.raises(ConfigError, match="names a deployment twice"):
        trio.run(run_node, settings_of(world, newer, (newer.network(),)), print)
