"""What paying for reads costs: vouchers checked in a minute by one core, and the speed of a paid stream.

`vouchers()` and `stream()` are what `scripts/bench.py` asks; run alone, it prints both. A ledger in memory
stands for the chain, whose answers the till keeps for seconds; signatures, books, disks and libp2p are real.
A paid stream is held against a bare one that carries as many bytes: there nothing is read, opened or paid.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import trio
from bench_transfer import CHUNK, CLIENT, LISTEN, ROUNDS, SERVER, bare_host
from eth_account import Account
from libp2p.abc import INetStream
from libp2p.custom_types import TProtocol
from libp2p.peer.peerinfo import info_from_p2p_addr
from multiaddr import Multiaddr

from xmbl.blocks.store import FileStore
from xmbl.chain.call import Call
from xmbl.crypto.envelope import CHUNK_PLAIN, Sealer, sealed_size
from xmbl.crypto.typed_data import Deal, Terms, Voucher
from xmbl.network.host import open_host
from xmbl.payments.book import Book
from xmbl.payments.client import Payer, Purse
from xmbl.payments.policy import Lane, Limits, Presented, Standing, Tab, Window, check
from xmbl.payments.till import Till
from xmbl.payments.wire import Domain, SignedVoucher
from xmbl.storage import transfer
from xmbl.storage.desk import Desk
from xmbl.storage.egress import Egress
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.manifest import Part
from xmbl.storage.policy import StoragePolicy
from xmbl.storage.quotes import Candidate
from xmbl.storage.server import StorageServer
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import STREAM

COUNT = 5_000
LEDGER = "0x" + "99" * 20
DOMAIN = Domain.of(31_337, LEDGER)
READER, AGENT = Account.from_key(b"\1" * 32), Account.from_key(b"\2" * 32)
OPERATOR = "0x" + "22" * 20
KEY, BLOCK, RICH = b"\3" * 32, 1_000, 10**30
TOTAL = 1_024 * CHUNK  # so long that the first question and the opening hardly count
SIZE = TOTAL // CHUNK * CHUNK_PLAIN - 1
PARAMETERS: Any = SimpleNamespace(period=7_200)
SOURCE = TProtocol("/bench/source/1")
TURNS = 8


class PlentyLedger:
    """A ledger in which everybody has enough."""

    def block_number(self) -> int:
        """The newest block."""
        return BLOCK

    def gas_price(self) -> int:
        """Wei per gas."""
        return 10**9

    def free(self, _: str, __: int) -> int:
        """Plenty."""
        return RICH

    def lane(self, _: str, __: str, ___: int) -> Lane:
        """None."""
        return Lane(0, 0)

    def signer_until(self, _: str, __: str, ___: int) -> int:
        """None."""
        return 0

    def redeemed(self, _: Voucher, __: int) -> int:
        """Nothing."""
        return 0

    def redeem(self, payee: str, _: Any) -> Call:
        """Never asked for here."""
        return Call(payee, b"", "redeem_many", "Redeem vouchers.")


def vouchers() -> dict[str, float | str]:
    """Vouchers a minute from the message to the verdict, on one core; the limit is what is asked for."""
    messages = [
        DOMAIN.sign(READER, Voucher(READER.address, OPERATOR, number + 1, bytes(32), BLOCK + 1_000)).pack()
        for number in range(COUNT)
    ]
    standing = Standing(BLOCK, RICH)

    def verify() -> None:
        for number, raw in enumerate(messages):
            signed = SignedVoucher.unpack(raw)
            presented = Presented(signed.voucher, DOMAIN.signer(signed))
            tab = Tab(number, {OPERATOR: number + 1})
            check(presented, Window(OPERATOR, bytes(32), 1), tab, standing, 600)

    rate = COUNT / min(_timed(verify) for _ in range(ROUNDS)) * 60
    return {"value": round(rate), "unit": "1/min", "limit": 100_000, "ratio": round(rate / 100_000, 2)}


def _timed(work: Callable[[], None]) -> float:
    # of one core, whoever else uses it
    begun = time.process_time()
    work()
    return time.process_time() - begun


def stream() -> dict[str, float | str]:
    """Megabytes a second of a paid read between two processes, each window paid, stored and checked."""
    with tempfile.TemporaryDirectory() as folder:
        return trio.run(_measure, Path(folder))


async def _measure(folder: Path) -> dict[str, float | str]:
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(_bare_reader(stack.enter_context(_server_of("bare", folder))))
        paid = await stack.enter_async_context(
            _paying_reader(folder, stack.enter_context(_server_of("paid", folder)))
        )
        # in turns, so that what else the machine does falls on both
        seconds = [(await _took(bare), await _took(paid)) for _ in range(TURNS)]
    limit, rate = (TOTAL / min(of_one) / 1e6 for of_one in zip(*seconds, strict=True))
    return {"value": round(rate), "unit": "MB/s", "limit": round(limit), "ratio": round(rate / limit, 2)}


async def _took(read: Callable[[], Awaitable[None]]) -> float:
    begun = time.perf_counter()
    await read()
    return time.perf_counter() - begun


@contextmanager
def _server_of(kind: str, folder: Path) -> Iterator[str]:
    """The address of a server in a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, __file__, kind, str(folder)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, env=environment, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.kill()


@asynccontextmanager
async def _bare_reader(address: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    peer = info_from_p2p_addr(Multiaddr(address))

    async def read() -> None:
        missing = TOTAL
        taken = await host.new_stream(peer.peer_id, [SOURCE])
        await taken.write(b"x")
        while missing:
            missing -= len(await taken.read(CHUNK))
        await taken.close()

    async with bare_host(CLIENT) as host:
        await host.connect(peer)
        yield read


@asynccontextmanager
async def _paying_reader(folder: Path, address: str) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    wanted = transfer.Sealed(_deal(bytes.fromhex((folder / "root").read_text())), Part(0, 0, SIZE, ""), KEY)
    book = Book(folder / "reader.sqlite")
    payer = Payer(READER.address, READER, DOMAIN, book, Limits(RICH, RICH, RICH))
    peer = Candidate(OPERATOR, AGENT.address, OPERATOR, (address,))

    async def read() -> None:
        purse = Purse(payer, RICH, lambda: BLOCK, lambda _: None)
        wallet = Wallet(READER.address, _market(), None, host, None, folder, lambda _: None, purse)  # type: ignore[arg-type]
        async with aclosing(transfer.fetch(wallet, peer, wanted, 0)) as chunks:
            assert sum([1 async for _ in chunks]) == TOTAL // CHUNK

    async with open_host(CLIENT) as host:
        yield read
    book.close()


def _market() -> Any:
    payments = SimpleNamespace(redeemed=lambda *_: 0)
    return SimpleNamespace(
        parameters=PARAMETERS, block_number=lambda: BLOCK, digest=lambda hashed: hashed, payments=payments
    )


def _deal(root: bytes) -> Deal:
    terms = Terms(READER.address, OPERATOR, TOTAL // 256, 1, 1, 100, 2, 2, 1, BLOCK, 1)
    return Deal(OPERATOR, root, terms)


async def _serve(kind: str, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        if kind == "paid":
            host = await stack.enter_async_context(open_host(SERVER, [LISTEN]))
            host.serve(STREAM, _server(folder).stream)
            address = host.addresses[0]
        else:
            bare = await stack.enter_async_context(bare_host(SERVER))
            bare.set_stream_handler(SOURCE, _pouring())
            address = str(bare.get_addrs()[0])
        print(address, flush=True)
        await trio.sleep_forever()


def _server(folder: Path) -> StorageServer:
    holdings = Holdings(FileStore(folder / "store", 2**30), folder / "trees")
    with holdings.receive(sealed_size(SIZE)) as arrival:
        sealer, last = Sealer(KEY), TOTAL // CHUNK - 1
        for number in range(last + 1):
            arrival.write(sealer.seal(number, bytes(CHUNK_PLAIN - (number == last))))
        root = arrival.keep().root
    (folder / "root").write_text(root.hex())
    journal = Journal(folder / "journal.sqlite")
    journal.sign(_deal(root), sealed_size(SIZE))
    desk = Desk(OPERATOR, _market(), None, journal, holdings, lambda _: None)  # type: ignore[arg-type]
    till = Till(PlentyLedger(), DOMAIN, Book(folder / "holder.sqlite"), lambda _: None)
    will = StoragePolicy(price=1, capacity=1, unpaid=1, egress=10**15)
    return StorageServer(desk, AGENT, will, Egress(desk, AGENT, will, till))


def _pouring() -> Callable[[INetStream], Awaitable[None]]:
    # bytes that differ: zeros would never leave the processor's cache
    data = os.urandom(TOTAL)

    async def pour(stream: INetStream) -> None:
        await stream.read(1)
        for at in range(0, TOTAL, CHUNK):
            await stream.write(data[at : at + CHUNK])
        await stream.close()

    return pour


if __name__ == "__main__":
    if sys.argv[1:]:
        trio.run(_serve, sys.argv[1], Path(sys.argv[2]))
    else:
        print(json.dumps({"vouchers": vouchers(), "stream": stream()}, indent=2))
