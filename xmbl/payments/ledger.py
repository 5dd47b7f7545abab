"""What the payments room needs of the chain, and the contract behind it. Every method may block."""

from collections.abc import Sequence
from typing import Protocol

from xmbl.chain.call import Call
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
