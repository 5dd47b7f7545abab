"""What happens on a client's side of storage, as frozen facts; progress bars only subscribe.

Event
├── OperatorEvent: QuoteReceived, OperatorPassed
├── ReplicaEvent: Uploading, Uploaded, DealOpened, ReplicaLost, ReplicaRepaired, DealExtended,
│   ExtensionRefused
├── ManifestSaved
└── Downloading
"""

from dataclasses import dataclass

from xmbl.events import Event


@dataclass(frozen=True, slots=True)
class OperatorEvent(Event):
    """Something about one operator, seen by a client."""

    operator: str


@dataclass(frozen=True, slots=True)
class QuoteReceived(OperatorEvent):
    """An operator offers; `price` in price units a period, `collateral` in units of stake."""

    price: int
    collateral: int


@dataclass(frozen=True, slots=True)
class OperatorPassed(OperatorEvent):
    """An operator isn't used, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class ReplicaEvent(Event):
    """Something about one replica of one file."""

    name: str
    number: int
    operator: str


@dataclass(frozen=True, slots=True)
class Uploading(ReplicaEvent):
    """`sent` of `size` sealed bytes are on their way."""

    sent: int
    size: int


@dataclass(frozen=True, slots=True)
class Uploaded(ReplicaEvent):
    """The operator holds the bytes and has signed the deal."""

    root: bytes


@dataclass(frozen=True, slots=True)
class DealOpened(ReplicaEvent):
    """The deal is on chain."""

    id: bytes
    gas: int
    transaction: str


@dataclass(frozen=True, slots=True)
class ReplicaLost(ReplicaEvent):
    """A replica's deal is over before its time, or misses too much."""

    missed: int


@dataclass(frozen=True, slots=True)
class ReplicaRepaired(ReplicaEvent):
    """A new replica stands for the one with number `replaced`."""

    replaced: int


@dataclass(frozen=True, slots=True)
class DealExtended(ReplicaEvent):
    """The deal lasts until period `end`, for `cost` wei."""

    end: int
    cost: int
    gas: int
    transaction: str


@dataclass(frozen=True, slots=True)
class ExtensionRefused(ReplicaEvent):
    """The deal can't last longer for now, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class ManifestSaved(Event):
    """The manifest of `name` is on disk, sealed."""

    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Downloading(OperatorEvent):
    """`done` of `size` bytes of `name` are back; `operator` serves at present."""

    name: str
    done: int
    size: int
