"""Payments, the ledger where the money of services rests. Amounts are wei of its asset.

A signature of a voucher is compact, 64 bytes as `typed_data.compact` makes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged
from xmbl.crypto.typed_data import Approval, Voucher
from xmbl.units import format_amount

SignedVoucher = tuple[str, int, bytes, int, bytes, bytes]
"""Payer, cumulative amount, subject, expiry, r and vs."""

MOST_VOUCHERS = 32
"""How many vouchers `redeem_many` takes at once."""


@dataclass(frozen=True)
class Account:
    """`reserved` of the balance is in lanes. `phase` and `rest` belong to splits: wei distributed so far
    modulo 10^6, and what the last one left."""

    balance: int
    reserved: int
    phase: int
    rest: int

    @property
    def free(self) -> int:
        """What the owner may spend."""
        return self.balance - self.reserved


@dataclass(frozen=True)
class Lane:
    """`amount` waits for one payee; the payer may release it from block `until` on."""

    amount: int
    until: int


@dataclass(frozen=True, kw_only=True)
class Deposited(Logged):
    """Money came in."""

    account: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Withdrawn(Logged):
    """Money left for its owner."""

    account: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Transferred(Logged):
    """Money moved between accounts."""

    sender: str
    receiver: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Approved(Logged):
    """An allowance was set."""

    owner: str
    spender: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Burnt(Logged):
    """Money was given up for ever."""

    account: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Distributed(Logged):
    """A split paid its recipients."""

    split: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class Redeemed(Logged):
    """A voucher brought something."""

    payer: str
    payee: str
    subject: bytes
    amount: int


@dataclass(frozen=True, kw_only=True)
class Reserved(Logged):
    """A lane grew: what it holds in all, and until when its payer lets it be."""

    payer: str
    payee: str
    amount: int
    until: int


@dataclass(frozen=True, kw_only=True)
class Released(Logged):
    """A lane ended with so much left."""

    payer: str
    payee: str
    amount: int


@dataclass(frozen=True, kw_only=True)
class SignerSet(Logged):
    """What a signer signs counts before block `until`."""

    payer: str
    signer: str
    until: int


class Payments(Contract):
    """The contract `Payments`."""

    name = "Payments"

    def asset(self, block: Block = "latest") -> str:
        """The token that is held."""
        return str(self._read("asset", block=block))

    def delay(self, block: Block = "latest") -> int:
        """Blocks that a revoked signer lives on."""
        return int(self._read("delay", block=block))

    def balance_of(self, account: str, block: Block = "latest") -> int:
        """What an account owns."""
        return int(self._read("balance_of", account, block=block))

    def account(self, account: str, block: Block = "latest") -> Account:
        """An account with what lanes hold of it, and what it remembers as a split."""
        return Account(*self._read("account", account, block=block))

    def allowance(self, owner: str, spender: str, block: Block = "latest") -> int:
        """What `spender` may still move of the owner's."""
        return int(self._read("allowance", owner, spender, block=block))

    def redeemed(self, payer: str, payee: str, subject: bytes, block: Block = "latest") -> int:
        """What vouchers of one subject have brought."""
        return int(self._read("redeemed", payer, payee, subject, block=block))

    def lane(self, payer: str, payee: str, block: Block = "latest") -> Lane:
        """What a payer has set aside for a payee, for all subjects together."""
        return Lane(*self._read("lane", payer, payee, block=block))

    def signer_until(self, payer: str, signer: str, block: Block = "latest") -> int:
        """The first block in which a signer of the payer's is dead; 0 if it never lived."""
        return int(self._read("signer_until", payer, signer, block=block))

    def nonces(self, owner: str, block: Block = "latest") -> int:
        """The nonce of the owner's next approval by signature."""
        return int(self._read("nonces", owner, block=block))

    def burnt(self, block: Block = "latest") -> int:
        """All that was ever burnt here."""
        return int(self._read("burnt", block=block))

    def split_account(
        self, recipients: Sequence[str], weights: Sequence[int], block: Block = "latest"
    ) -> str:
        """The account of a split; it needs no creation, and exists only in this ledger."""
        return str(self._read("split_account", recipients, weights, block=block))

    def deposit(self, amount: int) -> Call:
        """Bring money in; the token must allow it first."""
        return self._call(
            "deposit", amount,
            action="pay_deposit", sentence=f"Deposit {format_amount(amount)} into Payments.",
        )  # fmt: skip

    def deposit_with_permit(self, amount: int, deadline: int, signature: bytes) -> Call:
        """Bring money in by a permit of the token, whose deadline is in seconds; r, s, v in 65 bytes."""
        r, s, v = signature[:32], signature[32:64], signature[64]
        return self._call(
            "deposit_with_permit", amount, deadline, v, r, s,
            action="pay_deposit", sentence=f"Deposit {format_amount(amount)} into Payments.",
        )  # fmt: skip

    def withdraw(self, amount: int) -> Call:
        """Take money out, to the caller."""
        return self._call(
            "withdraw", amount,
            action="pay_withdraw", sentence=f"Withdraw {format_amount(amount)} from Payments.",
        )  # fmt: skip

    def transfer(self, to: str, amount: int) -> Call:
        """Move the caller's money to another account."""
        return self._call(
            "transfer", to, amount,
            action="pay_transfer", sentence=f"Pay {format_amount(amount)} to the account {to}.",
        )  # fmt: skip

    def approve(self, spender: str, amount: int) -> Call:
        """Set what `spender`, usually a market, may move of the caller's."""
        return self._call(
            "approve", spender, amount,
            action="pay_approve", sentence=f"Let {spender} spend up to {format_amount(amount)} in Payments.",
        )  # fmt: skip

    def approve_by_sig(self, approval: Approval, signature: bytes) -> Call:
        """Show what an owner signed; anyone may."""
        owner, spender = approval.owner, approval.spender
        return self._call(
            "approve_by_sig", owner, spender, approval.amount, approval.deadline, signature,
            action="pay_approve",
            sentence=f"Let {spender} spend up to {format_amount(approval.amount)} of {owner} in Payments.",
        )  # fmt: skip

    def transfer_from(self, owner: str, to: str, amount: int) -> Call:
        """Move the owner's money out of the caller's allowance."""
        return self._call(
            "transfer_from", owner, to, amount,
            action="pay_transfer_from", sentence=f"Move {format_amount(amount)} of {owner} to {to}.",
        )  # fmt: skip

    def burn(self, amount: int) -> Call:
        """Give the caller's money up for ever."""
        return self._call(
            "burn", amount, action="pay_burn", sentence=f"Give up {format_amount(amount)} for ever."
        )

    def distribute(self, recipients: Sequence[str], weights: Sequence[int]) -> Call:
        """Pay what a split received to its recipients; anyone may."""
        return self._call(
            "distribute", recipients, weights,
            action="split_distribute", sentence=f"Distribute a split among {len(recipients)} recipients.",
        )  # fmt: skip

    def reserve(self, payee: str, amount: int, until: int) -> Call:
        """Set more of the caller's aside for one payee, until a block; 0 to raise the block alone."""
        return self._call(
            "reserve", payee, amount, until,
            action="reserve",
            sentence=f"Reserve {format_amount(amount)} more for {payee}, until block {until}.",
        )  # fmt: skip

    def release(self, payer: str, payee: str) -> Call:
        """End a lane: by the payer once it is over, by the payee always."""
        return self._call(
            "release", payer, payee,
            action="release", sentence=f"Free what {payer} has reserved for {payee}.",
        )  # fmt: skip

    def authorize_signer(self, signer: str, until: int) -> Call:
        """Let a key sign vouchers for the caller before a block; that block only rises."""
        return self._call(
            "authorize_signer", signer, until,
            action="authorize_signer",
            sentence=f"Let {signer} sign vouchers for you until block {until}.",
        )  # fmt: skip

    def revoke_signer(self, signer: str) -> Call:
        """End what a key may sign for the caller, after the delay."""
        return self._call(
            "revoke_signer", signer,
            action="revoke_signer", sentence=f"Let {signer} sign no more vouchers for you.",
        )  # fmt: skip

    def redeem(self, voucher: Voucher, signature: bytes) -> Call:
        """Fetch what a voucher brings its payee; anyone may."""
        return self._call(
            "redeem", voucher.payee, signed_voucher(voucher, signature),
            action="redeem", sentence=f"Redeem a voucher of {voucher.payer} for {voucher.payee}.",
        )  # fmt: skip

    def redeem_many(self, payee: str, vouchers: Sequence[tuple[Voucher, bytes]]) -> Call:
        """Fetch what up to `MOST_VOUCHERS` vouchers bring the payee that all of them name; anyone may."""
        return self._call(
            "redeem_many", payee, [signed_voucher(voucher, signature) for voucher, signature in vouchers],
            action="redeem_many", sentence=f"Redeem {len(vouchers)} vouchers for {payee}.",
        )  # fmt: skip


def signed_voucher(voucher: Voucher, signature: bytes) -> SignedVoucher:
    """The contract's struct of this name: a voucher without its payee, and the compact signature."""
    return (
        voucher.payer, voucher.cumulative, voucher.subject, voucher.expiry, signature[:32], signature[32:],
    )  # fmt: skip
