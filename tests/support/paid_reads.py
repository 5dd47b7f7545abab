"""A holder and a reader of sealed bytes that cost: in one process, or each in one of its own that may die.

The bytes are those of `PLAIN`, stored by an operator of `agent_world` in an open deal; what becomes of the
vouchers is in two books on the disk.
"""

import os
import secrets
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import trio
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.agent_world import Provider
from tests.support.storage_peers import ANYWHERE, MARGIN, WILL
from xmbl.blocks.store import FileStore
from xmbl.chain.client import Chain
from xmbl.chain.deployments import Deployment
from xmbl.crypto.envelope import CHUNK_PLAIN, CHUNK_SEALED, Sealer, sealed_size
from xmbl.crypto.typed_data import Deal
from xmbl.network.host import Host, open_host
from xmbl.payments.book import Book
from xmbl.payments.client import Payer, Purse
from xmbl.payments.ledger import ChainLedger
from xmbl.payments.policy import Limits
from xmbl.payments.till import Till
from xmbl.payments.wire import Domain
from xmbl.storage.desk import Desk
from xmbl.storage.egress import LEAST_WINDOW, Egress, price_of
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.manifest import Part
from xmbl.storage.market import Market, open_market
from xmbl.storage.quotes import Candidate
from xmbl.storage.server import StorageServer
from xmbl.storage.transfer import Sealed, fetch
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import STREAM

KEY = bytes(32)
CHUNKS = 9
PLAIN = secrets.token_bytes(CHUNKS * CHUNK_PLAIN - 1)
SELLING = replace(WILL, egress=10**15, window=LEAST_WINDOW)
STEP = CHUNK_SEALED
"""Bytes of one voucher: half a window."""

STEP_PRICE = price_of(SELLING.egress, STEP)
WINDOW_PRICE = price_of(SELLING.egress, LEAST_WINDOW)
SEALED = sealed_size(len(PLAIN))
COST = sum(price_of(SELLING.egress, min(STEP, SEALED - at)) for at in range(0, SEALED, STEP))
LIMITS = Limits(10**30, 10**30, 10**30)


def sealed_bytes() -> bytes:
    """What an operator holds of `PLAIN`."""
    sealer, starts = Sealer(KEY), range(0, len(PLAIN), CHUNK_PLAIN)
    return b"".join(sealer.seal(at, PLAIN[start : start + CHUNK_PLAIN]) for at, start in enumerate(starts))


def domain_of(market: Market) -> Domain:
    """What vouchers of this market's ledger are signed for."""
    return Domain.of(market.chain.chain_id, market.payments.address)


def purse_of(
    market: Market, folder: Path, payer: str, signer: LocalAccount, *, most: int = 10**30,
    limits: Limits = LIMITS, told: Callable[[Any], None] = lambda _: None, **more: Any,
) -> tuple[Purse, Book]:  # fmt: skip
    """A purse on what is on the disk."""
    book = Book(folder / "reader.sqlite")
    who = Payer(payer, signer, domain_of(market), book, limits)
    return Purse(who, most, market.block_number, told, **more), book


def wallet_of(market: Market, host: Host, address: str, purse: Purse | None) -> Wallet:
    """What a reader needs of a wallet."""
    nothing: Any = None
    return Wallet(address, market, nothing, host, nothing, Path(), lambda _: None, purse)


async def read(wallet: Wallet, peer: Candidate, deal: Deal, first: int = 0) -> AsyncIterator[bytes]:
    """The plain chunks of `PLAIN` from number `first` on."""
    async with aclosing(fetch(wallet, peer, Sealed(deal, Part(0, 0, len(PLAIN), ""), KEY), first)) as chunks:
        async for plain in chunks:
            yield plain


# each in a process of its own


@dataclass(frozen=True)
class Place:
    """What both processes are told: chain, contracts, deal, folders and keys; where and when to die."""

    url: str
    deployment: Deployment
    folder: Path
    operator: str
    agent_key: bytes
    reader_key: bytes
    seed: bytes
    deal: Deal
    dies: tuple[Any, int] | None = None

    @classmethod
    def of(cls, provider: Provider, deal: Deal, dies: tuple[Any, int] | None = None) -> "Place":
        """With the operator's files, which it mustn't have open."""
        world = provider.world
        return cls(
            world.devnet.url, world.deployment, provider.folder, provider.address, bytes(provider.signer.key),
            bytes(provider.client.key), provider.seed, deal, dies,
        )  # fmt: skip

    def market(self) -> Market:
        """The market as this process sees it."""
        return open_market(Chain([self.url], self.deployment.chain_id), self.deployment)

    def reached(self) -> Callable[[Any], None]:
        """SIGKILL for this process, when its point is reached for the n-th time."""
        left = self.dies[1] if self.dies else 0

        def reached(point: Any) -> None:
            nonlocal left
            left -= bool(self.dies and point is self.dies[0])
            if self.dies and point is self.dies[0] and left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        return reached


def holder(place: Place, address: Connection) -> None:
    """Serve the deal until killed; its address goes through the pipe."""
    trio.run(_hold, place, address)


async def _hold(place: Place, address: Connection) -> None:
    market, signer = place.market(), Account.from_key(place.agent_key)
    holdings = Holdings(FileStore(place.folder / "store", 2**30), place.folder / "trees")
    journal, nothing = Journal(place.folder / "journal.sqlite"), Any
    desk = Desk(place.operator, market, nothing, journal, holdings, lambda _: None)
    till = Till(
        ChainLedger(market.chain, market.payments), domain_of(market), Book(place.folder / "holder.sqlite"),
        lambda _: None, margin=MARGIN, reached=place.reached(),
    )  # fmt: skip
    server = StorageServer(desk, signer, SELLING, Egress(desk, signer, SELLING, till))
    async with open_host(place.seed, [ANYWHERE]) as host:
        host.serve(STREAM, server.stream)
        address.send(host.addresses[0])
        await trio.sleep_forever()


def reader(place: Place, address: str) -> None:
    """Go on reading into the file `back` until all is there; raises where the holder fails."""
    trio.run(_read, place, address)


async def _read(place: Place, address: str) -> None:
    market, account = place.market(), Account.from_key(place.reader_key)
    peer = Candidate(place.operator, Account.from_key(place.agent_key).address, place.operator, (address,))
    purse, book = purse_of(market, place.folder, account.address, account, reached=place.reached())
    back = place.folder / "back"
    first = back.stat().st_size // CHUNK_PLAIN if back.exists() else 0
    async with open_host(secrets.token_bytes(32)) as host:
        wallet = wallet_of(market, host, account.address, purse)
        with back.open("ab", buffering=0) as file:
            # it may have died in the middle of a chunk
            file.truncate(first * CHUNK_PLAIN)
            async for plain in read(wallet, peer, place.deal, first):
                file.write(plain)
    book.close()


@asynccontextmanager
async def reading(met: Any, deal: Deal, purse: Purse | None, first: int = 0) -> AsyncIterator[Any]:
    """The chunks that a client gets of the operator that it met."""
    wallet = wallet_of(met.provider.market, met.host, met.provider.client.address, purse)
    async with aclosing(read(wallet, met.peer, deal, first)) as chunks:
        yield chunks
