"""Bytes between a client and one operator: up under a quote, back chunk by chunk, a leaf to look at."""

from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from xmbl.crypto import merkle
from xmbl.crypto.envelope import CHUNK_SEALED, Opener, sealed_size
from xmbl.crypto.ingest import Ingested
from xmbl.crypto.typed_data import Deal
from xmbl.errors import Corrupt, PeerUnreachable, ProtocolError, Refused
from xmbl.network.channel import PATIENCE
from xmbl.storage import quotes, reading, sources
from xmbl.storage.manifest import Part
from xmbl.storage.market import Market
from xmbl.storage.quotes import Candidate, Offer
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import (
    STORE,
    STREAM,
    LeafReply,
    LeafRequest,
    StoreReady,
    StoreReceipt,
    StoreRequest,
)

if TYPE_CHECKING:
    from xmbl.network.channel import Channel
    from xmbl.network.host import Host

STORING_SECONDS, STORING_RATE = 180.0, 2**24
"""What an operator may take after the last byte: a window of 4 MiB may still be on its way at the least rate,
and then all has to come to its disk, at so many bytes a second."""

_CHUNKS_SENT = 4

Progress = Callable[[int], None]
"""Told how many bytes are through."""


Signed = tuple[Deal, bytes]
"""A deal and its operator's signature."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A part as some operator holds it: under the root of `deal`, sealed by `key`."""

    deal: Deal
    part: Part
    key: bytes


class Upload:
    """One sealed part on its way to one operator: while a piece is sent the next one is sealed and hashed."""

    def __init__(self, path: Path, part: Part, key: bytes) -> None:
        self.size = sealed_size(part.size)
        self._chunks = self._sealed(path, part, key)
        self._ingested: Ingested

    async def send(
        self, host: "Host", market: Market, offer: Offer, progress: Progress
    ) -> tuple[Signed, str]:
        """The deal that the operator signed for exactly these bytes, with its signature; and their CID.

        `Refused` with the operator's reason or ours, `PeerUnreachable`, also if it is too slow, or
        `ProtocolError`.
        """
        async with quotes.reach(host, offer.candidate, STORE) as channel:
            request = StoreRequest(offer.quote, offer.signature, self.size, b"")
            await channel.send(request.encode())
            if StoreReady.decode(await channel.receive()).held:
                raise ProtocolError(f"{offer.candidate.operator} claims bytes that it never got.")
            ingested = await self.send_bytes(channel, progress)
            channel.patience = STORING_SECONDS + self.size / STORING_RATE
            receipt = StoreReceipt.decode(await channel.receive())
        return await completed(market, offer, receipt, ingested.root), ingested.cid

    async def send_bytes(self, channel: "Channel", progress: Progress) -> Ingested:
        """Send all of them, no slower than the least rate; what they are."""
        start, sent = trio.current_time(), 0
        sealing = ThreadPoolExecutor(1, "seal")
        try:
            ahead = sealing.submit(self._next)
            while piece := await trio.to_thread.run_sync(ahead.result):
                ahead = sealing.submit(self._next)
                sent += len(piece)
                await _send_piece(channel, piece, start + PATIENCE + sent / reading.LEAST_RATE)
                progress(sent)
        finally:
            sealing.shutdown(wait=False)
        return self._ingested

    def _next(self) -> bytes:
        return b"".join(islice(self._chunks, _CHUNKS_SENT))

    def _sealed(self, path: Path, part: Part, key: bytes) -> Iterator[bytes]:
        self._ingested = yield from sources.sealed(path, part, key)


async def sign_again(host: "Host", market: Market, offer: Offer, size: int, root: bytes) -> Signed:
    """A fresh signature for bytes that the operator already holds for us; `Refused` if it doesn't."""
    async with quotes.reach(host, offer.candidate, STORE) as channel:
        await channel.send(StoreRequest(offer.quote, offer.signature, size, root).encode())
        if not StoreReady.decode(await channel.receive()).held:
            raise Refused(f"{offer.candidate.operator} doesn't hold the bytes any more.")
        receipt = StoreReceipt.decode(await channel.receive())
    return await completed(market, offer, receipt, root)


async def completed(market: Market, offer: Offer, receipt: StoreReceipt, root: bytes) -> Signed:
    """The signed deal, checked against the root that we computed ourselves."""
    if receipt.root != root:
        raise Refused(f"{offer.candidate.operator} got other bytes than were sent; its root differs.")
    deal = receipt.deal(offer.quote)
    block = await trio.to_thread.run_sync(market.block_number)
    quotes.check_signed(market, offer.candidate, deal, receipt.signature, block)
    return deal, receipt.signature


async def fetch(wallet: Wallet, peer: Candidate, wanted: Sealed, first: int) -> AsyncGenerator[bytes, None]:
    """The part's plain chunks from number `first` on, each authenticated; `Corrupt` for a wrong one.

    `Refused`, `PeerUnreachable` or `ProtocolError` where the operator fails, and `Refused` where it asks more
    than the wallet pays: what has come is checked before more is paid for.
    """
    opener, total = Opener(wanted.key), sealed_size(wanted.part.size)
    async with quotes.reach(wallet.host, peer, STREAM) as channel:
        way = await reading.passage(channel, wallet.market, peer, wanted.deal, wallet.purse)
        async with aclosing(reading.ranges(channel, way, first * CHUNK_SEALED, total)) as chunks:
            async for offset, chunk in chunks:
                # a tenth of a millisecond each: less than a thread would cost
                yield opener.open(offset // CHUNK_SEALED, chunk)


async def verify_leaf(channel: "Channel", peer: Candidate, deal: Deal, index: int) -> None:
    """Ask for one leaf and check it against the deal's root; `Corrupt` if it doesn't fit."""
    await channel.send(LeafRequest(deal.root, index).encode())
    reply = LeafReply.decode(await channel.receive())
    if not merkle.verify(deal.root, deal.terms.leaves, index, reply.leaf, reply.path):
        raise Corrupt(f"{peer.operator} showed a leaf {index} that doesn't fit the deal's root.")


async def _send_piece(channel: "Channel", piece: bytes, deadline: float) -> None:
    try:
        with _in_time(channel, deadline):
            await channel.send_bytes(piece)
    except PeerUnreachable:
        if channel.unread:
            # it says nothing before the last byte, unless why it takes no more
            StoreReceipt.decode(await channel.receive())
        raise


@contextmanager
def _in_time(channel: "Channel", deadline: float) -> Iterator[None]:
    try:
        with trio.fail_at(deadline):
            yield
    except trio.TooSlowError:
        raise PeerUnreachable(
            f"{channel.remote_peer} took the bytes slower than {reading.LEAST_RATE:,} a second; it is"
            " given up."
        ) from None
