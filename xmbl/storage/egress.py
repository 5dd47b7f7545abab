"""What an operator takes for bytes that it gives out: a signed price, and a voucher for each window of them.

The price is the node's for as long as it runs, so a stream that has begun keeps it. Leaves stay free, since
whether bytes are held must be seen for nothing; they go at a pace at which nobody reads by them.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import trio

from xmbl.crypto.envelope import CHUNK_SEALED
from xmbl.crypto.typed_data import ReadQuote, sign_digest
from xmbl.errors import Refused
from xmbl.payments.policy import Window
from xmbl.payments.till import Till
from xmbl.storage.desk import Desk
from xmbl.storage.journal import KnownDeal
from xmbl.storage.leaf_pace import LeafPace
from xmbl.storage.policy import StoragePolicy, patience
from xmbl.storage.wire import PaidRead, PriceReply, PriceRequest
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


FRESH = 1.0
"""Seconds that a look at the chain is good for, whoever asks for prices how often."""

LEAST_WINDOW = 2 * CHUNK_SEALED
"""Bytes: a reader asks for halves of a window, and can check whole chunks only."""


def price_of(egress: int, length: int) -> int:
    """Wei for so many bytes at `egress` wei for a MiB, rounded up."""
    return -(-egress * length // 2**20)


class Egress:
    """The reading of what lies at `desk`, paid into `till`; `signer` is its agent's account.

    `older` are those of older deployments: their clients take a price and pay as their own contracts have it.
    """

    def __init__(
        self, desk: Desk, signer: "LocalAccount", will: StoragePolicy, till: Till,
        older: Sequence["Egress"] = (),
    ) -> None:  # fmt: skip
        self._desk = desk
        self._signer = signer
        self._will = will
        self._till = till
        self._older = older
        self._leaves = LeafPace()
        self._looking = trio.Lock()
        self._seen: tuple[float, int] | None = None

    def check_free(self) -> None:
        """`Refused` unless bytes are given out for nothing."""
        if self._will.egress:
            raise Refused(
                f"Reading here costs {format_amount(self._will.egress)} for a MiB; ask for the price and pay"
                " window by window."
            )

    async def pace(self, root: bytes, got: int) -> None:
        """Return when a leaf of these bytes may go for nothing to who `got` so many."""
        if self._will.egress:
            await self._leaves.wait(root, got)

    async def price(self, request: PriceRequest) -> PriceReply:
        """The price of a deal's bytes, signed; `Refused` for a deal that isn't known here."""
        return await trio.to_thread.run_sync(self._priced, request, await self._newest())

    async def _newest(self) -> int:
        """The newest block, or the one of a moment ago."""
        async with self._looking:
            now = trio.current_time()
            if self._seen is None or now - self._seen[0] > FRESH:
                self._seen = (now, await trio.to_thread.run_sync(self._desk.market.block_number))
            return self._seen[1]

    def _priced(self, request: PriceRequest, block: int) -> PriceReply:
        egress, known = self._known(request.deal)
        return egress._reply(request, known.deal.terms.payee, block)

    def _reply(self, request: PriceRequest, payee: str, block: int) -> PriceReply:
        market, will = self._desk.market, self._will
        expiry = block + patience(market.parameters)
        quote = ReadQuote(self._desk.operator, request.deal, payee, will.egress, will.window, expiry)
        signature = sign_digest(self._signer, market.digest(quote.hash()))
        held = self._till.best(request.payer, payee, request.deal)
        return PriceReply(payee, quote.egress, quote.window, expiry, signature, held)

    def root(self, request: PaidRead) -> bytes:
        """Where the bytes of a paid range are; `Refused` for an unknown deal or too wide a window."""
        if request.length > self._will.window:
            raise Refused(f"A voucher pays for {self._will.window} bytes at most; ask for fewer at a time.")
        return self._known(request.deal)[1].deal.root

    def take(self, request: PaidRead) -> None:
        """The range is paid, its voucher on the disk; `Refused` says what it lacks. Reads the chain."""
        egress, known = self._known(request.deal)
        price = price_of(self._will.egress, request.length)
        egress._till.take(request.voucher, Window(known.deal.terms.payee, request.deal, price))

    def _known(self, deal: bytes) -> tuple["Egress", KnownDeal]:
        for egress in (self, *self._older):
            if known := egress._desk.journal.deal(deal):
                return egress, known
        raise Refused("I don't know this deal; ask the operator that it is with.")
