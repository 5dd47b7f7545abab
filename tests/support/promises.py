"""People with keys, and what they sign for one Payments."""

from dataclasses import dataclass
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from tests.support.boa_world import block
from xmbl.chain.payments import SignedVoucher, signed_voucher
from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Approval, Voucher, compact, digest, sign_digest

FAR = 2**64 - 1
"""A block that never comes."""


def keyed(role: str) -> LocalAccount:
    """The account that plays `role`, with its key."""
    account: LocalAccount = Account.from_key(keccak(text=role))
    return account


def subject(name: str) -> bytes:
    """What is paid for."""
    return keccak(text=name)


@dataclass(frozen=True)
class Pen:
    """Writes what `payments` can check."""

    payments: Any

    def separator(self) -> bytes:
        """The EIP-712 domain."""
        chain_id = self.payments.eip712Domain()[3]
        return typed_data.domain_separator(typed_data.PAYMENTS_DOMAIN, chain_id, self.payments.address)

    def digest(self, message: Voucher | Approval) -> bytes:
        """What is signed of a message."""
        return digest(self.separator(), message.hash())

    def voucher(
        self,
        payer: LocalAccount | str,
        payee: str,
        cumulative: int,
        about: str = "a content",
        *,
        expiry: int | None = None,
        signer: LocalAccount | None = None,
    ) -> SignedVoucher:
        """A voucher of the payer's, by its own key or another's; good for a hundred blocks unless said."""
        key = signer or payer
        assert not isinstance(key, str), "a contract signs nothing itself"
        who = payer if isinstance(payer, str) else payer.address
        voucher = Voucher(who, payee, cumulative, subject(about), block() + 100 if expiry is None else expiry)
        signature = compact(sign_digest(key, self.digest(voucher)))
        return signed_voucher(voucher, signature)

    def approval(
        self, owner: LocalAccount, spender: str, amount: int, *, nonce: int = 0, deadline: int | None = None
    ) -> tuple[str, str, int, int, bytes]:
        """The arguments of `approve_by_sig`."""
        approval = Approval(
            owner.address, spender, amount, nonce, block() + 100 if deadline is None else deadline
        )
        signature = sign_digest(owner, self.digest(approval))
        return owner.address, spender, amount, approval.deadline, signature
