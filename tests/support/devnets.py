"""Throw-away chains for tests, on both engines."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from eth_account.signers.local import LocalAccount
from eth_utils import to_canonical_address

from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.devnet import CHAIN_ID, Devnet, Engine, rich_account, rpc, start_devnet
from xmbl.chain.embedded import EmbeddedChain
from xmbl.chain.rpc_server import RpcServer
from xmbl.units import WHOLE

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


SENDER = rich_account(1)
"""Who sends in these tests."""

FILLER = rich_account(2)
"""Who crowds blocks."""


@dataclass(frozen=True)
class ServedNet:
    """A devnet in a thread of this process: what `Devnet` is, without waiting for a process to start."""

    url: str
    engine: Engine = "py-evm"

    def chain(self) -> Chain:
        """A client for it."""
        return Chain([self.url], CHAIN_ID)

    def mine(self, blocks: int = 1) -> None:
        """Add blocks at once."""
        rpc(self.url, "anvil_mine", hex(blocks))


@contextmanager
def serving(
    chain_id: int = CHAIN_ID, port: int = 0, block_time: float | None = ON_DEMAND
) -> Iterator[ServedNet]:
    """An embedded chain of that id, served by a thread of this process; the rich are as rich as ever."""
    rich = {to_canonical_address(rich_account(number).address): 10_000 * WHOLE for number in range(10)}
    server = RpcServer(EmbeddedChain(chain_id, rich), port, block_time)
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield ServedNet(f"http://127.0.0.1:{server.port}")
    finally:
        server.stop()
        thread.join()


@contextmanager
def quick_devnet(folder: Path, engine: Engine, block_time: float | None) -> Iterator[Devnet | ServedNet]:
    """A chain of that engine, as fast as it starts: anvil as a process, py-evm in a thread."""
    starting = devnet(folder, engine, block_time) if engine == "anvil" else serving(block_time=block_time)
    with starting as running:
        yield running


def payment(receiver: str, wei: int = 1) -> Call:
    """A plain payment of ether."""
    return Call(receiver, b"", "test_payment", f"Pay {wei} wei to {receiver}.", wei)


def fill_blocks(net: Devnet | ServedNet, chain: Chain, filler: LocalAccount, blocks: int) -> None:
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
