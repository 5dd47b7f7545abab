"""The operator's side of the three protocols: it quotes, takes bytes in, signs, and gives bytes out.

It signs a deal only for bytes that are on its disk and whose root it computed itself, and remembers the
deal before the signature leaves. Peers are hostile: every number was checked by `wire`, room is reserved
before a byte is taken, what is promised counts from the first moment and is checked again at the signature,
and what fails is a refusal with its reason or a dropped stream.
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Quote, recover, sign_digest
from xmbl.errors import BytesError, ChainError, Crowded, Refused, Reverted, UsageError
from xmbl.network.channel import Channel
from xmbl.storage import events, policy
from xmbl.storage.consent import consented
from xmbl.storage.desk import Desk
from xmbl.storage.egress import Egress
from xmbl.storage.holdings import Arrival
from xmbl.storage.journal import DealState
from xmbl.storage.policy import StoragePolicy
from xmbl.storage.promises import Carrying, Promises
from xmbl.storage.reading import LEAST_RATE
from xmbl.storage.rules import check_terms
from xmbl.storage.seats import Seat, Seats
from xmbl.storage.serving import Serving
from xmbl.storage.wire import (
    ExtendRequest,
    QuoteRequest,
    Refusal,
    SignedExtension,
    SignedQuote,
    StoreReady,
    StoreReceipt,
    StoreRequest,
    decode_any,
)

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

PIECE = 2**20
"""Bytes taken from a peer, hashed and written at a time."""

SIP = 2**16
"""Bytes taken from a peer before they buy its seat the time of theirs."""

UPLOADS, READS = 16, 64
"""Streams that all peers together may have open."""

UPLOADS_EACH, READS_EACH = 8, 8
"""Streams that one peer may have open."""

FAREWELL = 2.0
"""Seconds in which who has no seat hears so and leaves: longer, and those turned away would fill the host."""

UPLOAD_GRACE, UPLOAD_RATE = 60.0, 2**16
"""Seconds that any upload may take, and the bytes a second that it must make beyond them."""


class StorageServer:
    """Serves quote, store and stream; `signer` is its agent's account, `fresh` the seconds that a look at the
    chain is good for, whoever knocks how often."""

    def __init__(
        self, desk: Desk, signer: "LocalAccount", will: StoragePolicy, egress: Egress, fresh: float = 1.0
    ) -> None:
        self._desk = desk
        self._signer = signer
        self._will = will
        self._serving = Serving(desk, egress)
        self._promises = Promises(desk, will, fresh)
        self._signing = trio.Lock()
        self._consenting = trio.Lock()
        self._uploads = Seats(UPLOADS, UPLOADS_EACH, UPLOAD_RATE)
        # below it a reader itself gives us up
        self._reads = Seats(READS, READS_EACH, LEAST_RATE)

    async def quote(self, channel: Channel) -> None:
        """Answer one request for terms, or for a longer deal on its old ones."""
        async with self._refusing(channel):
            match decode_any(await channel.receive(), QuoteRequest, ExtendRequest):
                case QuoteRequest() as asked:
                    await channel.send((await self._quoted(asked)).encode())
                case ExtendRequest() as asked:
                    await channel.send((await self._extended(asked)).encode())

    async def store(self, channel: Channel) -> None:
        """Take the bytes of one deal in and sign it."""
        async with self._seated(channel, self._uploads) as seat:
            request = StoreRequest.decode(await channel.receive())
            await self._check_quote(request)
            with self._promises.running(channel, request):
                await channel.send((await self._stored(channel, seat, request)).encode())

    async def stream(self, channel: Channel) -> None:
        """Give out ranges and leaves until the reader has enough."""
        async with self._seated(channel, self._reads) as seat:
            await self._serving.serve(channel, seat)

    # what a quote promises

    async def _quoted(self, request: QuoteRequest) -> SignedQuote:
        carrying = await self._promises.carrying()
        standing, parameters = self._promises.standing(carrying), self._desk.market.parameters
        offered = policy.quote(self._will, parameters, standing, carrying.operator, request)
        terms = offered.terms
        self._desk.emit(events.Quoted(terms.client, terms.leaves, terms.price, terms.end))
        return SignedQuote(offered, self._signed(offered.hash()))

    async def _extended(self, request: ExtendRequest) -> SignedExtension:
        carrying = await self._promises.carrying()
        standing = self._promises.standing(carrying)
        # each asks the chain several times: one after another, however many knock
        async with self._consenting:
            consent = await trio.to_thread.run_sync(
                consented, self._desk, self._signer, self._will, standing, request
            )
        self._desk.emit(events.ExtensionSigned(request.deal, request.end, consent.deadline))
        return consent

    async def _check_quote(self, request: StoreRequest) -> None:
        quote = request.quote
        if recover(self._desk.market.digest(quote.hash()), request.signature) != self._signer.address:
            raise Refused("I haven't signed this quote; ask for one.")
        if quote.operator != self._desk.operator or leaf_count(request.size) != quote.terms.leaves:
            raise Refused("The quote is for other bytes or another operator; ask for one.")
        carrying = await self._promises.carrying()
        if carrying.block > quote.expiry:
            raise Refused("The quote has expired; ask for another.")
        self._check_account(carrying, quote)
        held = self._holds(request)
        if not (held and self._signed_before(quote, request.root, carrying.block)):
            self._promises.check(carrying, quote.terms, request.size if held else 0)

    def _check_account(self, carrying: Carrying, quote: Quote) -> None:
        if quote.terms.payee != carrying.operator.payee or carrying.agent != self._signer.address:
            raise Refused("My account has changed since the quote; ask for another.")

    def _holds(self, request: StoreRequest) -> bool:
        """Whether this client brought exactly these bytes before: only then it needn't send them again."""
        client = request.quote.terms.client
        brought = (known.deal.terms.client == client for known in self._desk.journal.holders(request.root))
        return (
            any(brought)
            and self._desk.holdings.has(request.root)
            and self._desk.holdings.size(request.root) == request.size
        )

    async def _stored(self, channel: Channel, seat: Seat, request: StoreRequest) -> StoreReceipt:
        root = request.root
        if self._holds(request):
            seat.keep()
            await self._ready(channel, seat, held=True)
        else:
            root = await self._received(channel, seat, request)
        try:
            async with self._signing:
                return await self._sign_deal(channel, request, root)
        except BaseException:
            # for nothing promised, nothing is kept
            with self._desk.deciding():
                self._desk.drop_unneeded(root, "no deal was signed for it")
            raise

    async def _received(self, channel: Channel, seat: Seat, request: StoreRequest) -> bytes:
        # the room is set aside before the client is told to send
        with self._desk.holdings.receive(request.size) as arrival:
            await self._ready(channel, seat, held=False)
            try:
                with trio.fail_after(UPLOAD_GRACE + request.size / UPLOAD_RATE):
                    await self._pieces(channel, seat, request.size, arrival)
            except trio.TooSlowError:
                raise Refused("That was too slow; send the bytes over a faster line.") from None
            seat.keep()
            landed = await trio.to_thread.run_sync(arrival.keep)
        self._desk.emit(events.BytesReceived(landed.root, landed.size, landed.cid))
        return landed.root

    async def _pieces(self, channel: Channel, seat: Seat, size: int, arrival: Arrival) -> None:
        for offset in range(0, size, PIECE):
            length = min(PIECE, size - offset)
            piece = bytearray()
            while missing := length - len(piece):
                sip = await channel.receive_bytes(min(SIP, missing))
                seat.came(len(sip))
                piece += sip
            await trio.to_thread.run_sync(arrival.write, bytes(piece))

    async def _ready(self, channel: Channel, seat: Seat, *, held: bool) -> None:
        with seat.telling():
            await channel.send(StoreReady(held=held).encode())

    async def _sign_deal(self, channel: Channel, request: StoreRequest, root: bytes) -> StoreReceipt:
        carrying = await self._promises.carrying()
        self._check_account(carrying, request.quote)
        deal = self._signed_before(request.quote, root, carrying.block)
        if deal is None:
            # from here on the deal counts, not the upload
            self._promises.forget(channel)
            self._promises.check(carrying, request.quote.terms, request.size)
            deal = self._completed(request.quote, root, carrying.block)
            self._remember(deal, request.size)
        return StoreReceipt(root, deal.terms.deadline, deal.terms.salt, self._signed(deal.id()))

    def _signed_before(self, quote: Quote, root: bytes, block: int) -> Deal | None:
        """A deal on these terms that can still be opened for a while: a client needs no second one."""
        latest = block + policy.patience(self._desk.market.parameters) // 2
        for known in self._desk.journal.holders(root):
            terms = known.deal.terms
            same = replace(terms, deadline=0, salt=0) == quote.terms
            if known.state is DealState.SIGNED and same and terms.deadline > latest:
                return known.deal
        return None

    def _completed(self, quote: Quote, root: bytes, block: int) -> Deal:
        parameters = self._desk.market.parameters
        deadline = block + policy.patience(parameters)
        terms = replace(quote.terms, deadline=deadline, salt=secrets.randbits(63))
        check_terms(terms, block // parameters.period, block, parameters)
        return Deal(self._desk.operator, root, terms)

    def _remember(self, deal: Deal, size: int) -> None:
        with self._desk.deciding():
            # nobody may drop the bytes between this look and the promise
            if not self._desk.holdings.has(deal.root):
                raise Refused("The bytes are gone again; send them once more.")
            self._desk.journal.sign(deal, size)
        self._desk.emit(events.TermsSigned(deal.id(), deal.terms.client, deal.terms.deadline))

    def _signed(self, struct_hash: bytes) -> bytes:
        return sign_digest(self._signer, self._desk.market.digest(struct_hash))

    @asynccontextmanager
    async def _seated(self, channel: Channel, seats: Seats) -> AsyncIterator[Seat]:
        async with self._refusing(channel):
            with seats.taken(channel.remote_peer) as seat:
                yield seat

    async def _turn_away(self, channel: Channel, reason: str) -> None:
        """Raises when the peer has left, or hasn't in time: then the host drops the stream."""
        with trio.fail_after(FAREWELL):
            await self._refuse(channel, reason, busy=True)
            # requests or an upload: it may be in the middle of either
            while True:
                await channel.receive_bytes(PIECE)

    @asynccontextmanager
    async def _refusing(self, channel: Channel) -> AsyncIterator[None]:
        try:
            yield
        except Crowded as error:
            await self._turn_away(channel, str(error))
        except (Refused, BytesError, UsageError) as error:
            await self._refuse(channel, str(error))
        except Reverted as error:
            await self._refuse(channel, f"The market would refuse this deal: {error.reason}.")
        except ChainError:
            await self._refuse(channel, "My chain doesn't answer at present; ask again later.")

    async def _refuse(self, channel: Channel, reason: str, *, busy: bool = False) -> None:
        self._desk.emit(events.Declined(channel.remote_peer, reason))
        await channel.send(Refusal(reason, busy).encode())
