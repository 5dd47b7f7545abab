"""What a refusal means to a person."""

import re
from pathlib import Path

import pytest
from eth_abi import encode

from xmbl.chain.reverts import reason_of, reverted

CONTRACTS = Path(__file__).parents[3] / "contracts"
SOURCES = [path for path in CONTRACTS.rglob("*.vy") if path.parent.name != "mocks"]
REASONS = sorted(
    {reason for path in SOURCES for reason in re.findall(r'"([a-z]+: [^"]+)"\n', path.read_text())}
)


def error(reason: str) -> bytes:
    return bytes.fromhex("08c379a0") + encode(["string"], [reason])


def test_reason_of__error_string__is_the_text():
    assert reason_of(error("deals: late")) == "deals: late"


@pytest.mark.parametrize("output", [b"", b"\x08\xc3", error("x")[:40], b"\x4e\x48\x7b\x71" + bytes(32)])
def test_reason_of__anything_else__is_empty(output):
    assert reason_of(output) == ""


@pytest.mark.parametrize("reason", REASONS)
def test_reverted__every_reason_of_the_contracts__has_a_meaning_and_the_text(reason):
    refusal = reverted(reason, "Do it.")
    assert refusal.reason == reason
    said = re.fullmatch(r"Refused: Do it\. (.+\.) \((.+)\)", str(refusal))
    assert said, f"no meaning for {reason!r} in xmbl.chain.reverts"
    assert said[2] == reason


def test_reverted__strange_reason__is_told_as_it_is():
    assert str(reverted("other: why")) == "The contract refused. Its reason: other: why."


def test_reverted__no_reason__says_what_it_may_be():
    assert str(reverted("", "Do it.")).startswith("Refused: Do it. It gave no reason: out of gas")
