"""What an operator takes for bytes that it gives out: a signed price, and a voucher for each window of them.

The price is the node's for as long as it runs, so a stream that has begun keeps it. Leaves stay free: whether
bytes are held must be seen for nothing, and to fetch all of them so is dearer than to pay.
"""

from typing import TYPE_CHECKING

import trio

from xmbl.crypto.envelope import CHUNK_SEALED
from xmbl.crypto.typed_data import ReadQuote, sign_digest
from xmbl.errors import Refused
from xmbl.payments.policy import Window
from xmbl.payments.till import Till
from xmbl.storage.desk import Desk
from xmbl.storage.journal import KnownDeal
from xmbl.storage.policy import StoragePolicy, patience
from xmbl.storage.wire import PaidRead, PriceReply, PriceRequest
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


LEAST_WINDOW = 2 * CHUNK_SEALED
"""Bytes: a reader asks for halves of a window, and can check whole chunks only."""


def price_of(egress: int, length: int) -> int:
    """Wei for so many bytes at `egress` wei for a MiB, rounded up."""
    return -(-egress * length // 2**20)


class Egress:
    """The reading of what lies at `desk`, paid into `till`; `signer` is its agent's account."""

    def __init__(self, desk: Desk, signer: "LocalAccount", will: StoragePolicy, till: Till) -> None:
        self._desk = desk
        self._signer = signer
        self._will = will
        self._till = till

    def check_free(self) -> None:
        """`Refused` unless bytes are given out for nothing."""
        if self._will.egress:
            raise Refused(
                f"Reading here costs {format_amount(self._will.egress)} for a MiB; ask for the price and pay"
                " window by window."
            )

    async def price(self, request: PriceRequest) -> PriceReply:
        """The price of a deal's bytes, signed; `Refused` for a deal that isn't known here."""
        payee = self._known(request.deal).deal.terms.payee
        market = self._desk.market
        expiry = await trio.to_thread.run_sync(market.block_number) + patience(market.parameters)
        will = self._will
        quote = ReadQuote(self._desk.operator, request.deal, payee, will.egress, will.window, expiry)
        signature = sign_digest(self._signer, market.digest(quote.hash()))
        held = self._till.best(request.payer, payee, request.deal)
        return PriceReply(payee, quote.egress, quote.window, expiry, signature, held)

    def root(self, request: PaidRead) -> bytes:
        """Where the bytes of a paid range are; `Refused` for an unknown deal or too wide a window."""
        if request.length > self._will.window:
            raise Refused(f"A voucher pays for {self._will.window} bytes at most; ask for fewer at a time.")
        return self._known(request.deal).deal.root

    def take(self, request: PaidRead) -> None:
        """The range is paid, its voucher on the disk; `Refused` says what it lacks. Reads the chain."""
        payee = self._known(request.deal).deal.terms.payee
        price = price_of(self._will.egress, request.length)
        self._till.take(request.voucher, Window(payee, request.deal, price))

    def _known(self, deal: bytes) -> KnownDeal:
        for journal in (self._desk.journal, *self._desk.beside):
            if known := journal.deal(deal):
                return known
        raise Refused("I don't know this deal; ask the operator that it is with.")
