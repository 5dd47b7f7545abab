"""How a reader asks a holder for ranges: for nothing, or each with a voucher.

What is paid and not yet checked is never more than a window: it is asked for in pieces, so that some are on
their way while one is checked.
"""

from collections import deque
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import trio

from xmbl.crypto.envelope import CHUNK_SEALED
from xmbl.crypto.typed_data import Deal, ReadQuote, recover
from xmbl.errors import PeerUnreachable, ProtocolError, Refused
from xmbl.network.channel import PATIENCE
from xmbl.payments.client import Purse
from xmbl.storage.egress import LEAST_WINDOW, price_of
from xmbl.storage.fields import READ_LIMIT, WINDOW_LIMIT
from xmbl.storage.market import Market
from xmbl.storage.quotes import Candidate
from xmbl.storage.wire import PaidRead, PriceReply, PriceRequest, ReadReady, ReadRequest

if TYPE_CHECKING:
    from xmbl.network.channel import Channel

LEAST_RATE = 2**15
"""Bytes a second below which a peer is given up."""

WINDOW = WINDOW_LIMIT
"""Bytes that a reader pays for at most before it has checked them."""

AHEAD = 4
"""Pieces of a window that are asked for at once: while one is checked and the next one paid, and the holder
keeps its voucher, the line has others to carry."""


class Passage(Protocol):
    """How ranges are asked for."""

    @property
    def step(self) -> int:
        """Bytes of one request."""

    @property
    def ahead(self) -> int:
        """Requests that are asked for before the first is answered."""

    async def ask(self, channel: "Channel", offset: int, length: int) -> None:
        """Ask for a range; it comes after those asked for before."""


@dataclass(frozen=True)
class Free:
    """For nothing."""

    root: bytes
    step: int = READ_LIMIT
    ahead: int = 2

    async def ask(self, channel: "Channel", offset: int, length: int) -> None:
        """Ask for a range."""
        await channel.send(ReadRequest(self.root, offset, length).encode())


@dataclass(frozen=True)
class Paid:
    """Each range with a voucher over its price."""

    purse: Purse
    quote: ReadQuote

    @property
    def step(self) -> int:
        """A part of the narrower window in whole chunks, which can be checked by themselves."""
        return max(self._chunks // AHEAD, 1) * CHUNK_SEALED

    @property
    def ahead(self) -> int:
        """As many as fill the window."""
        return min(self._chunks, AHEAD)

    @property
    def _chunks(self) -> int:
        return min(WINDOW, self.quote.window) // CHUNK_SEALED

    def cost(self, total: int) -> int:
        """Wei for so many bytes, as they are asked for."""
        pieces = (min(self.step, total - at) for at in range(0, total, self.step))
        return sum(price_of(self.quote.egress, length) for length in pieces)

    async def ask(self, channel: "Channel", offset: int, length: int) -> None:
        """Pay and ask for a range; `Refused` where that is beyond a limit."""
        quote, price = self.quote, price_of(self.quote.egress, length)
        voucher = await trio.to_thread.run_sync(self.purse.pay, quote.payee, quote.deal, price)
        await channel.send(PaidRead(quote.deal, offset, length, voucher).encode())


def time_for(size: int) -> float:
    """Seconds that so many bytes may take between peers."""
    return PATIENCE + size / LEAST_RATE


async def passage(
    channel: "Channel", market: Market, peer: Candidate, deal: Deal, purse: Purse | None
) -> Passage:
    """The way to read a deal's bytes: for nothing, where nobody pays or nothing is asked."""
    if purse is None:
        return Free(deal.root)
    quote = await ask_price(channel, market, peer, deal, purse)
    return Paid(purse, quote) if quote.egress else Free(deal.root)


async def ask_price(
    channel: "Channel", market: Market, peer: Candidate, deal: Deal, purse: Purse
) -> ReadQuote:
    """What the operator's agent signed as the price of a deal's bytes; `Refused` if it isn't to be used."""
    await channel.send(PriceRequest(deal.id(), purse.address).encode())
    reply = PriceReply.decode(await channel.receive())
    quote = reply.quote(peer.operator, deal.id())
    block, redeemed = await trio.to_thread.run_sync(_looked, market, purse.address, quote)
    _require(recover(market.digest(quote.hash()), reply.signature) == peer.agent, "its agent didn't sign it")
    _require(quote.payee == deal.terms.payee, "it wants to be paid elsewhere than the deal says")
    _require(quote.expiry >= block, "it has expired")
    _require(quote.window >= LEAST_WINDOW, "its window is too narrow to check what comes")
    await trio.to_thread.run_sync(purse.recall, quote.payee, quote.deal, reply.held, redeemed)
    return quote


def _looked(market: Market, payer: str, quote: ReadQuote) -> tuple[int, int]:
    """The newest block, and what was redeemed of the payer's vouchers for the deal."""
    return market.block_number(), market.payments.redeemed(payer, quote.payee, quote.deal)


async def ranges(
    channel: "Channel", way: Passage, first: int, total: int
) -> AsyncGenerator[tuple[int, bytes], None]:
    """The bytes from `first` to `total`, in order, in sealed chunks, each with its offset.

    The next piece is asked for when the caller has taken all of the first one that is on its way: to go on
    means that it was good.
    """
    left = deque((at, min(way.step, total - at)) for at in range(first, total, way.step))
    asked: deque[tuple[int, int]] = deque()
    stopped: Refused | None = None
    while left or asked:
        try:
            while left and len(asked) < way.ahead:
                await way.ask(channel, *left[0])
                asked.append(left.popleft())
        except Refused as refused:
            # what is paid is still taken
            stopped = refused
            left.clear()
        if asked:
            offset, length = asked.popleft()
            async with aclosing(received(channel, length)) as chunks:
                async for chunk in chunks:
                    yield offset, chunk
                    offset += len(chunk)
    if stopped:
        raise stopped


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(f"Its price isn't used, since {reason}.")


async def received(channel: "Channel", length: int) -> AsyncGenerator[bytes, None]:
    """The range asked for next, in chunks; `Refused`, `ProtocolError`, or `PeerUnreachable`, also where it
    comes slower than the least rate. What the caller does in between takes none of the peer's time."""
    if ReadReady.decode(await channel.receive()).length != length:
        raise ProtocolError(f"{channel.remote_peer} sends another length than was asked for.")
    left = time_for(length)
    for at in range(0, length, CHUNK_SEALED):
        begun = trio.current_time()
        with trio.move_on_after(left) as waiting:
            chunk = await channel.receive_bytes(min(CHUNK_SEALED, length - at))
        if waiting.cancelled_caught:
            raise PeerUnreachable(
                f"{channel.remote_peer} gave the bytes slower than {LEAST_RATE:,} a second; it is given up."
            )
        left -= trio.current_time() - begun
        yield chunk
