"""Throw-away chains for tests, on both engines."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from eth_account.signers.local import LocalAccount

from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.devnet import Devnet, Engine, rich_account, start_devnet

ENGINES = [
    pytest.param(
        "anvil",
        marks=pytest.mark.skipif(not shutil.which("anvil"), reason="anvil isn't installed on this machine"),
    ),
    "py-evm",
]
"""Both engines, for `parametrize`."""

GWEI = 10**9

MINED_AT_ONCE = 0.0
ON_DEMAND = None


@contextmanager
def devnet(folder: Path, engine: Engine, block_time: float | None) -> Iterator[Devnet]:
    """A running devnet that ends with the block."""
    with start_devnet(folder, block_time=block_time, engine=engine) as running:
        yield running


def payment(receiver: str, wei: int = 1) -> Call:
    """A plain payment of ether."""
    return Call(receiver, b"", "test_payment", f"Pay {wei} wei to {receiver}.", wei)


def fill_blocks(net: Devnet, chain: Chain, filler: LocalAccount, blocks: int) -> None:
    """Mine blocks that leave no room for others, so that the base fee rises by an eighth each time."""
    everything = 30_000_000
    for nonce in range(chain.nonce(filler.address), chain.nonce(filler.address) + blocks):
        # creation code 0xfe is an invalid instruction: it burns all gas at once
        signed = filler.sign_transaction({
            "type": 2, "chainId": chain.chain_id, "nonce": nonce, "value": 0, "data": b"\xfe",
            "gas": everything, "maxFeePerGas": 2_000 * GWEI, "maxPriorityFeePerGas": 100 * GWEI,
        })  # fmt: skip
        chain.broadcast(bytes(signed.raw_transaction))
        net.mine()


def fresh_address(number: int) -> str:
    """An address that owns nothing on any devnet."""
    return "0x" + (0x5EED << 120 | number).to_bytes(20, "big").hex()


SENDER = rich_account(1)
"""Who sends in these tests."""

FILLER = rich_account(2)
"""Who crowds blocks."""
