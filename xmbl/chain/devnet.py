"""A throw-away chain on this machine: anvil where it is installed, else py-evm in a process of its own.

Both serve the same chain id, the same rich accounts and the same ways of mining, so nobody needs to
know which it is. The keys below are known to the whole world: never use them elsewhere.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal

from xmbl.chain.client import Chain
from xmbl.errors import ChainError, RpcUnavailable, UsageError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

CHAIN_ID = 31337
"""The chain id of every devnet, as local nodes have it."""

MNEMONIC = "test test test test test test test test test test test junk"
"""The mnemonic of anvil, hardhat and foundry: UNSAFE, everybody has its keys."""

RICH_ACCOUNTS = 10
"""How many accounts of the mnemonic own 10,000 ether at the start."""

Engine = Literal["anvil", "py-evm"]

_READY_SECONDS = 20.0


@dataclass
class Devnet:
    """A running devnet; stop it, or use it as a context manager."""

    url: str
    engine: Engine
    process: subprocess.Popen[bytes]
    log: Path

    def chain(self) -> Chain:
        """A client for it."""
        return Chain([self.url], CHAIN_ID)

    def mine(self, blocks: int = 1) -> None:
        """Add blocks at once."""
        rpc(self.url, "anvil_mine", hex(blocks))

    def stop(self) -> None:
        """End the process; nothing of the chain is kept."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Devnet":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start_devnet(
    folder: Path,
    port: int = 0,
    block_time: float | None = 1.0,
    engine: Engine | None = None,
    outlives: bool = False,
) -> Devnet:
    """Start a chain on 127.0.0.1 and wait until it answers; its log lies in `folder`.

    `port` 0 takes a free one. `block_time` in seconds mines by the clock, 0 mines each transaction as
    it comes, None mines only on `Devnet.mine`. `engine` None takes anvil where it is on PATH. Unless it
    `outlives` this process, the chain ends with the thread that started it, even where that is killed.
    Raises `UsageError` when the port is taken or anvil is asked for and missing.
    """
    chosen: Engine = engine or ("anvil" if shutil.which("anvil") else "py-evm")
    taken = _free_port(port)
    command = _anvil(taken, block_time) if chosen == "anvil" else _py_evm(taken, block_time)
    if not outlives:
        command = [sys.executable, "-m", "xmbl.chain.bound", str(os.getpid()), *command]
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "devnet.log"
    with log.open("wb") as output:
        # a session of its own: Ctrl-C reaches the program that started it, which then stops it in order
        process = subprocess.Popen(
            command, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True,
            env=_environment(),
        )  # fmt: skip
    devnet = Devnet(f"http://127.0.0.1:{taken}", chosen, process, log)
    _await_ready(devnet)
    return devnet


def rich_account(number: int = 0) -> "LocalAccount":
    """An account that owns ether on every devnet; number 0 deploys the contracts and holds all XMBL."""
    from eth_account import Account

    Account.enable_unaudited_hdwallet_features()
    account: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{number}")
    return account


def rpc(url: str, method: str, *params: object) -> object:
    """A request for what only devnets offer (`anvil_mine`, `anvil_reorg`); `ChainError` on refusal."""
    from web3 import HTTPProvider
    from web3.types import RPCEndpoint

    response = HTTPProvider(url).make_request(RPCEndpoint(method), params)
    if "error" in response:
        raise ChainError(f"The devnet refused {method}: {response['error']}.")
    return response["result"]


def _anvil(port: int, block_time: float | None) -> list[str]:
    if shutil.which("anvil") is None:
        raise UsageError("anvil isn't on PATH; install foundry, or leave the engine to be chosen.")
    mining = ["--no-mining"] if block_time is None else []
    if block_time:
        mining = ["--block-time", f"{block_time:g}"]
    return [
        "anvil", "--host", "127.0.0.1", "--port", str(port), "--chain-id", str(CHAIN_ID),
        "--mnemonic", MNEMONIC, "--accounts", str(RICH_ACCOUNTS), "--hardfork", "prague", "--quiet",
        "--prune-history", "50", *mining,
    ]  # fmt: skip


def _py_evm(port: int, block_time: float | None) -> list[str]:
    rich = [part for number in range(RICH_ACCOUNTS) for part in ("--rich", rich_account(number).address)]
    mining = [] if block_time is None else ["--block-time", f"{block_time:g}"]
    server = [sys.executable, "-m", "xmbl.chain.rpc_server"]
    return [*server, "--port", str(port), "--chain-id", str(CHAIN_ID), *rich, *mining]


def _environment() -> dict[str, str]:
    # without cached bytecode py-evm takes seconds to import
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _free_port(port: int) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise UsageError(f"Port {port} is taken on this machine; give another with --port.") from None
        return int(probe.getsockname()[1])


def _await_ready(devnet: Devnet) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    chain = Chain([devnet.url], CHAIN_ID, patience=0)
    while time.monotonic() < deadline and devnet.process.poll() is None:
        try:
            chain.block_number()
        except RpcUnavailable:
            time.sleep(0.05)
        else:
            return
    devnet.stop()
    raise ChainError(f"The devnet ({devnet.engine}) didn't start; see {devnet.log}.")
