"""How a reader asks a holder for ranges: for nothing, or each with a voucher.

What is paid and not yet checked is never more than a window: it is asked for in halves, so that one is on its
way while the other is checked.
"""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from xmbl.crypto.envelope import CHUNK_SEALED
from xmbl.crypto.typed_data import Deal, ReadQuote, recover
from xmbl.errors import PeerUnreachable, ProtocolError, Refused
from xmbl.network.channel import PATIENCE
from xmbl.payments.client import Purse
from xmbl.storage.asking import Asking, Passage
from xmbl.storage.egress import LEAST_WINDOW, price_of
from xmbl.storage.fields import READ_LIMIT, WINDOW_LIMIT
from xmbl.storage.market import Market
from xmbl.storage.quotes import Candidate
from xmbl.storage.wire import PaidRead, PriceReply, PriceRequest, ReadReady, ReadRequest
from xmbl.units import format_amount, format_size

if TYPE_CHECKING:
    from xmbl.network.channel import Channel

LEAST_RATE = 2**15
"""Bytes a second below which a peer is given up."""

WINDOW = WINDOW_LIMIT
"""Bytes that a reader pays for at most before it has checked them."""

AHEAD = 2
"""Pieces of a window: while one is checked and the next one is paid, the line has the other to carry."""


@dataclass(frozen=True)
class Free:
    """For nothing."""

    root: bytes
    step: int = READ_LIMIT
    ahead: int = AHEAD

    def request(self, offset: int, length: int) -> ReadRequest:
        """What asks for a piece."""
        return ReadRequest(self.root, offset, length)


@dataclass(frozen=True)
class Paid:
    """Each range with a voucher over its price."""

    purse: Purse
    quote: ReadQuote
    ahead: int = AHEAD

    @property
    def step(self) -> int:
        """Half of the narrower window, in whole chunks: what can be checked by itself."""
        return min(WINDOW, self.quote.window) // AHEAD // CHUNK_SEALED * CHUNK_SEALED

    def cost(self, total: int) -> int:
        """Wei for so many bytes, as they are asked for."""
        pieces = (min(self.step, total - at) for at in range(0, total, self.step))
        return sum(price_of(self.quote.egress, length) for length in pieces)

    def request(self, offset: int, length: int) -> PaidRead:
        """What asks for a piece and pays for it; `Refused` beyond a limit. Waits for the disk."""
        quote, price = self.quote, price_of(self.quote.egress, length)
        voucher = self.purse.pay(quote.payee, quote.deal, price)
        return PaidRead(quote.deal, offset, length, voucher)


class Pace:
    """The time that a peer has left: what the least rate gives each range, and PATIENCE beyond.

    It is kept over all ranges: else a peer with a narrow window could take PATIENCE for each.
    """

    def __init__(self) -> None:
        self._left = PATIENCE

    def give(self, length: int) -> None:
        """A range is due; what wasn't needed for those before is good up to PATIENCE."""
        self._left = min(self._left, PATIENCE) + length / LEAST_RATE

    @contextmanager
    def running(self, peer: str) -> Iterator[None]:
        """The peer's time runs; `PeerUnreachable` when it is over."""
        begun = trio.current_time()
        try:
            with trio.fail_after(self._left):
                yield
        except trio.TooSlowError:
            raise PeerUnreachable(
                f"{peer} gave the bytes slower than {LEAST_RATE:,} a second; it is given up."
            ) from None
        self._left = max(0.0, self._left - (trio.current_time() - begun))


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
    asked = f"it asks {format_amount(quote.egress)} for a MiB or a window of {format_size(quote.window)}"
    _require(purse.agrees(quote), f"{asked}, more than it told before or its share of the cost; allow more")
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

    To go on means that the chunk was good. `Refused` after what could still be asked for.
    """
    pieces = ((at, min(way.step, total - at)) for at in range(first, total, way.step))
    asking, pace = Asking(channel, way, pieces), Pace()
    try:
        while piece := await asking.next():
            offset, length = piece
            async with aclosing(received(channel, length, pace)) as chunks:
                async for chunk in chunks:
                    yield offset, chunk
                    offset += len(chunk)
                    await asking.send_made()
    finally:
        asking.close()


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(f"Its price isn't used, since {reason}.")


async def received(channel: "Channel", length: int, pace: Pace) -> AsyncGenerator[bytes, None]:
    """The range asked for next, in chunks; `Refused`, `ProtocolError`, or `PeerUnreachable`, also where it
    comes slower than the least rate. What the caller does in between takes none of the peer's time."""
    pace.give(length)
    with pace.running(channel.remote_peer):
        ready = ReadReady.decode(await channel.receive())
    if ready.length != length:
        raise ProtocolError(f"{channel.remote_peer} sends another length than was asked for.")
    for at in range(0, length, CHUNK_SEALED):
        with pace.running(channel.remote_peer):
            chunk = await channel.receive_bytes(min(CHUNK_SEALED, length - at))
        yield chunk
