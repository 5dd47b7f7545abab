"""One command, two engines: both serve the same chain."""

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from tests.support.devnets import ENGINES, SENDER, devnet, fresh_address, payment
from tests.support.payer import pay_from
from xmbl.chain.devnet import CHAIN_ID, RICH_ACCOUNTS, rich_account, rpc, start_devnet
from xmbl.chain.outbox import Habits, Outbox
from xmbl.errors import ChainError, UsageError
from xmbl.units import WHOLE

QUICK = Habits(confirmations=2, poll=0.02)


def test_devnet__rich_accounts__own_ether(idle):
    chain = idle.chain()
    balances = {chain.balance(rich_account(number).address) for number in range(RICH_ACCOUNTS)}
    assert balances == {10_000 * WHOLE}
    assert chain.balance(rich_account(RICH_ACCOUNTS).address) == 0
    assert rpc(idle.url, "eth_chainId") == hex(CHAIN_ID)


def test_mine__on_demand__adds_exactly_so_many(idle):
    chain = idle.chain()
    assert chain.block_number() == 0
    idle.mine()
    idle.mine(40)
    assert chain.block_number() == 41


def test_mine__by_the_clock__goes_on_by_itself(tmp_path):
    with devnet(tmp_path, "py-evm", 0.05) as running:
        chain = running.chain()
        outbox = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, QUICK)
        receipts = [outbox.send(payment(fresh_address(1)), f"{number}") for number in range(3)]
        outbox.close()
    blocks = [receipt.block for receipt in receipts]
    assert blocks == sorted(set(blocks))


@pytest.mark.parametrize("engine", ENGINES)
def test_devnet__several_client_processes__share_it(tmp_path, engine):
    """Four processes with an account each pay the same receiver at once."""
    receiver, payers, each = fresh_address(2), 4, 5
    with devnet(tmp_path, engine, 0.1) as running, ProcessPoolExecutor(payers, get_context("spawn")) as pool:
        paying = [
            pool.submit(pay_from, running.url, str(tmp_path / f"{number}.sqlite"), number, receiver, each)
            for number in range(payers)
        ]
        assert [done.result() for done in paying] == [each] * payers
        assert running.chain().balance(receiver) == payers * each


def test_start__taken_port__says_so(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(UsageError, match=f"Port {port} is taken on this machine"):
            start_devnet(tmp_path, port=port)


def test_start__anvil_wanted_but_missing__says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="anvil isn't on PATH"):
        start_devnet(tmp_path, engine="anvil")


def test_start__no_anvil__takes_py_evm(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with start_devnet(tmp_path, block_time=None) as running:
        assert running.engine == "py-evm"


def test_stop__running__leaves_no_process(tmp_path):
    running = start_devnet(tmp_path, block_time=None, engine="py-evm")
    running.stop()
    assert running.process.returncode is not None
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", int(running.url.rpartition(":")[2])), 1)


def test_start__outliving__goes_on_without_its_starter(tmp_path):
    """As `xmbl demo --keep` leaves it."""
    starter = (
        "import os, sys; from pathlib import Path; from xmbl.chain.devnet import start_devnet;"
        "net = start_devnet(Path(sys.argv[1]), engine='py-evm', block_time=0, outlives=True);"
        "print(net.process.pid, net.url, flush=True); os._exit(0)"
    )
    line = [sys.executable, "-c", starter, str(tmp_path)]
    pid, url = subprocess.run(line, capture_output=True, text=True, check=True).stdout.split()
    try:
        assert rpc(url, "eth_chainId") == hex(CHAIN_ID)
    finally:
        os.kill(int(pid), signal.SIGKILL)


def test_bound__starter_gone_already__runs_nothing(tmp_path):
    line = [sys.executable, "-m", "xmbl.chain.bound", "1", "touch", str(tmp_path / "ran")]
    assert subprocess.run(line, check=False).returncode == 0
    assert not (tmp_path / "ran").exists()


def test_rpc__unknown_method__is_refused(idle):
    with pytest.raises(ChainError, match="The devnet refused xmbl_nothing"):
        rpc(idle.url, "xmbl_nothing")
