"""A node's settings: one TOML file, all of whose mistakes are told at once.

    network = "devnet"                       # a joined network, or the path of a network file
    operator = "0x…"                         # the cold account that the node works for
    agent = "agent"                          # the hot wallet in the keystore
    password_file = "password"               # opens the agent's wallet and the node key
    listen = ["/ip4/0.0.0.0/tcp/4001"]
    announce = ["/ip4/203.0.113.7/tcp/4001"] # what the registry shall say; default: what is listened on
    older = ["before.toml"]                  # networks of older contracts, whose deals are kept to their end

    [storage]
    folder = "store"                         # default: the data folder's; in it, one for chain and operator
    capacity = "100 GiB"
    price = "0.01 XMBL"                      # of a GiB and a period
    minimum = "1 MiB"
    egress = "0 XMBL"                        # of a MiB that is read back; 0: nothing
    window = "16 MiB"                        # the most that a reader pays for before it has checked it

    [chain]
    confirmations = 12                       # blocks
    ceiling = "200 gwei"                     # the most that gas may cost
    poll = 6                                 # seconds between two looks
    still = 300                              # seconds after which a newest block that stays is trouble

    [payments]
    margin = 600                             # blocks that a voucher must still last, and is redeemed before
    ratio = 20                               # redeem when it brings so many times what its gas costs
    ether = "1 XMBL"                         # what an ether is worth, to compare the two

Paths are relative to the file. Amounts and sizes are texts with units.
"""

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from xmbl import config
from xmbl.errors import ConfigError, UsageError
from xmbl.network.addresses import parse_address
from xmbl.payments.agent import Habits as PaymentsHabits
from xmbl.payments.policy import Thrift
from xmbl.storage.agent import Habits
from xmbl.storage.egress import LEAST_WINDOW
from xmbl.storage.fields import WINDOW_LIMIT
from xmbl.storage.policy import StoragePolicy
from xmbl.storage.rules import NOTICES
from xmbl.units import format_size, parse_amount, parse_size

T = TypeVar("T")

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_GWEI = 10**9


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """Everything that a node is told; `ceiling` in wei per gas, `capacity` in bytes."""

    network: config.Network
    operator: str
    agent: str
    password_file: Path
    node_key: Path
    listen: tuple[str, ...]
    announce: tuple[str, ...]
    store: Path
    state: Path
    outboxes: Path
    wallets: Path
    storage: StoragePolicy
    habits: Habits
    ceiling: int
    older: tuple[config.Network, ...] = ()
    payments: PaymentsHabits = field(default_factory=PaymentsHabits)
    vouchers: Path = Path()


class _Reader:
    """Reads typed values out of a table and collects what is wrong."""

    def __init__(self, table: Mapping[str, Any], where: str, wrong: list[str]) -> None:
        self._table = dict(table)
        self._where = where
        self._wrong = wrong

    def table(self, key: str) -> "_Reader":
        found = self._table.pop(key, {})
        if not isinstance(found, dict):
            self._wrong.append(f"{self._where}{key} must be a table, [{key}].")
            found = {}
        return _Reader(found, f"{key}.", self._wrong)

    def text(self, key: str, parse: Callable[[str], T], default: str | None = None) -> T | None:
        """`parse` of a text; None, and a complaint, where that can't be."""
        found = self._table.pop(key, default)
        if not isinstance(found, str):
            self._complain(key, "must be a text" if found is not None else "is missing; it is a text")
            return None
        try:
            return parse(found)
        except UsageError as error:
            self._complain(key, f"can't be: {error}", end="")
            return None

    def texts(self, key: str, parse: Callable[[str], T], default: list[str] | None = None) -> tuple[T, ...]:
        found = self._table.pop(key, default)
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            self._complain(
                key, "must be a list of texts" if found is not None else "is missing; it is a list"
            )
            return ()
        try:
            return tuple(parse(each) for each in found)
        except UsageError as error:
            self._complain(key, f"can't be: {error}", end="")
            return ()

    def number(self, key: str, default: int, allowed: range) -> int:
        found = self._table.pop(key, default)
        if type(found) is not int or found not in allowed:
            self._complain(key, f"must be a whole number from {allowed.start} to {allowed.stop - 1}")
            return default
        return found

    def seconds(self, key: str, default: float) -> float:
        found = self._table.pop(key, default)
        if type(found) not in (int, float) or not 0 < found <= 3_600:
            self._complain(key, "must be a number of seconds, up to 3600")
            return default
        return float(found)

    def finish(self) -> None:
        """Complain about what nobody asked for: a misspelt key must not pass for a default."""
        for key in self._table:
            self._complain(key, "means nothing here; look for a typing error")

    def _complain(self, key: str, what: str, end: str = ".") -> None:
        self._wrong.append(f"{self._where}{key} {what}{end}")


def load_node(path: Path, home: config.Folders) -> NodeConfig:
    """The settings in a file; `ConfigError` names every mistake, one a line."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigError(f"There is no node file {path}; write one with `xmbl node init`.") from None
    return parse_node(text, path, home)


def parse_node(text: str, path: Path, home: config.Folders) -> NodeConfig:
    """The settings in the text of the file `path`, whose folder relative paths begin in."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} isn't a node file: {error}.") from None
    wrong: list[str] = []
    found = _node(_Reader(document, "", wrong), path.absolute().parent, home)
    if found is None or wrong:
        raise ConfigError("\n".join([f"{path} can't be used:", *(f"  {each}" for each in wrong)]))
    return found


def _node(reader: _Reader, folder: Path, home: config.Folders) -> NodeConfig | None:
    place = _place(folder)
    network = reader.text("network", lambda name: _network(name, folder, home))
    operator = reader.text("operator", _address)
    agent = reader.text("agent", lambda name: config.checked_name(name, "wallet"))
    password_file = reader.text("password_file", place)
    node_key = reader.text("node_key", place, str(home.config / "node.key"))
    wallets = reader.text("wallets", place, str(home.config / "wallets"))
    state = reader.text("state", place, str(home.state / "node"))
    listen = reader.texts("listen", _listening)
    announce = reader.texts("announce", _listening, [])
    older = reader.texts("older", lambda name: _older(name, folder, home, network), [])
    storage, chain, payments = (reader.table(name) for name in ("storage", "chain", "payments"))
    store = storage.text("folder", place, str(home.data / "store"))
    will, habits = _policy(storage), _habits(chain, storage)
    redeeming = _redeeming(payments)
    ceiling = chain.text("ceiling", parse_amount, "200 gwei")
    for each in (reader, storage, chain, payments):
        each.finish()
    if network and operator and agent and password_file and node_key and wallets and state and store:
        return NodeConfig(
            network, operator, agent, password_file, node_key, listen, announce, store, state,
            home.state / "outbox", wallets, will,
            habits, ceiling or 200 * _GWEI, older, redeeming, home.state,
        )  # fmt: skip
    return None


def _policy(reader: _Reader) -> StoragePolicy:
    capacity = reader.text("capacity", parse_size) or 0
    unpaid = reader.text("unpaid", parse_size, str(capacity // 2))
    return StoragePolicy(
        price=reader.text("price", parse_amount) or 0,
        capacity=capacity,
        unpaid=unpaid or 0,
        minimum=reader.text("minimum", parse_size, "1") or 0,
        periods=reader.number("periods", 366, range(1, 367)),
        cover=reader.number("cover", 100, range(100, 201)),
        client_notice=reader.number("client_notice", 2, range(NOTICES.start, NOTICES.stop)),
        operator_notice=reader.number("operator_notice", 14, range(NOTICES.start, NOTICES.stop)),
        exit=reader.number("exit", 3, range(16)),
        egress=reader.text("egress", parse_amount, "0 XMBL") or 0,
        window=reader.text("window", _window, "16 MiB") or WINDOW_LIMIT,
        allow=frozenset(reader.texts("allow", _address, [])),
        deny=frozenset(reader.texts("deny", _address, [])),
    )


def _redeeming(reader: _Reader) -> PaymentsHabits:
    ether = reader.text("ether", parse_amount, "1 XMBL")
    thrift = Thrift(reader.number("ratio", 20, range(1, 10_001)), ether or 0)
    return PaymentsHabits(thrift, reader.number("margin", 600, range(1, 100_001)))


def _habits(chain: _Reader, storage: _Reader) -> Habits:
    return Habits(
        confirmations=chain.number("confirmations", 12, range(1, 4_001)),
        settle_every=storage.number("settle_every", 7, range(1, 367)),
        poll=chain.seconds("poll", 6.0),
        still=chain.seconds("still", 300.0),
    )


def _window(text: str) -> int:
    size = parse_size(text)
    if not LEAST_WINDOW <= size <= WINDOW_LIMIT:
        raise UsageError(
            f"a window has {format_size(LEAST_WINDOW)} to {format_size(WINDOW_LIMIT)}; take one between."
        )
    return size


def _network(name: str, folder: Path, home: config.Folders) -> config.Network:
    path = folder / name
    if name.endswith(".toml"):
        if not path.is_file():
            raise ConfigError(f"there is no network file {path}; give another or join a network.")
        return config.parse_network(path.read_text(encoding="utf-8"), str(path))
    return config.load_network(home, name)


def _older(name: str, folder: Path, home: config.Folders, network: config.Network | None) -> config.Network:
    found = _network(name, folder, home)
    if not found.contracts:
        raise ConfigError(f"{name} names no contracts; give the network file of the older ones.")
    if network and found.chain_id != network.chain_id:
        raise ConfigError(f"{name} is on chain {found.chain_id}; a node works on one, {network.chain_id}.")
    return found


def _place(folder: Path) -> Callable[[str], Path]:
    return lambda text: folder / Path(text).expanduser()


def _address(text: str) -> str:
    from eth_utils.address import to_checksum_address

    if not _ADDRESS.fullmatch(text):
        raise UsageError(f"{text!r} is not an address; give 0x and 40 hexadecimal digits.")
    return str(to_checksum_address(text))


def _listening(text: str) -> str:
    address = parse_address(text)
    if address.peer_id:
        raise UsageError(f"{text} names a peer; leave /p2p/ away, the node key says who it is.")
    return str(address)


def node_text(settings: Mapping[str, Any]) -> str:
    """A node file of these settings, tables last; `parse_node` reads it back."""
    plain = {key: value for key, value in settings.items() if not isinstance(value, Mapping)}
    lines = [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
    for name, table in settings.items():
        if isinstance(table, Mapping):
            lines += ["", f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"
