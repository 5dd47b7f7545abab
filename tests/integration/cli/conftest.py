"""A devnet started by the command itself, and people with wallets on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.commands import Commands, Service
from xmbl.identity.keystore import Keystore

PASSWORD = "correct horse"
FAST = 2
"""scrypt's work for keys that are thrown away."""


def add_wallet(commands: Commands, name: str) -> str:
    """A wallet as `xmbl wallet new` makes it, but quickly; its address."""
    return Keystore(commands.home / "config" / "wallets", work=FAST).new(name, PASSWORD)


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """One user with the wallets `client` and `operator`, whose password is in a file."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "password").write_text(PASSWORD + "\n")
    (home / "password").chmod(0o600)
    found = Commands(home, password=home / "password")
    for name in ("client", "operator"):
        add_wallet(found, name)
    return found


@pytest.fixture(scope="session")
def devnet(commands: Commands) -> Iterator[Service]:
    """A chain that mines each transaction at once, with both wallets funded."""
    service = commands.start("devnet", "--port", "0", "--block-time", "0")
    for name in ("client", "operator"):
        commands.document("devnet", "fund", name)
    yield service
    service.stop()


@pytest.fixture
def client(commands: Commands, devnet: Service) -> Commands:
    """The user, acting with the wallet `client`."""
    return commands.acting_with("client")


@pytest.fixture
def operator(commands: Commands, devnet: Service) -> Commands:
    """The user, acting with the wallet `operator`."""
    return commands.acting_with("operator")
