"""Messages on the wire: length, version and one CBOR map, checked before anything is kept.

A frame is 4 bytes of length (of what follows), 1 byte of version and a CBOR map with text keys whose
values are maps, lists, text, bytes, integers of 256 bits, booleans and null. Other tags, floats and deep
nesting are refused: no message needs them, and each is a way to make a decoder work for the sender.
"""

from io import BytesIO
from typing import Any

from xmbl.errors import ProtocolError

VERSION = 1
HEADER_BYTES = 4
LIMIT = 65_536
"""Bytes of the longest message, unless a protocol says otherwise."""

_DEPTH = 8


def pack(message: dict[str, Any], limit: int = LIMIT) -> bytes:
    """The frame of a message; `ProtocolError` if it is longer than `limit` or holds what a frame can't."""
    import cbor2

    _require_plain(message)
    body = bytes([VERSION]) + cbor2.dumps(message)
    if len(body) > limit:
        raise ProtocolError(f"A message of {len(body):,} bytes is longer than the {limit:,} allowed.")
    return len(body).to_bytes(HEADER_BYTES, "big") + body


def body_bytes(header: bytes, limit: int = LIMIT) -> int:
    """How many bytes follow this header; `ProtocolError` if it announces nothing or more than `limit`."""
    size = int.from_bytes(header, "big")
    if not 1 < size <= limit:
        raise ProtocolError(f"The peer announced a message of {size:,} bytes; 2 to {limit:,} are allowed.")
    return size


def unpack(body: bytes) -> dict[str, Any]:
    """The message in a frame's body; `ProtocolError` if it isn't exactly one plain CBOR map."""
    import cbor2

    if body[0] != VERSION:
        raise ProtocolError(f"The peer speaks version {body[0]} of the frames, this node version {VERSION}.")
    stream = BytesIO(body[1:])
    try:
        message = cbor2.load(stream, max_depth=_DEPTH)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ProtocolError("The peer sent a message that isn't CBOR.") from error
    if stream.tell() != len(body) - 1:
        raise ProtocolError("The peer sent a message with bytes after its end.")
    _require_plain(message)
    return message  # type: ignore[no-any-return]


def _require_plain(message: Any) -> None:
    if not isinstance(message, dict):
        raise ProtocolError("A message is a map; the peer sent something else.")
    _check(message, _DEPTH)


def _check(value: Any, depth: int) -> None:
    if depth == 0:
        raise ProtocolError(f"A message is nested deeper than {_DEPTH} levels.")
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            raise ProtocolError("A message has keys that aren't text.")
        value = list(value.values())
    if type(value) is list:
        for item in value:
            _check(item, depth - 1)
    elif type(value) is int and value.bit_length() > 256:
        raise ProtocolError("A message holds an integer of more than 256 bits.")
    elif value is not None and type(value) not in (str, bytes, int, bool):
        raise ProtocolError(f"A message holds a {type(value).__name__}, which no message needs.")
