"""What the payments room needs of the chain, and the contract behind it. Every method may block."""

from collections.abc import Sequence
from typing import Protocol

from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.payments import Payments
from xmbl.crypto.typed_data import Voucher
from xmbl.payments.policy import Lane
from xmbl.payments.wire import SignedVoucher


class Ledger(Protocol):
    """The ledger at a block; amounts in wei of its asset."""

    def block_number(self) -> int:
        """The newest block."""

    def gas_price(self) -> int:
        """What a unit of gas costs now, in wei of ether."""

    def free(self, account: str, block: int) -> int:
        """What an account may spend or take away."""

    def lane(self, payer: str, payee: str, block: int) -> Lane:
        """What it reserved for a payee."""

    def signer_until(self, payer: str, signer: str, block: int) -> int:
        """The first block in which a signer may no longer sign for a payer; 0 if it never could."""

    def redeemed(self, voucher: Voucher, block: int) -> int:
        """What was ever paid for the voucher's payer, payee and subject."""

    def redeem(self, payee: str, vouchers: Sequence[SignedVoucher]) -> Call:
        """Collect what the vouchers bring their payee."""


class ChainLedger:
    """The contract `Payments` of one deployment."""

    def __init__(self, chain: Chain, payments: Payments) -> None:
        self._chain = chain
        self._payments = payments

    def block_number(self) -> int:
        """The newest block."""
        return self._chain.block_number()

    def gas_price(self) -> int:
        """The base fee and the usual tip, in wei per gas."""
        return self._chain.header().base_fee + self._chain.tip()

    def free(self, account: str, block: int) -> int:
        """The balance without what is reserved, in wei."""
        return self._payments.account(account, block).free

    def lane(self, payer: str, payee: str, block: int) -> Lane:
        """What is reserved for the payee."""
        found = self._payments.lane(payer, payee, block)
        return Lane(found.amount, found.until)

    def signer_until(self, payer: str, signer: str, block: int) -> int:
        """When a hot signer's authority ends."""
        return self._payments.signer_until(payer, signer, block)

    def redeemed(self, voucher: Voucher, block: int) -> int:
        """What was paid for the voucher's subject so far, in wei."""
        return self._payments.redeemed(voucher.payer, voucher.payee, voucher.subject, block)

    def redeem(self, payee: str, vouchers: Sequence[SignedVoucher]) -> Call:
        """All of them in one transaction."""
        return self._payments.redeem_many(payee, [(each.voucher, each.signature) for each in vouchers])
