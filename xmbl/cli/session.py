"""What a command works with: its output, its files, and the network and wallet that its options chose.

Everything is opened when it is first asked for, so a command pays for what it uses.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from xmbl import config
from xmbl.cli.frame import Choices
from xmbl.cli.output import Output
from xmbl.errors import ConfigError

if TYPE_CHECKING:
    from xmbl.identity.keystore import Keystore

T = TypeVar("T")


class Session:
    """One command's view of this machine."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices
        self.out = Output(choices.json)
        self.folders = config.folders()
        self._opened: dict[str, Any] = {}

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

    def keystore(self) -> "Keystore":
        """The wallets of this user."""
        from xmbl.identity.keystore import Keystore

        return Keystore(self.folders.config / "wallets")

    def agreed(self, question: str) -> bool:
        """Whether the user says yes: by --yes, or when asked; a script that says nothing says no."""
        return self.choices.yes or (sys.stdin.isatty() and self.out.confirm(question))

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
