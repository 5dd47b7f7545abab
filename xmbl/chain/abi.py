"""Contract ABIs as the compiler writes them, turned into coders of calls, results and logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder
from eth_abi.encoding import AddressEncoder
from eth_abi.registry import BaseEquals, registry
from eth_utils import keccak, to_checksum_address

Json = Mapping[str, Any]


def _codec() -> ABICodec:
    """eth_abi's codec, except that addresses come out with their checksum."""
    own = registry.copy()  # type: ignore[no-untyped-call]

    class ChecksumAddressDecoder(AddressDecoder):  # type: ignore[misc]
        decoder_fn = staticmethod(to_checksum_address)

    own.unregister("address")
    is_address = BaseEquals("address")  # type: ignore[no-untyped-call]
    own.register(is_address, AddressEncoder, ChecksumAddressDecoder, label="address")
    return ABICodec(own)


_CODEC = _codec()


def _type(item: Json) -> str:
    if not item["type"].startswith("tuple"):
        return str(item["type"])
    inner = ",".join(_type(each) for each in item["components"])
    return f"({inner}){item['type'][5:]}"


def _types(items: Sequence[Json]) -> list[str]:
    return [_type(each) for each in items]


def encode(types: Sequence[str], values: Sequence[Any]) -> bytes:
    """ABI encoding of values."""
    return _CODEC.encode(types, values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Values of an ABI encoding; addresses have their checksum."""
    return _CODEC.decode(types, data)


@dataclass(frozen=True)
class Function:
    """One function of a contract."""

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @cached_property
    def selector(self) -> bytes:
        """The first four bytes of a call."""
        return keccak(text=f"{self.name}({','.join(self.inputs)})")[:4]

    def encode(self, arguments: Sequence[Any]) -> bytes:
        """The data of a call."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, output: bytes) -> Any:
        """The result: one value as it is, several as a tuple."""
        values = decode(self.outputs, output)
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True)
class Event:
    """One event of a contract; `names`, `types` and `indexed` run in the order of declaration."""

    name: str
    names: tuple[str, ...]
    types: tuple[str, ...]
    indexed: tuple[bool, ...]

    @cached_property
    def topic(self) -> bytes:
        """The first topic of its logs."""
        return keccak(text=f"{self.name}({','.join(self.types)})")

    def topics(self, wanted: Mapping[str, Any]) -> list[bytes | None]:
        """The topics of a filter: this event, with these values of indexed arguments (None: any).

        `KeyError` for a name that isn't indexed.
        """
        unknown = set(wanted) - {name for name, at in zip(self.names, self.indexed, strict=True) if at}
        if unknown:
            raise KeyError(f"{self.name} isn't indexed by {', '.join(sorted(unknown))}")
        return [self.topic] + [
            None if wanted.get(name) is None else encode([kind], [wanted[name]])
            for name, kind, indexed in zip(self.names, self.types, self.indexed, strict=True)
            if indexed
        ]

    def decode(self, topics: Sequence[bytes], data: bytes) -> dict[str, Any]:
        """The arguments by name; only static types may be indexed, as ours are."""
        plain = iter(
            decode([kind for kind, at in zip(self.types, self.indexed, strict=True) if not at], data)
        )
        hashed = iter(topics[1:])
        return {
            name: decode([kind], next(hashed))[0] if indexed else next(plain)
            for name, kind, indexed in zip(self.names, self.types, self.indexed, strict=True)
        }


class Abi:
    """The functions and events of a contract, by name; of overloads (default arguments) the longest."""

    def __init__(self, items: Sequence[Json]) -> None:
        functions = [_function(each) for each in items if each["type"] == "function"]
        self.functions = {each.name: each for each in sorted(functions, key=lambda each: len(each.inputs))}
        self.events = {each["name"]: _event(each) for each in items if each["type"] == "event"}
        constructors = [each for each in items if each["type"] == "constructor"]
        self.constructor = tuple(_types(constructors[0]["inputs"])) if constructors else ()


def _function(item: Json) -> Function:
    return Function(item["name"], tuple(_types(item["inputs"])), tuple(_types(item["outputs"])))


def _event(item: Json) -> Event:
    inputs = item["inputs"]
    return Event(
        item["name"],
        tuple(each["name"] for each in inputs),
        tuple(_types(inputs)),
        tuple(each["indexed"] for each in inputs),
    )
