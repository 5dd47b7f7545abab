"""What a command works with: its output, its files, and the network and wallet that its options chose.

Everything is opened when it is first asked for, so a command pays for what it uses.
"""

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from xmbl import config
from xmbl.cli.choices import Choices
from xmbl.cli.output import Output
from xmbl.cli.silence import Silence
from xmbl.errors import ChainError, ConfigError, UsageError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from xmbl.chain.client import Chain
    from xmbl.chain.deals import StorageDeals
    from xmbl.chain.deployments import Deployment
    from xmbl.chain.outbox import Outbox
    from xmbl.chain.payments import Payments
    from xmbl.chain.registry import NodeRegistry
    from xmbl.chain.staking import Staking
    from xmbl.chain.token import Token
    from xmbl.identity.keystore import Keystore
    from xmbl.storage.market import Market

T = TypeVar("T")

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


class Session:
    """One command's view of this machine; `patience` in seconds is how long it waits for a silent chain."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.out = Output(choices.json)
        self.folders = config.folders()
        self.patience = 30.0
        self.silence = Silence(self.out)
        self._opened: dict[str, Any] = {}

    # the user's choices

    def settings(self) -> config.Settings:
        """The user's defaults, under the environment's."""
        saved = config.load_settings(self.folders)
        return replace(
            saved,
            network=os.environ.get("XMBL_NETWORK") or saved.network,
            wallet=os.environ.get("XMBL_WALLET") or saved.wallet,
        )

    def network(self) -> config.Network:
        """The network that was asked for, else the default, else the only one; `ConfigError` if unclear."""
        return self._once("network", lambda: config.load_network(self.folders, self._network_name()))

    def use(self, known: Sequence[config.Network]) -> None:
        """Work on the first network that a node file names, or on the one of them that was asked for;
        `UsageError` for any other."""
        named = {each.name: each for each in reversed(known)}
        asked = self.choices.network or known[0].name
        if asked not in named:
            raise UsageError(f"The node file is for {', '.join(named)}, not {asked}; leave --network away.")
        self._opened["network"] = named[asked]

    def wallet(self) -> str:
        """The name of the wallet that was asked for, else the default, else the only one."""
        chosen = self.choices.wallet or self.settings().wallet
        names = self.keystore().list()
        if chosen or len(names) == 1:
            return chosen or names[0]
        if not names:
            raise ConfigError("There is no wallet yet; make one with `xmbl wallet new NAME`.")
        raise ConfigError(f"Which wallet? Say --wallet NAME ({', '.join(names)}) or choose a default.")

    def password_file(self) -> Path | None:
        """The file with the wallet's password, where one was named."""
        name = self.choices.password_file or os.environ.get("XMBL_PASSWORD_FILE", "")
        return Path(name) if name else None

    def agreed(self, question: str) -> bool:
        """Whether the user says yes: by --yes, or when asked; a script that says nothing says no."""
        return self.choices.yes or (sys.stdin.isatty() and self.out.confirm(question))

    # the wallet

    def keystore(self) -> "Keystore":
        """The wallets of this user."""
        from xmbl.identity.keystore import Keystore

        return Keystore(self.folders.config / "wallets")

    def address(self) -> str:
        """The wallet's address; needs no password."""
        return self._once("address", lambda: self.keystore().address(self.wallet()))

    def account(self) -> "LocalAccount":
        """The wallet, opened by its password, which is asked for once."""
        return self._once("account", self._unlocked)

    def password(self, wallet: str) -> str:
        """The password of a wallet: from the file that was named, else asked for."""
        from xmbl.cli.passwords import ask

        return ask(self.out, self.password_file(), wallet)

    def new_password(self, wallet: str) -> str:
        """One to seal a wallet with."""
        from xmbl.cli.passwords import ask_new

        return ask_new(self.out, self.password_file(), wallet)

    def _unlocked(self) -> "LocalAccount":
        password = self.password(self.wallet())
        with self.silence(f"the wallet {self.wallet()} to open"):
            return self.keystore().unlock(self.wallet(), password)

    # the chain

    def chain(self) -> "Chain":
        """The network's chain."""
        return self._once("chain", self._connected)

    def _connected(self) -> "Chain":
        from xmbl.chain.client import Chain
        from xmbl.chain.log_store import store_path
        from xmbl.chain.past import Past

        network = self.network()
        past = Past(store_path(self.folders.cache, network.chain_id), self.silence.searched)
        return Chain(network.rpc, network.chain_id, patience=self.patience, waiting=self.silence, past=past)

    def deployment(self) -> "Deployment":
        """The contracts: those of the network file, else those that the package knows for this chain."""
        return self._once("deployment", self._deployment)

    def _deployment(self) -> "Deployment":
        from xmbl.chain.deployments import Deployment, load

        network = self.network()
        if network.contracts:
            return Deployment(chain_id=network.chain_id, block=network.block, **network.contracts)
        return load(network.chain_id, self.folders.config / "deployments")

    def token(self) -> "Token":
        """XMBL itself."""
        from xmbl.chain.token import Token

        return Token(self.chain(), self.deployment().token)

    def payments(self) -> "Payments":
        """The ledger from which services are paid."""
        from xmbl.chain.payments import Payments

        return Payments(self.chain(), self.deployment().payments)

    def staking(self) -> "Staking":
        """The bonds of operators."""
        from xmbl.chain.staking import Staking

        return Staking(self.chain(), self.deployment().staking)

    def registry(self) -> "NodeRegistry":
        """Where operators say who they are."""
        from xmbl.chain.registry import NodeRegistry

        return NodeRegistry(self.chain(), self.deployment().registry)

    def deals(self) -> "StorageDeals":
        """The market for kept bytes."""
        from xmbl.chain.deals import StorageDeals

        return StorageDeals(self.chain(), self.deployment().deals)

    def outbox(self) -> "Outbox":
        """The wallet's outbox on this chain, with what an earlier command left in it sent on."""
        return self._once("outbox", self._resumed)

    def _resumed(self) -> "Outbox":
        outbox = self.outbox_of(self.chain(), self.account())
        outbox.resume()
        return outbox

    def outbox_of(self, chain: "Chain", account: "LocalAccount") -> "Outbox":
        """This user's outbox of an account on a chain."""
        from xmbl.chain.outbox import Outbox, outbox_path

        return Outbox(outbox_path(self.folders.state / "outbox", chain, account.address), chain, account)

    def market(self) -> "Market":
        """The market for storage, as its clients see it."""
        from xmbl.storage.market import open_market

        return self._once("market", lambda: open_market(self.chain(), self.deployment()))

    def resolve(self, text: str) -> str:
        """The address that a person means by `text`: an address, a wallet's name or a contract's."""
        from eth_utils import is_checksum_address, to_checksum_address

        if _ADDRESS.fullmatch(text):
            mixed = text[2:] not in (text[2:].lower(), text[2:].upper())
            if mixed and not is_checksum_address(text):
                raise UsageError(f"{text} has a typing error: its capitals don't fit; copy it again.")
            return str(to_checksum_address(text))
        if text in config.CONTRACTS:
            return str(getattr(self.deployment(), text))
        if text in self.keystore().list():
            return self.keystore().address(text)
        raise UsageError(
            f"{text!r} is neither an address (0x and 40 hex digits) nor the name of a wallet here."
        )

    def require_deployed(self) -> None:
        """`ChainError` if another contract than ours, or none, lies where this network's file says."""
        from xmbl.chain.deployments import foreign

        wrong = foreign(self.chain(), self.deployment().addresses())
        if wrong:
            raise ChainError(
                f"{', '.join(wrong)} isn't where {self.network().name}'s file says; get a newer file."
            )

    def _network_name(self) -> str:
        chosen = self.choices.network or self.settings().network
        names = config.network_names(self.folders)
        if chosen or len(names) == 1:
            return chosen or names[0]
        if not names:
            raise ConfigError(
                "No network is known yet; start one by `xmbl devnet` or `xmbl config join FILE`."
            )
        raise ConfigError(
            f"Which network? Say --network NAME ({', '.join(names)}) or `xmbl config use NAME`."
        )

    def _once(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._opened:
            self._opened[name] = make()
        return cast(T, self._opened[name])
