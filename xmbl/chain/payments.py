"""Payments, the ledger where the money of services rests. Amounts are wei of its asset."""

from collections.abc import Sequence
from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged
from xmbl.units import format_amount


@dataclass(frozen=True)
class Account:
    """`phase` and `rest` belong to splits: wei distributed so far modulo 10^6, and what the last one left."""

    balance: int
    phase: int
    rest: int


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


class Payments(Contract):
    """The contract `Payments`."""

    name = "Payments"

    def asset(self, block: Block = "latest") -> str:
        """The token that is held."""
        return str(self._read("asset", block=block))

    def balance_of(self, account: str, block: Block = "latest") -> int:
        """What an account owns."""
        return int(self._read("balance_of", account, block=block))

    def account(self, account: str, block: Block = "latest") -> Account:
        """An account with what it remembers as a split."""
        return Account(*self._read("account", account, block=block))

    def allowance(self, owner: str, spender: str, block: Block = "latest") -> int:
        """What `spender` may still move of the owner's."""
        return int(self._read("allowance", owner, spender, block=block))

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
