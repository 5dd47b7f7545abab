"""The demo's stage: folders, wallets and networks of five people, and their first transactions.

Everybody has a home of their own below one folder, as if on a machine of their own: `XMBL_HOME=…/client
xmbl deal list` goes on by hand where the demo stopped. Passwords are drawn at random and lie beside.
"""

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from xmbl import config
from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.deployments import Deployment
from xmbl.chain.devnet import Devnet, rich_account
from xmbl.chain.outbox import Habits, Outbox, Receipt, outbox_path
from xmbl.chain.registry import STORAGE
from xmbl.identity import node_key
from xmbl.identity.keystore import Keystore
from xmbl.node.config import node_text
from xmbl.storage.market import open_market
from xmbl.units import WHOLE

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

NETWORK = "demo"
"""The network's name in every home."""

CLIENT = "client"
"""The client's home, and its wallet there."""

PASSWORD = "password"  # noqa: S105 - the name of a file
"""The file in a home that holds its wallets' password."""

_LIGHT = 2**12
"""scrypt's work for keys that are thrown away: a demo of strangers' machines needn't wait for five."""

_QUICK = Habits(confirmations=2, poll=0.05)
_STAKE = 2_000 * WHOLE
_CAP = 10**9
_ETHER = 5 * WHOLE
_CLIENT_XMBL = 1_000 * WHOLE


@dataclass(frozen=True)
class Home:
    """One person's machine: a folder, and the accounts in its keystore by name."""

    name: str
    folder: Path
    accounts: dict[str, "LocalAccount"]

    @property
    def password_file(self) -> Path:
        """Where the password of the wallets lies."""
        return self.folder / PASSWORD


@dataclass(frozen=True)
class Split:
    """Three accounts that share one operator's income."""

    account: str
    recipients: tuple[str, ...]
    weights: tuple[int, ...]


class Stage:
    """The chain with everything deployed, the homes, and the outboxes of whoever the demo acts for."""

    def __init__(self, folder: Path, devnet: Devnet) -> None:
        self.folder = folder
        self.devnet = devnet
        self.chain: Chain = devnet.chain()
        self._outboxes: dict[str, Outbox] = {}
        self.deployer = Home("deployer", folder / "deployer", {"deployer": rich_account()})
        preset = PRESETS["devnet"]
        self.deployment: Deployment = deploy(
            self.outbox(self.deployer, "deployer"), self.chain, preset, folder / "deployer", lambda _: None
        )
        self.market = open_market(self.chain, self.deployment)

    def home(self, name: str, *wallets: str) -> Home:
        """A new home on this network, with a wallet by each name and one password for all."""
        folder = self.folder / name
        password = secrets.token_urlsafe(24)
        places = config.folders({"XMBL_HOME": str(folder)})
        config.write_text(folder / PASSWORD, password + "\n")
        config.save_network(places, self._network())
        keys = Keystore(places.config / "wallets", work=_LIGHT)
        for wallet in wallets:
            keys.new(wallet, password)
        return Home(name, folder, {wallet: keys.unlock(wallet, password) for wallet in wallets})

    def _network(self) -> config.Network:
        found = self.deployment
        return config.Network(NETWORK, found.chain_id, (self.devnet.url,), found.addresses(), found.block)

    # transactions

    def outbox(self, home: Home, wallet: str) -> Outbox:
        """The outbox of one of a home's accounts, where its commands would keep it."""
        account = home.accounts[wallet]
        if account.address not in self._outboxes:
            folder = config.folders({"XMBL_HOME": str(home.folder)}).state / "outbox"
            path = outbox_path(folder, self.chain, account.address)
            self._outboxes[account.address] = Outbox(path, self.chain, account, _QUICK)
        return self._outboxes[account.address]

    def send(self, home: Home, wallet: str, *calls: Call) -> list[Receipt]:
        """Send calls one after the other, each once."""
        outbox = self.outbox(home, wallet)
        return [outbox.send(call, f"demo:{home.name}:{call.action}:{secrets.token_hex(8)}") for call in calls]

    def fund(self, amounts: Sequence[tuple[str, int]]) -> None:
        """Give ether for gas, and XMBL in wei, to accounts."""
        outbox = self.outbox(self.deployer, "deployer")
        calls = [_ether(account) for account, _ in amounts]
        calls += [self.market.token.transfer(account, amount) for account, amount in amounts if amount]
        keys = [f"demo:fund:{secrets.token_hex(8)}" for _ in calls]
        for call, key in zip(calls, keys, strict=True):
            outbox.submit(call, key)
        for key in keys:
            outbox.wait(key)

    # people

    def client(self) -> Home:
        """The client, with money."""
        home = self.home(CLIENT, CLIENT)
        self.fund([(home.accounts[CLIENT].address, _CLIENT_XMBL)])
        return home

    def operators(self, names: Sequence[str], split: Split, ports: Sequence[int]) -> list[Home]:
        """Operators with stake, listening at `ports` of this machine; the first's payee is the split."""
        homes = [self.home(name, "operator", "agent") for name in names]
        for home in homes:
            node_key.create(key_path(home), home.password_file.read_text().strip(), log2_work=12)
        self.fund(
            [(home.accounts["operator"].address, _STAKE) for home in homes]
            + [(home.accounts["agent"].address, 0) for home in homes]
        )
        payees = [split.account, *(home.accounts["operator"].address for home in homes[1:])]
        with ThreadPoolExecutor(len(homes)) as pool:
            list(pool.map(self._enlist, homes, payees, ports))
        return homes

    def _enlist(self, home: Home, payee: str, port: int) -> None:
        market, staking = self.market, self.market.staking
        register = market.registry.register(
            agent=home.accounts["agent"].address,
            payee=payee,
            node_key=node_key.public_key_of(key_path(home)),
            services=STORAGE,
            profile=bytes(32),
            multiaddrs=[listen_address(port)],
        )
        steps: list[Callable[[], Call]] = [
            lambda: market.token.approve(staking.address, _STAKE),
            lambda: staking.stake(_STAKE, 0),
            lambda: staking.authorize(market.deals.address, _STAKE),
            lambda: register,
            lambda: market.deals.set_cap(_CAP),
        ]
        for step in steps:
            self.send(home, "operator", step())

    def split(self) -> Split:
        """A split of three new accounts."""
        home = self.home("partners", "one", "two", "three")
        recipients = sorted(account.address.lower() for account in home.accounts.values())
        weights = (500_000, 300_000, 200_000)
        account = self.market.payments.split_account(recipients, weights)
        return Split(account, tuple(recipients), weights)

    def receipts(self, homes: Sequence[Home]) -> tuple[Receipt, ...]:
        """Every transaction of every account of these homes, by block."""
        found = [
            receipt
            for home in [self.deployer, *homes]
            for wallet in home.accounts
            for receipt in self._settled(home, wallet).history()
        ]
        return tuple(sorted(found, key=lambda receipt: receipt.block))

    def _settled(self, home: Home, wallet: str) -> Outbox:
        outbox = self.outbox(home, wallet)
        outbox.step()
        return outbox


def key_path(home: Home) -> Path:
    """Where an operator's node key lies."""
    return config.folders({"XMBL_HOME": str(home.folder)}).config / "node.key"


def listen_address(port: int) -> str:
    """Where an operator's node listens on this machine."""
    return f"/ip4/127.0.0.1/tcp/{port}"


def write_node_file(home: Home, port: int, price: str) -> Path:
    """Write an operator's node file; `price` is for a GiB and a period."""
    path = config.folders({"XMBL_HOME": str(home.folder)}).config / "node.toml"
    settings = {
        "network": NETWORK,
        "operator": home.accounts["operator"].address,
        "agent": "agent",
        "password_file": str(home.password_file),
        "listen": [listen_address(port)],
        "storage": {"capacity": "10 GiB", "price": price, "settle_every": 366},
        "chain": {"confirmations": 2, "poll": 0.4},
    }
    config.write_text(path, node_text(settings))
    return path


def _ether(account: str) -> Call:
    return Call(account, b"", "ether_send", f"Send ether for gas to {account}.", _ETHER)
