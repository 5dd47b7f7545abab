"""A small world for storage: a chain with everything deployed, operators with nodes of their own, a client.

Nodes are processes; the client runs in the test. Blocks come by the clock, as they do outside.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import trio
from eth_account import Account
from eth_account.signers.local import LocalAccount

from xmbl import config
from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.deployments import Deployment
from xmbl.chain.devnet import Devnet, Engine, rich_account, start_devnet
from xmbl.chain.outbox import Habits, Outbox
from xmbl.chain.registry import STORAGE
from xmbl.crypto.envelope import wallet_key
from xmbl.events import Emit, Event
from xmbl.identity import node_key
from xmbl.identity.keystore import Keystore
from xmbl.network.host import open_host
from xmbl.node.config import node_text
from xmbl.payments.client import Purse
from xmbl.storage.client import StorageClient
from xmbl.storage.manifest import Manifests
from xmbl.storage.market import open_market
from xmbl.storage.wallet import Wallet
from xmbl.units import WHOLE

BLOCK_SECONDS = 0.25
PASSWORD = "test password"
PER_GIB = 10**15
CAP = 10**9
STAKE = 1_000 * WHOLE
QUICK = Habits(confirmations=2, poll=0.05)
LIGHT = 2**4


@dataclass
class Operator:
    """One operator's machine; `node` is its process while it runs."""

    home: Path
    cold: LocalAccount
    agent: LocalAccount
    log: Path
    node: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """The operator's account."""
        return self.cold.address

    def start(self) -> None:
        """Run the node."""
        environment = {**os.environ, "XMBL_HOME": str(self.home)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        command = [sys.executable, "-m", "tests.support.node_process", str(self.home / "node.toml")]
        with self.log.open("ab") as log:
            self.node = subprocess.Popen(
                command, cwd=Path(__file__).parents[2], env=environment, stdin=subprocess.DEVNULL, stderr=log
            )

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> int:
        if self.node is None:
            return 0
        self.node.send_signal(number)
        code = self.node.wait(20)
        self.node = None
        return code

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What the node has said of this kind, over all its runs."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [record for record in records if record["event"] == kind]


@dataclass
class World:
    """The chain, the contracts and the people; use `storage_world`."""

    folder: Path
    devnet: Devnet
    chain: Chain
    deployment: Deployment
    outboxes: dict[str, Outbox] = field(default_factory=dict)
    operators: list[Operator] = field(default_factory=list)
    sent: Iterator[int] = field(default_factory=count)

    def send(self, account: LocalAccount, *calls: Call) -> None:
        """Send calls one after another."""
        for call in calls:
            self.outbox(account).send(call, f"{call.action}:{next(self.sent)}")

    def outbox(self, account: LocalAccount) -> Outbox:
        """The outbox that the test itself uses for an account."""
        if account.address not in self.outboxes:
            path = self.folder / f"{account.address}.sqlite"
            self.outboxes[account.address] = Outbox(path, self.chain, account, QUICK)
        return self.outboxes[account.address]

    def give(self, account: LocalAccount, xmbl: int) -> None:
        """Ether for gas, and XMBL in wei."""
        calls = [Call(account.address, b"", "ether", f"Ether for {account.address}.", WHOLE)]
        if xmbl:
            calls.append(self.market().token.transfer(account.address, xmbl))
        self.send(rich_account(), *calls)

    def drain(self, account: LocalAccount, leave: int = 0) -> None:
        """Take the ether of an account away, but for `leave` wei."""
        gas, price = 21_000, self.chain.header().base_fee * 2 + 10**9
        signed = account.sign_transaction({
            "type": 2, "chainId": self.chain.chain_id, "nonce": self.chain.nonce(account.address), "gas": gas,
            "to": rich_account().address, "maxFeePerGas": price, "maxPriorityFeePerGas": price, "data": b"",
            "value": self.chain.balance(account.address) - gas * price - leave,
        })  # fmt: skip
        self.chain.broadcast(bytes(signed.raw_transaction))

    def market(self) -> Any:
        """The market as the test looks at it."""
        return open_market(self.chain, self.deployment)

    def enlist_all(self, names: Sequence[str]) -> None:
        """Several operators side by side."""
        with ThreadPoolExecutor(len(names)) as pool:
            list(pool.map(self.enlist, names))

    def enlist(self, name: str, **storage: Any) -> Operator:
        """A new operator with stake, registered, with a node file; not running yet."""
        home, cold, agent = self.folder / name, Account.create(), Account.create()
        places = config.folders({"XMBL_HOME": str(home)})
        Keystore(places.config / "wallets", work=LIGHT).import_key("agent", agent.key.hex(), PASSWORD)
        node_key.create(places.config / "node.key", PASSWORD, log2_work=4)
        config.save_network(places, self.network())
        config.write_text(home / "password", PASSWORD + "\n")
        config.write_text(home / "node.toml", node_text(node_settings(cold.address, storage)))
        operator = Operator(home, cold, agent, self.folder / f"{name}.log")
        self.give(cold, STAKE)
        self.give(agent, 0)
        self._register(operator, places)
        self.operators.append(operator)
        return operator

    def to_period(self, period: int, block: int = 3) -> None:
        """Mine up to that block of the period."""
        self.devnet.mine(period * PRESETS["devnet"].market.period + block - self.chain.block_number())

    def network(self) -> config.Network:
        """The network file's content."""
        found = self.deployment
        return config.Network("test", found.chain_id, (self.devnet.url,), found.addresses(), found.block)

    def _register(self, operator: Operator, places: config.Folders) -> None:
        market = self.market()
        key = node_key.public_key_of(places.config / "node.key")
        self.send(
            operator.cold,
            market.token.approve(market.staking.address, STAKE),
            market.staking.stake(STAKE, 0),
            market.staking.authorize(market.deals.address, STAKE),
            market.registry.register(
                agent=operator.agent.address,
                payee=operator.address,
                node_key=key,
                services=STORAGE,
                profile=bytes(32),
                multiaddrs=[],
            ),
            market.deals.set_cap(CAP),
        )

    def stop(self) -> None:
        """End every node."""
        for operator in self.operators:
            operator.kill()


def node_settings(operator: str, storage: dict[str, Any]) -> dict[str, Any]:
    """A node file's content."""
    return {
        "network": "test", "operator": operator, "agent": "agent", "password_file": "password",
        "listen": ["/ip4/127.0.0.1/tcp/0"],
        "storage": {"capacity": "1 GiB", "price": "0.0005 XMBL", "settle_every": 3, **storage},
        "chain": {"confirmations": 2, "poll": 0.2},
    }  # fmt: skip


@contextmanager
def storage_world(
    folder: Path, engine: Engine | None = None, block_time: float = BLOCK_SECONDS
) -> Iterator[World]:
    """A chain with everything deployed; nodes and chain end with the block."""
    with start_devnet(folder / "chain", block_time=block_time, engine=engine) as devnet:
        chain, deployer = devnet.chain(), rich_account()
        outbox = Outbox(folder / "deployer.sqlite", chain, deployer, QUICK)
        deployment = deploy(outbox, chain, PRESETS["devnet"], folder / "addresses")
        world = World(folder, devnet, chain, deployment, {deployer.address: outbox})
        try:
            yield world
        finally:
            world.stop()


@dataclass
class Told:
    """What a client was told, in order; `on` does something at the first event of a kind."""

    events: list[Event] = field(default_factory=list)
    waiting: dict[type[Event], Callable[[], None]] = field(default_factory=dict)

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def on(self, kind: type[Event], action: Callable[[], None]) -> None:
        """Do `action` once, when the next event of this kind comes."""
        self.waiting[kind] = action

    def __call__(self, event: Event) -> None:
        self.events.append(event)
        if action := self.waiting.pop(type(event), None):
            action()


def client_home(world: World, account: LocalAccount) -> Path:
    """Where a client of this world has its files."""
    return world.folder / f"client-{account.address}"


@asynccontextmanager
async def client_of(
    world: World, account: LocalAccount, told: Emit, purse: Purse | None = None
) -> AsyncIterator[StorageClient]:
    """A client with its own host, manifests and outbox, who pays for reads out of a purse."""
    home = client_home(world, account)
    manifests = Manifests(home / "manifests", wallet_key(bytes(account.key), "manifest"))
    async with open_host(bytes(account.key)) as host:
        wallet = Wallet(
            account.address, world.market(), world.outbox(account), host, manifests, home / "spool",
            told, purse,
        )  # fmt: skip
        yield StorageClient(wallet)


def until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is so; fails loudly when it isn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it didn't come to pass in time"
        time.sleep(0.05)


async def until_async(condition: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
    """The same for a condition that must be awaited."""
    with trio.fail_after(seconds):
        while not await condition():
            await trio.sleep(0.1)
