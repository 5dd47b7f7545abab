"""`xmbl config`: which networks this machine knows, and the defaults."""

import urllib.request
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from xmbl import config
from xmbl.cli.frame import asking, group, local
from xmbl.cli.output import Table, facts
from xmbl.cli.session import Session
from xmbl.errors import ConfigError

_LIMIT = 65_536
_PATIENCE = 15


@group
def command() -> None:
    """Join networks and choose defaults."""


@command.command()
@local
def show(session: Session) -> None:
    """Show the networks that this machine knows and the defaults."""
    settings = config.load_settings(session.folders)
    networks = [config.load_network(session.folders, name) for name in config.network_names(session.folders)]
    rows = [(each.name, str(each.chain_id), ", ".join(each.rpc)) for each in networks]
    document = {
        "network": settings.network or None,
        "wallet": settings.wallet or None,
        "networks": [_document(network) for network in networks],
    }
    chosen = [("default network", settings.network or "-"), ("default wallet", settings.wallet or "-")]
    empty = "No network is known here; `xmbl devnet` starts one, `xmbl config join FILE` joins one."
    session.out.result(document, facts(chosen), Table(("NETWORK", "CHAIN", "RPC"), rows, empty))


@command.command()
@local
def path(session: Session) -> None:
    """Print the folders in which XMBL keeps its files."""
    places = {name: str(folder) for name, folder in asdict(session.folders).items()}
    session.out.result(places, facts([*places.items()]))


@command.command()
@click.argument("source", metavar="FILE|URL")
@asking
def join(session: Session, source: str) -> None:
    """Enter somebody's network: keep its file, from FILE or an https URL, and show what it says.

    Join only what you trust: whoever writes the file chooses the contracts that your money goes to.
    """
    with session.silence(source):
        text = _fetched(source)
    network = config.parse_network(text, source)
    target = config.network_path(session.folders, network.name)
    known = target.exists() and config.load_network(session.folders, network.name)
    if (
        known
        and known != network
        and not session.agreed(f"Replace the network {network.name} that you have?")
    ):
        raise ConfigError(f"The network {network.name} is known and differs; say --yes to replace it.")
    config.save_network(session.folders, network)
    session.out.result(
        {**_document(network), "path": str(target)},
        facts(_described(network)),
        f"\nJoined. `xmbl config use {network.name}` makes it your default; `xmbl doctor` checks it.",
    )


@command.command()
@click.argument("network", required=False)
@click.option("--wallet", metavar="NAME", help="The wallet to use by default.")
@local
def use(session: Session, network: str | None, wallet: str | None) -> None:
    """Make NETWORK, or a wallet, the default."""
    if not (network or wallet):
        raise ConfigError("Name what to use: `xmbl config use NETWORK`, `xmbl config use --wallet NAME`.")
    settings = config.load_settings(session.folders)
    if network:
        config.load_network(session.folders, network)
        settings = replace(settings, network=network)
    if wallet:
        session.keystore().address(wallet)
        settings = replace(settings, wallet=wallet)
    config.save_settings(session.folders, settings)
    document = {"network": settings.network or None, "wallet": settings.wallet or None}
    session.out.result(document, facts([(name, value or "-") for name, value in document.items()]))


def _fetched(source: str) -> str:
    body = _downloaded(source) if "://" in source else Path(source).read_bytes()
    if len(body) > _LIMIT:
        raise ConfigError(f"{source} is larger than a network file can be ({_LIMIT} bytes).")
    return body.decode("utf-8", errors="replace")


def _downloaded(url: str) -> bytes:
    _require_https(url)
    try:
        with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:  # noqa: S310 - https, checked
            _require_https(answer.url)  # a redirect may have led elsewhere
            return bytes(answer.read(_LIMIT + 1))
    except OSError as error:
        raise ConfigError(
            f"{url} can't be fetched ({error}); check it, or fetch the file yourself."
        ) from None


def _require_https(url: str) -> None:
    if not url.startswith("https://"):
        raise ConfigError(f"{url} can be changed by anybody on the way; use https or a file.")


def _document(network: config.Network) -> dict[str, Any]:
    return {
        "name": network.name,
        "chain_id": network.chain_id,
        "rpc": list(network.rpc),
        "contracts": dict(network.contracts),
        "block": network.block,
        "bootstrap": list(network.bootstrap),
    }


def _described(network: config.Network) -> list[tuple[str, str]]:
    contracts = [(name, address) for name, address in network.contracts.items()]
    peers = ", ".join(network.bootstrap) or "-"
    return [
        ("network", network.name),
        ("chain id", str(network.chain_id)),
        ("rpc", ", ".join(network.rpc)),
        *contracts,
        ("bootstrap", peers),
    ]
