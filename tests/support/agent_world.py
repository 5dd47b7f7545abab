"""An operator's agent in the test's own process, on a chain whose blocks the test mines."""

import secrets
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.storage_world import STAKE, World
from xmbl.blocks.store import FileStore
from xmbl.chain.client import Chain
from xmbl.chain.outbox import Habits as OutboxHabits
from xmbl.chain.outbox import Outbox
from xmbl.chain.registry import STORAGE
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Terms, sign_digest
from xmbl.events import Emit, Event
from xmbl.identity import node_key
from xmbl.storage.agent import Habits, StorageAgent
from xmbl.storage.desk import Desk
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import DealState, Journal
from xmbl.storage.market import Market, open_market
from xmbl.units import WHOLE

HABITS = Habits(confirmations=2, settle_every=4, poll=0.01)
PERIOD = 20
COMMISSION = 2_000


@dataclass
class Provider:
    """An operator with stake; its agent starts, dies and starts again at the test's word."""

    world: World
    folder: Path
    cold: LocalAccount
    signer: LocalAccount
    client: LocalAccount
    seed: bytes
    told: list[Event] = field(default_factory=list)
    salt: int = 0

    def __post_init__(self) -> None:
        self.market: Market = open_market(self.world.chain, self.world.deployment)
        self.start()

    @property
    def address(self) -> str:
        """The operator's account."""
        return self.cold.address

    def start(
        self, habits: Habits = HABITS, chain: Chain | None = None, emit: Emit | None = None, **outbox: Any
    ) -> None:
        """A fresh agent on what is on the disk, as after a restart."""
        market = open_market(chain, self.world.deployment) if chain else self.market
        self.outbox = Outbox(
            self.folder / "outbox.sqlite", market.chain, self.signer,
            replace(OutboxHabits(confirmations=2, poll=0.01), **outbox),
        )  # fmt: skip
        self.journal = Journal(self.folder / "journal.sqlite")
        self.holdings = Holdings(FileStore(self.folder / "store", 2**30), self.folder / "trees")
        desk = Desk(self.address, market, self.outbox, self.journal, self.holdings, emit or self.told.append)
        self.agent = StorageAgent(desk, habits)
        self.agent.start()

    def die(self) -> None:
        """What a kill leaves behind: the files."""
        self.journal.close()
        self.outbox.close()
        self.holdings.close()

    def forget(self) -> None:
        """As if it had never signed or held anything."""
        for known in self.journal.deals(DealState.SIGNED):
            self.journal.forget(known.id)
        for root in self.holdings.roots():
            self.holdings.drop(root)
        self.told.clear()

    # deals

    def hold(self, data: bytes) -> bytes:
        """Bytes that have arrived; their root."""
        with self.holdings.receive(len(data)) as arrival:
            arrival.write(data)
            return arrival.keep().root

    def sign(self, data: bytes, end: int, price: int = 5, hold: bool = True) -> tuple[Deal, bytes]:
        """A deal for `data` that the client may open, as the server signs it."""
        block = self.market.block_number()
        root = self.hold(data) if hold else b"\7" * 32
        self.salt += 1
        terms = Terms(
            self.client.address, self.address, leaf_count(len(data)), price,
            self.market.parameters.least_collateral(price), end, 2, 14, 3, block + PERIOD, self.salt,
        )  # fmt: skip
        deal = Deal(self.address, root, terms)
        if hold:
            self.journal.sign(deal, len(data))
        return deal, sign_digest(self.signer, self.market.digest(deal.id()))

    def open(self, data: bytes, end: int, price: int = 5, hold: bool = True) -> Deal:
        """A deal that is open on chain."""
        deal, signature = self.sign(data, end, price, hold)
        self.world.send(self.client, self.market.deals.open(deal, signature))
        return deal

    # time

    @property
    def period(self) -> int:
        """The present one."""
        return self.market.period()

    def mine(self, blocks: int = 1) -> None:
        """Add blocks."""
        self.world.devnet.mine(blocks)

    def to_period(self, period: int, block: int = 3) -> None:
        """Mine up to that block of the period, without a step of the agent."""
        self.mine(period * PERIOD + block - self.market.block_number())

    def steps(self, count: int = 4) -> None:
        """Let the agent look, a block apart."""
        for _ in range(count):
            self.agent.step()
            self.mine()

    def prove(self, period: int) -> None:
        """Go there and let the agent work."""
        self.to_period(period)
        self.steps()

    # what came of it

    def of(self, kind: type[Event]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.told if isinstance(event, kind)]

    def proven(self, first: int, last: int) -> list[int]:
        """The periods proven on chain."""
        found = self.market.proven(self.address, first, last)
        return [period for period in range(first, last + 1) if period in found]


def paying_client(world: World) -> LocalAccount:
    """A client that has deposited and allowed the market to take it."""
    client: LocalAccount = Account.create()
    world.give(client, 100 * WHOLE)
    world.send(client, *world.market().funding(client.address, 50 * WHOLE))
    return client


def provider(world: World, folder: Path, client: LocalAccount, cap: int = 10**9) -> Provider:
    """A new operator for that client."""
    cold, signer, seed = Account.create(), Account.create(), secrets.token_bytes(32)
    for account, xmbl in ((cold, STAKE), (signer, 0)):
        world.give(account, xmbl)
    market = world.market()
    world.send(
        cold,
        market.token.approve(market.staking.address, STAKE),
        market.staking.stake(STAKE, COMMISSION),
        market.staking.authorize(market.deals.address, STAKE),
        market.registry.register(
            agent=signer.address, payee=cold.address, node_key=node_key.public_key(seed), services=STORAGE,
            profile=bytes(32), multiaddrs=[],
        ),
        market.deals.set_cap(cap),
    )  # fmt: skip
    folder.mkdir()
    return Provider(world, folder, cold, signer, client, seed)
