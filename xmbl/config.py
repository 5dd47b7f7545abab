"""Where XMBL keeps its files, and which network it speaks to.

`XMBL_HOME` puts everything below one folder; otherwise the XDG folders are used. A network is one
TOML file that people can send to each other:

    name = "devnet"
    chain_id = 31337
    rpc = ["http://127.0.0.1:8545"]
    bootstrap = ["/ip4/127.0.0.1/tcp/4001/p2p/12D3…"]

    [contracts]
    token = "0x…"
    payments = "0x…"
    staking = "0x…"
    registry = "0x…"
    deals = "0x…"
    block = 7
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from xmbl import files
from xmbl.errors import ConfigError

CONTRACTS = ("token", "payments", "staking", "registry", "deals")
"""The contracts that a network file gives addresses for."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")


@dataclass(frozen=True)
class Folders:
    """Where things rest: settings and keys in `config`, bytes in `data`, journals and outboxes in `state`,
    what can be had again in `cache`."""

    config: Path
    data: Path
    state: Path
    cache: Path


def _xdg(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    base = environ.get(variable, "")
    # the XDG specification: a relative path is invalid and ignored
    return (Path(base) if Path(base).is_absolute() else Path.home() / fallback) / "xmbl"


def folders(environ: Mapping[str, str] = os.environ) -> Folders:
    """The folders of this user: below `XMBL_HOME` where it is set, else XDG's. They may not exist yet."""
    home = environ.get("XMBL_HOME", "")
    if home:
        root = Path(home).expanduser().absolute()
        return Folders(root / "config", root / "data", root / "state", root / "cache")
    return Folders(
        _xdg(environ, "XDG_CONFIG_HOME", ".config"),
        _xdg(environ, "XDG_DATA_HOME", ".local/share"),
        _xdg(environ, "XDG_STATE_HOME", ".local/state"),
        _xdg(environ, "XDG_CACHE_HOME", ".cache"),
    )


@dataclass(frozen=True)
class Network:
    """A chain with XMBL on it: how to reach it and, where the package doesn't know them, the addresses."""

    name: str
    chain_id: int
    rpc: tuple[str, ...]
    contracts: Mapping[str, str] = field(default_factory=dict)
    block: int = 0
    bootstrap: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """The user's defaults; empty means not chosen. The limits are amounts that `xmbl pay` promises at most by
    vouchers: for one deal and to one payee in all, to everybody in a day."""

    network: str = ""
    wallet: str = ""
    deal_limit: str = "1 XMBL"
    payee_limit: str = "10 XMBL"
    day_limit: str = "10 XMBL"


def checked_name(name: str, what: str) -> str:
    """`name` if it is fit to be a file's name; `ConfigError` otherwise."""
    if _NAME.fullmatch(name):
        return name
    raise ConfigError(f"{name!r} can't name a {what}; use up to 32 small letters, digits, '-' and '_'.")


def parse_network(text: str, source: str) -> Network:
    """The network that `text` (TOML) describes; `ConfigError` names `source` and the field that is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{source} isn't a network file: {error}.") from None
    contracts = _typed(document, "contracts", dict, source, {})
    network = Network(
        name=checked_name(_typed(document, "name", str, source), "network"),
        chain_id=_typed(document, "chain_id", int, source),
        rpc=_texts(document, "rpc", source),
        contracts={name: _address(contracts, name, source) for name in CONTRACTS if contracts},
        block=_typed(contracts, "block", int, source, 0),
        bootstrap=_texts(document, "bootstrap", source, []),
    )
    if network.chain_id < 1 or not network.rpc:
        raise ConfigError(f"{source} needs a positive chain_id and at least one address in rpc.")
    return network


def network_text(network: Network) -> str:
    """The network file of `network`; `parse_network` reads it back."""
    lines = [
        f"name = {_quoted(network.name)}",
        f"chain_id = {network.chain_id}",
        f"rpc = {_quoted(list(network.rpc))}",
        f"bootstrap = {_quoted(list(network.bootstrap))}",
    ]
    if network.contracts:
        lines += ["", "[contracts]"]
        lines += [f"{name} = {_quoted(network.contracts[name])}" for name in CONTRACTS]
        lines += [f"block = {network.block}"]
    return "\n".join(lines) + "\n"


def network_path(home: Folders, name: str) -> Path:
    """Where the file of network `name` lies."""
    return home.config / "networks" / f"{checked_name(name, 'network')}.toml"


def network_names(home: Folders) -> list[str]:
    """The networks that this user has joined, sorted."""
    return sorted(path.stem for path in (home.config / "networks").glob("*.toml"))


def load_network(home: Folders, name: str) -> Network:
    """The joined network `name`; `ConfigError` when there is none."""
    path = network_path(home, name)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        known = ", ".join(network_names(home)) or "none yet"
        raise ConfigError(
            f"There is no network {name!r} here (known: {known}); join one with `xmbl config join FILE`."
        ) from None
    return parse_network(text, str(path))


def save_network(home: Folders, network: Network) -> Path:
    """Write `network` where `load_network` finds it; returns the file's path."""
    path = network_path(home, network.name)
    write_text(path, network_text(network))
    return path


def load_settings(home: Folders) -> Settings:
    """The user's defaults; none are chosen where there is no file."""
    path = home.config / "config.toml"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} isn't readable: {error}; mend or delete it.") from None
    defaults = asdict(Settings())
    return Settings(**{key: _typed(document, key, str, str(path), usual) for key, usual in defaults.items()})


def save_settings(home: Folders, settings: Settings) -> None:
    """Write the user's defaults."""
    lines = [f"{key} = {_quoted(value)}" for key, value in asdict(settings).items()]
    write_text(home.config / "config.toml", "\n".join(lines) + "\n")


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, readable by the user only; missing folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    files.write_whole(path, [text.encode()], mode=0o600)


def _quoted(value: str | list[str]) -> str:
    # JSON's texts are TOML's, but for surrogate pairs and the one control character that JSON lets pass
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _typed(document: Mapping[str, Any], key: str, kind: type, source: str, default: Any = None) -> Any:
    value = document.get(key, default)
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise ConfigError(f"{source} needs {key} to be {_KINDS[kind]}.")


def _texts(document: Mapping[str, Any], key: str, source: str, default: Any = None) -> tuple[str, ...]:
    values = _typed(document, key, list, source, default)
    if all(isinstance(value, str) for value in values):
        return tuple(values)
    raise ConfigError(f"{source} needs {key} to be a list of texts.")


def _address(contracts: Mapping[str, Any], name: str, source: str) -> str:
    address = _typed(contracts, name, str, source)
    if _ADDRESS.fullmatch(address):
        return str(address)
    raise ConfigError(f"{source} needs contracts.{name} to be an address, 0x and 40 hex digits.")


_KINDS = {str: "a text", int: "a whole number", list: "a list", dict: "a table"}
