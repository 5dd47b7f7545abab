"""What the wrappers of the contracts share: reading at a block, building calls, reading logs."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from eth_utils import to_checksum_address

from xmbl.chain.abi import Abi
from xmbl.chain.artifacts import artifact
from xmbl.chain.call import Call
from xmbl.chain.client import Block, Chain
from xmbl.chain.logs import Log, Search
from xmbl.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Logged:
    """An event, and where it was logged: its block, its transaction's hash, its index in the block."""

    block: int
    transaction: bytes
    index: int

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """The event of these arguments; its class has the event's name."""
        return cls(**fields)


E = TypeVar("E", bound=Logged)


class Contract:
    """A contract at an address; `name` is its artifact's."""

    name: ClassVar[str]

    def __init__(self, chain: Chain, address: str) -> None:
        self.address = str(to_checksum_address(address))
        self._chain = chain
        self._abi: Abi = artifact(self.name).abi

    def _read(self, function: str, *arguments: Any, block: Block) -> Any:
        called = self._abi.functions[function]
        output = self._chain.read(self.address, called.encode(arguments), block)
        if not output:
            raise ConfigError(
                f"There is no {self.name} at {self.address} on chain {self._chain.chain_id} (block {block}); "
                "check the addresses of the network, or deploy first."
            )
        return called.decode(output)

    def _call(self, function: str, *arguments: Any, action: str, sentence: str) -> Call:
        data = self._abi.functions[function].encode(arguments)
        return Call(self.address, data, action, sentence)

    def events(self, kind: type[E], first: int, last: int | None = None, **indexed: Any) -> Iterator[E]:
        """The events of one kind in blocks `first` to `last` (both in; None: the newest), oldest first.

        `indexed` arguments narrow the search: `deals.events(Opened, 1, operator=address)`.
        """
        return self._told([kind], self._chain.logs(self._search([kind], indexed), first, last))

    def all_events(self, kinds: Sequence[type[E]], first: int, last: int | None = None) -> Iterator[E]:
        """The events of several kinds by one search, in the order in which they were logged."""
        return self._told(kinds, self._chain.logs(self._search(kinds), first, last))

    def history(self, kind: type[E], since: int, start: int = 0, **indexed: Any) -> Iterator[E]:
        """The events of one kind since the block in which the contract began, as `Chain.history` finds them;
        those before the block `start` are left out."""
        return self._told([kind], self._found(self._search([kind], indexed), since, start))

    def all_history(self, kinds: Sequence[type[E]], since: int, start: int = 0) -> Iterator[E]:
        """The same of several kinds by one search, in the order in which they were logged."""
        return self._told(kinds, self._found(self._search(kinds), since, start))

    def _found(self, search: Search, since: int, start: int) -> Iterator[Log]:
        return self._chain.history(search, since, max(since, start))

    def _search(self, kinds: Sequence[type[E]], indexed: Mapping[str, Any] | None = None) -> Search:
        events = [self._abi.events[kind.__name__] for kind in kinds]
        narrowed = events[0].topics(indexed)[1:] if indexed else ()
        places = tuple(() if topic is None else (topic,) for topic in narrowed)
        return Search(self.address, (tuple(event.topic for event in events), *places))

    def _told(self, kinds: Sequence[type[E]], logs: Iterable[Log]) -> Iterator[E]:
        known = {self._abi.events[kind.__name__].topic: kind for kind in kinds}
        return (self._event(known[log.topics[0]], log) for log in logs)

    def _event(self, kind: type[E], log: Log) -> E:
        event = self._abi.events[kind.__name__]
        place = {"block": log.block, "transaction": log.transaction, "index": log.index}
        return kind.of(event.decode(log.topics, log.data) | place)
