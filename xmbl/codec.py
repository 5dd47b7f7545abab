"""How what peers say to each other travels, field by field, and what a field may hold.

`pack` makes what CBOR carries; `unpack` trusts nothing: whatever isn't exactly right raises
`ValueError` or `TypeError`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """How one field travels: `unpack` trusts nothing and raises `ValueError` or `TypeError`."""

    pack: Callable[[T], Any]
    unpack: Callable[[Any], T]


def require(good: bool) -> None:
    """`ValueError` unless what a peer sent is right."""
    if not good:
        raise ValueError("not what it has to be")


def unsigned(below: int, least: int = 0) -> Codec[int]:
    """A number from `least` up to `below`, which it isn't."""

    def unpack(raw: Any) -> int:
        # a bool is an int to Python, but not to us
        require(type(raw) is int and least <= raw < below)
        return int(raw)

    return Codec(int, unpack)


def fixed(length: int) -> Codec[bytes]:
    """Just so many bytes."""

    def unpack(raw: Any) -> bytes:
        require(type(raw) is bytes and len(raw) == length)
        return bytes(raw)

    return Codec(bytes, unpack)


def record(make: Callable[..., T], fields: Mapping[str, Codec[Any]]) -> Codec[T]:
    """What `make` makes of these fields, no more and no fewer, as a map."""

    def pack(value: T) -> dict[str, Any]:
        return {name: codec.pack(getattr(value, name)) for name, codec in fields.items()}

    def unpack(raw: Any) -> T:
        require(type(raw) is dict and raw.keys() == fields.keys())
        return make(**{name: codec.unpack(raw[name]) for name, codec in fields.items()})

    return Codec(pack, unpack)
