"""One operator that sells what it holds, its client, who reads, and what both books say."""

from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount

from tests.support.agent_world import Provider
from tests.support.paid_reads import SELLING, domain_of, purse_of, reading, sealed_bytes
from tests.support.storage_peers import Meeting, Work, complaint
from xmbl.crypto.typed_data import Deal, Voucher
from xmbl.errors import Refused
from xmbl.payments.book import Book
from xmbl.payments.client import LASTS, Purse
from xmbl.payments.wire import SignedVoucher


class Story:
    """One operator that holds a deal whose bytes cost, and its client, who reads."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self.provider = provider
        self.folder = folder
        self.deal: Deal = provider.open(sealed_bytes(), provider.period + 20)
        self.books: list[Book] = []
        (provider.folder / "vouchers.sqlite").unlink(missing_ok=True)

    @property
    def reader(self) -> LocalAccount:
        """The deal's client."""
        return self.provider.client

    def purse(self, signer: LocalAccount | None = None, **more: Any) -> Purse:
        """The reader's, or a hot signer's, on the reader's book."""
        payer = self.reader.address
        purse, book = purse_of(self.provider.market, self.folder, payer, signer or self.reader, **more)
        self.books.append(book)
        return purse

    def held(self) -> int:
        """What the holder's best voucher says."""
        book = Book(self.provider.folder / "vouchers.sqlite")
        self.books.append(book)
        found = book.held(self.reader.address, self.deal.terms.payee, self.deal.id())
        return found.signed.voucher.cumulative if found else 0

    def promised(self) -> int:
        """What the reader's book says."""
        book = Book(self.folder / "reader.sqlite")
        self.books.append(book)
        return book.promised(self.deal.terms.payee, self.deal.id())

    def voucher(self, cumulative: int, signer: LocalAccount | None = None, **changed: Any) -> SignedVoucher:
        """One for the deal, but for what is changed."""
        terms = self.deal.terms
        expiry = self.provider.market.block_number() + LASTS
        usual = {
            "payer": self.reader.address,
            "payee": terms.payee,
            "subject": self.deal.id(),
            "expiry": expiry,
        }
        voucher = Voucher(cumulative=cumulative, **usual | changed)
        return domain_of(self.provider.market).sign(signer or self.reader, voucher)

    def send(self, *calls: Any) -> None:
        """The reader's calls, on chain."""
        self.provider.world.send(self.reader, *calls)


async def whole(met: Meeting, story: Story, purse: Purse | None) -> bytes:
    """All that the reader gets."""
    async with reading(met, story.deal, purse) as chunks:
        return b"".join([plain async for plain in chunks])


def failing(story: Story, work: Work, kind: type[Exception] = Refused, **more: Any) -> str:
    """What the reader is told."""
    return complaint(story.provider, work, kind, will=SELLING, **more)
