"""Frames: what goes in comes out, and nothing else is let in."""

import cbor2
import pytest

from xmbl.errors import ProtocolError
from xmbl.network import frames

MESSAGE = {"text": "x", "bytes": b"\x00", "list": [1, -2, None, True], "map": {"wei": 2**255}}


def body(value: object) -> bytes:
    return bytes([frames.VERSION]) + cbor2.dumps(value)


def test_pack__plain_message__comes_back_whole() -> None:
    frame = frames.pack(MESSAGE)
    assert frames.body_bytes(frame[: frames.HEADER_BYTES]) == len(frame) - frames.HEADER_BYTES
    assert frames.unpack(frame[frames.HEADER_BYTES :]) == MESSAGE


def test_pack__too_long__refused() -> None:
    with pytest.raises(ProtocolError, match="longer than the 65,536 allowed"):
        frames.pack({"bytes": bytes(frames.LIMIT)})


@pytest.mark.parametrize("size", [0, 1, frames.LIMIT + 1, 2**32 - 1])
def test_body_bytes__nothing_or_too_much__refused(size: int) -> None:
    with pytest.raises(ProtocolError, match="announced a message of"):
        frames.body_bytes(size.to_bytes(4, "big"))


def test_unpack__other_version__refused() -> None:
    with pytest.raises(ProtocolError, match="speaks version 2"):
        frames.unpack(b"\x02\xa0")


def test_unpack__bytes_after_the_end__refused() -> None:
    with pytest.raises(ProtocolError, match="bytes after its end"):
        frames.unpack(body({}) + b"\x00")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x01",
        b"\x01\xa1\x61x",
        b"\x01" + b"\x81" * 50_000,
        b"\x01\x1c",
        b"\x01\x9b" + b"\xff" * 8,
    ],
)
def test_unpack__not_cbor__refused(garbage: bytes) -> None:
    with pytest.raises(ProtocolError, match="isn't CBOR"):
        frames.unpack(garbage)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "is a map"),
        (cbor2.CBORSimpleValue(1), "is a map"),
        ({1: 2}, "keys that aren't text"),
        ({"x": {b"k": 1}}, "keys that aren't text"),
        ({"x": 1.5}, "holds a float"),
        ({"x": cbor2.CBORTag(35, "(a+)+$")}, "holds a Pattern"),
        ({"x": cbor2.CBORTag(6_000, 1)}, "holds a CBORTag"),
        ({"x": cbor2.undefined}, "holds a undefined_type"),
        ({"x": 2**256}, "more than 256 bits"),
        ({"a": {"b": {"c": {"d": {"e": {"f": {"g": [1]}}}}}}}, "isn't CBOR"),
    ],
)
def test_unpack__what_no_message_needs__refused(value: object, reason: str) -> None:
    with pytest.raises(ProtocolError, match=reason):
        frames.unpack(body(value))
