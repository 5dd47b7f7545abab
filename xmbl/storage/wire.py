"""The messages between a client and an operator, and their limits.

    /xmbl/quote/1    QuoteRequest → SignedQuote; or ExtendRequest → SignedExtension
    /xmbl/store/1    StoreRequest → StoreReady, the bytes unless they are held, → StoreReceipt
    /xmbl/stream/1   any number of: ReadRequest or PaidRead → ReadReady and the bytes;
                     LeafRequest → LeafReply; PriceRequest → PriceReply

A `Refusal` may stand in the place of every answer, or of bytes that the peer was told to send; `decode`
raises it as `Refused`. Whatever else
a peer sends that isn't exactly the message expected raises `ProtocolError`, and so do numbers that
no contract would accept.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self, get_type_hints

from xmbl.codec import Codec
from xmbl.crypto.typed_data import Deal, Extension, Quote, ReadQuote
from xmbl.errors import Crowded, ProtocolError, Refused
from xmbl.payments.wire import ADDRESS, SignedVoucher
from xmbl.storage.fields import (
    AMOUNT,
    BLOCK,
    FLAG,
    HASH,
    LEAF,
    LEAF_INDEX,
    LENGTH,
    OFFSET,
    PATH,
    PERIOD,
    QUOTED,
    REASON,
    ROOT,
    SALT,
    SHOWN,
    SIGNATURE,
    SIZE,
    VOUCHER,
    WINDOW,
)

QUOTE = "/xmbl/quote/1"
STORE = "/xmbl/store/1"
STREAM = "/xmbl/stream/1"


@dataclass(frozen=True, slots=True)
class Message:
    """What travels: a map of `kind`, the class's name, and its fields."""

    codecs: ClassVar[dict[str, Codec[Any]]] = {}

    def __init_subclass__(cls) -> None:
        hints = get_type_hints(cls, include_extras=True)
        cls.codecs = {name: hints[name].__metadata__[0] for name in cls.__annotations__}

    def encode(self) -> dict[str, Any]:
        """The map that a channel sends."""
        packed = {name: codec.pack(getattr(self, name)) for name, codec in self.codecs.items()}
        return {"kind": type(self).__name__, **packed}

    @classmethod
    def decode(cls, raw: Any) -> Self:
        """This message out of what a peer sent; `Refused` if it declined, `ProtocolError` for all else."""
        kind = raw.get("kind") if isinstance(raw, dict) else None
        if kind == Refusal.__name__ and cls is not Refusal:
            raise Refusal.decode(raw).error()
        if kind != cls.__name__:
            raise ProtocolError(f"The peer sent something else than a {cls.__name__}; try another.")
        return cls._unpacked(raw)

    @classmethod
    def _unpacked(cls, raw: dict[str, Any]) -> Self:
        if raw.keys() - {"kind"} != cls.codecs.keys():
            raise ProtocolError(f"The peer sent a {cls.__name__} with other fields; try another.")
        return cls(**{name: _checked(cls, name, codec, raw[name]) for name, codec in cls.codecs.items()})


def _checked(message: type, name: str, codec: Codec[Any], raw: Any) -> Any:
    try:
        return codec.unpack(raw)
    except (ValueError, TypeError):
        raise ProtocolError(
            f"The peer sent a {message.__name__} whose {name} is wrong; try another."
        ) from None


@dataclass(frozen=True, slots=True)
class Refusal(Message):
    """No, and why: a sentence for people. `busy` where the same question may be answered a little later."""

    reason: Annotated[str, REASON]
    busy: Annotated[bool, FLAG]

    def error(self) -> Refused:
        """What it means to whoever asked."""
        return Crowded(self.reason) if self.busy else Refused(self.reason)


@dataclass(frozen=True, slots=True)
class QuoteRequest(Message):
    """What would `size` sealed bytes cost `client`, up to period `end` (not covered)?"""

    client: Annotated[str, ADDRESS]
    size: Annotated[int, SIZE]
    end: Annotated[int, PERIOD]


@dataclass(frozen=True, slots=True)
class SignedQuote(Message):
    """The operator's promise to sign these terms, signed by its agent."""

    quote: Annotated[Quote, QUOTED]
    signature: Annotated[bytes, SIGNATURE]


@dataclass(frozen=True, slots=True)
class ExtendRequest(Message):
    """May this open deal last until period `end` (not covered) at its price?"""

    deal: Annotated[bytes, HASH]
    end: Annotated[int, PERIOD]


@dataclass(frozen=True, slots=True)
class SignedExtension(Message):
    """Yes, from `old_end` on, if it is on chain up to block `deadline`; signed by the operator's agent."""

    old_end: Annotated[int, PERIOD]
    deadline: Annotated[int, BLOCK]
    signature: Annotated[bytes, SIGNATURE]

    def extension(self, request: ExtendRequest) -> Extension:
        """What was signed, if it answers that request."""
        return Extension(request.deal, self.old_end, request.end, self.deadline)


@dataclass(frozen=True, slots=True)
class StoreRequest(Message):
    """`size` bytes shall be stored under a quote; `root` if the client knows it, else empty."""

    quote: Annotated[Quote, QUOTED]
    signature: Annotated[bytes, SIGNATURE]
    size: Annotated[int, SIZE]
    root: Annotated[bytes, ROOT]


@dataclass(frozen=True, slots=True)
class StoreReady(Message):
    """Send the bytes, unless they are `held` already."""

    held: Annotated[bool, FLAG]


@dataclass(frozen=True, slots=True)
class StoreReceipt(Message):
    """The bytes are held; the agent signed the deal with this root, deadline and salt."""

    root: Annotated[bytes, HASH]
    deadline: Annotated[int, BLOCK]
    salt: Annotated[int, SALT]
    signature: Annotated[bytes, SIGNATURE]

    def deal(self, quote: Quote) -> Deal:
        """The deal that was signed: the quoted terms, completed."""
        return Deal(quote.operator, self.root, replace(quote.terms, deadline=self.deadline, salt=self.salt))


@dataclass(frozen=True, slots=True)
class ReadRequest(Message):
    """`length` bytes from `offset` on of what is held under `root`."""

    root: Annotated[bytes, HASH]
    offset: Annotated[int, OFFSET]
    length: Annotated[int, LENGTH]


@dataclass(frozen=True, slots=True)
class ReadReady(Message):
    """The range follows, exactly `length` bytes."""

    length: Annotated[int, LENGTH]


@dataclass(frozen=True, slots=True)
class PriceRequest(Message):
    """What do the bytes of a deal cost, and what has `payer` signed for them so far?"""

    deal: Annotated[bytes, HASH]
    payer: Annotated[str, ADDRESS]


@dataclass(frozen=True, slots=True)
class PriceReply(Message):
    """The price, signed by the operator's agent, and the best voucher of the payer that is `held`."""

    payee: Annotated[str, ADDRESS]
    egress: Annotated[int, AMOUNT]
    window: Annotated[int, WINDOW]
    expiry: Annotated[int, BLOCK]
    signature: Annotated[bytes, SIGNATURE]
    held: Annotated[SignedVoucher | None, SHOWN]

    def quote(self, operator: str, deal: bytes) -> ReadQuote:
        """What was signed, if that operator answered for this deal."""
        return ReadQuote(operator, deal, self.payee, self.egress, self.window, self.expiry)


@dataclass(frozen=True, slots=True)
class PaidRead(Message):
    """`length` bytes of a deal from `offset` on, which the voucher pays for beside all before them."""

    deal: Annotated[bytes, HASH]
    offset: Annotated[int, OFFSET]
    length: Annotated[int, LENGTH]
    voucher: Annotated[SignedVoucher, VOUCHER]


@dataclass(frozen=True, slots=True)
class LeafRequest(Message):
    """One leaf of `root` with its path, as a proof on chain would show it."""

    root: Annotated[bytes, HASH]
    index: Annotated[int, LEAF_INDEX]


@dataclass(frozen=True, slots=True)
class LeafReply(Message):
    """The leaf and the siblings from the bottom up; the reader verifies them."""

    leaf: Annotated[bytes, LEAF]
    path: Annotated[tuple[bytes, ...], PATH]


def decode_any(raw: Any, *kinds: type[Message]) -> Message:
    """Whichever of `kinds` a peer sent; `ProtocolError` when it is none of them."""
    name = raw.get("kind") if isinstance(raw, dict) else None
    for kind in kinds:
        if kind.__name__ == name:
            return kind.decode(raw)
    raise ProtocolError(f"The peer sent none of {', '.join(kind.__name__ for kind in kinds)}; try another.")
