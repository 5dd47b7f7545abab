"""Whether code on chain is ours."""

import pytest

from xmbl.chain.artifacts import artifact
from xmbl.chain.deployments import CONTRACTS


@pytest.mark.parametrize("name", CONTRACTS.values())
def test_matches__same_code_with_any_immutables__is_ours(name):
    own = artifact(name)
    assert own.matches(own.runtime)
    assert own.matches(own.runtime + b"\x07" * 64)


def test_matches__nothing_there__isnt_ours():
    assert not artifact("Token").matches(b"")


def test_matches__other_contract__isnt_ours():
    assert not artifact("Token").matches(artifact("Payments").runtime)


def test_matches__one_byte_changed__isnt_ours():
    code = bytearray(artifact("Token").runtime)
    code[-1] ^= 1
    assert not artifact("Token").matches(bytes(code))


def test_matches__tail_that_is_no_word__isnt_ours():
    assert not artifact("Token").matches(artifact("Token").runtime + b"\x07" * 31)


def test_creation__arguments__follow_the_bytecode():
    payments = artifact("Payments")
    asset = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
    words = bytes.fromhex(asset[2:]).rjust(32, b"\0") + (40).to_bytes(32, "big")
    assert payments.creation(asset, 40) == payments.bytecode + words
