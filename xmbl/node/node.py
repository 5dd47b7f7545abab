"""A running node: the adapters of one operator, its storage agent and what it serves, stopped cleanly.

`status.json` in the state folder is replaced after every look at the chain, for other processes to read.
"""

import json
import os
import signal
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import trio

from xmbl.blocks.store import FileStore
from xmbl.chain import outbox as chain_outbox
from xmbl.chain.client import Chain
from xmbl.chain.deployments import Deployment, foreign, load
from xmbl.chain.outbox import Outbox, outbox_path, owned_name
from xmbl.config import Network, write_text
from xmbl.errors import ConfigError
from xmbl.events import Emit, Event
from xmbl.files import Lock, is_locked
from xmbl.identity import node_key
from xmbl.identity.keystore import Keystore
from xmbl.identity.passwords import read_password
from xmbl.network.host import Host, open_host
from xmbl.node.announcing import announce
from xmbl.node.config import NodeConfig
from xmbl.node.paying import Cashier, cashiers_of
from xmbl.storage import wire
from xmbl.storage.agent import StorageAgent
from xmbl.storage.desk import Desk
from xmbl.storage.egress import Egress
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.market import Market, open_market
from xmbl.storage.server import StorageServer

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

STATUS = "status.json"
LOCK = "node.lock"

UPLOAD_SECONDS = 6 * 3_600.0
QUOTES_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Started(Event):
    """The node serves at these addresses."""

    operator: str
    agent: str
    addresses: list[str]


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """The node has stopped cleanly."""


async def run_node(settings: NodeConfig, emit: Emit) -> None:
    """Run until cancelled, or until SIGINT or SIGTERM; `emit` may be called from any thread.

    `ConfigError` when the registry knows another agent or key, `KeystoreError` for the password, `Busy` when
    another node has the state folder or the store.
    """
    signer, seed = await trio.to_thread.run_sync(_unlocked, settings)
    with _alone(settings):
        desks = await trio.to_thread.run_sync(_desks, settings, signer, emit)
        cashiers = await trio.to_thread.run_sync(cashiers_of, settings, desks)
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(_stop_on_signal, nursery.cancel_scope)
                async with open_host(seed, settings.listen) as host:
                    await _serve(settings, desks, cashiers, signer, host)
        finally:
            for desk in desks:
                desk.journal.close()
            for cashier in cashiers:
                cashier.book.close()
            desks[0].outbox.close()
            desks[0].holdings.close()
            emit(Stopped())


def _alone(settings: NodeConfig) -> Lock:
    """Held as long as the node runs: it says so, and keeps a second one away from journal and status."""
    taken = (
        f"A node runs with the state folder {settings.state}; stop it, or name another `state` for this one."
    )
    return Lock(settings.state / LOCK, taken)


async def _serve(
    settings: NodeConfig, desks: Sequence[Desk], cashiers: Sequence[Cashier], signer: "LocalAccount",
    host: Host,
) -> None:  # fmt: skip
    desk = desks[0]
    agents = [StorageAgent(each, settings.habits) for each in desks]
    for agent in agents:
        await trio.to_thread.run_sync(agent.start)
    # new deals only here: the older deployments' are proven and read to their end
    older = [
        Egress(each, signer, settings.storage, cashier.till)
        for each, cashier in zip(desks[1:], cashiers[1:], strict=True)
    ]
    egress = Egress(desk, signer, settings.storage, cashiers[0].till, older)
    server = StorageServer(desk, signer, settings.storage, egress)
    host.serve(wire.QUOTE, server.quote, deadline=60.0, concurrent=QUOTES_AT_ONCE)
    # their places are given by use, so who comes must be heard
    host.serve(wire.STORE, server.store, deadline=UPLOAD_SECONDS)
    host.serve(wire.STREAM, server.stream, deadline=UPLOAD_SECONDS)
    desk.emit(Started(desk.operator, signer.address, host.addresses))
    path = settings.state / STATUS

    async def write_status() -> None:
        await trio.to_thread.run_sync(_write_status, path, desks, agents, host.addresses)

    async with trio.open_nursery() as nursery:
        for each in desks:
            # proofs don't wait for it
            nursery.start_soon(announce, each, settings.announce or host.addresses)
        for agent in agents:
            nursery.start_soon(agent.run, write_status)
        for cashier in dict.fromkeys(cashiers):
            nursery.start_soon(cashier.run, settings.habits.poll)


def status(settings: NodeConfig) -> dict[str, Any]:
    """What the node of these settings last wrote; `ConfigError` if it never ran."""
    try:
        found = json.loads((settings.state / STATUS).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError("This node has never run; start it with `xmbl node run`.") from None
    return {**found, "running": is_locked(settings.state / LOCK)}


def deployment_of(network: Network) -> Deployment:
    """The contracts of a network: those of its file, else those that the package knows."""
    if network.contracts:
        return Deployment(chain_id=network.chain_id, block=network.block, **network.contracts)
    return load(network.chain_id)


def _unlocked(settings: NodeConfig) -> tuple["LocalAccount", bytes]:
    password = read_password(settings.password_file)
    signer = Keystore(settings.wallets).unlock(settings.agent, password)
    return signer, node_key.load(settings.node_key, password)


def _desks(settings: NodeConfig, signer: "LocalAccount", emit: Emit) -> list[Desk]:
    """One desk for each deployment, the newest first, over one outbox and the same bytes."""
    # a silent chain is asked again at the next look: the node must stop within seconds when it is told to
    chain = Chain(settings.network.rpc, settings.network.chain_id, timeout=10.0, patience=3.0)
    deployment = deployment_of(settings.network)
    if wrong := foreign(chain, deployment.addresses()):
        raise ConfigError(f"{', '.join(wrong)} isn't where the network's file says; get a newer file.")
    markets = [open_market(chain, each) for each in (deployment, *map(deployment_of, settings.older))]
    for market in markets:
        _check(settings, market, signer.address)
    _require_different(markets)
    # first of all: a store that another node has stays untouched
    holdings = _holdings(settings, owned_name(chain, settings.operator))
    outbox = Outbox(
        outbox_path(settings.outboxes, chain, signer.address),
        chain,
        signer,
        chain_outbox.Habits(
            ceiling=settings.ceiling, confirmations=settings.habits.confirmations, poll=settings.habits.poll
        ),
    )
    journals = [Journal(settings.state / _journal_name(market, settings.operator)) for market in markets]
    return [
        Desk(
            settings.operator, market, outbox, journal, holdings, emit,
            tuple(each for each in journals if each is not journal),
        )
        for market, journal in zip(markets, journals, strict=True)
    ]  # fmt: skip


def _journal_name(market: Market, operator: str) -> str:
    return f"{owned_name(market.chain, operator)}-{market.deals.address.lower()}.sqlite"


def _require_different(markets: Sequence[Market]) -> None:
    addresses = [market.deals.address for market in markets]
    if len(set(addresses)) < len(addresses):
        raise ConfigError("`older` names a deployment twice, or the present one; name each older one once.")


def _holdings(settings: NodeConfig, name: str) -> Holdings:
    return Holdings(
        FileStore(settings.store / name, settings.storage.capacity), settings.state / f"{name}-trees"
    )


def _check(settings: NodeConfig, market: Market, agent: str) -> None:
    registry = market.registry.address
    node = market.node(settings.operator)
    if node.agent != agent:
        raise ConfigError(
            f"The registry {registry} doesn't name {agent} as agent of {settings.operator};"
            " run `xmbl node register`."
        )
    if node.node_key != node_key.public_key_of(settings.node_key):
        raise ConfigError("The registry names another node key; run `xmbl node register` again.")
    if settings.habits.confirmations > market.parameters.period // 2:
        most = market.parameters.period // 2
        raise ConfigError(f"chain.confirmations leaves no time to prove here; set it to {most} at most.")


def _write_status(
    path: Path, desks: Sequence[Desk], agents: Sequence[StorageAgent], addresses: Sequence[str]
) -> None:
    newest, *older = (
        {"market": desk.market.deals.address, **asdict(agent.status)}
        for desk, agent in zip(desks, agents, strict=True)
    )
    found = {
        "pid": os.getpid(),
        "operator": desks[0].operator,
        "agent": desks[0].outbox.account,
        "addresses": list(addresses),
        **newest,
        "older": older,
    }
    write_text(path, json.dumps(found, indent=2) + "\n")


async def _stop_on_signal(scope: trio.CancelScope) -> None:
    with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
