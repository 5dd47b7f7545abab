"""`Payments` as pure functions: each takes a ledger and gives the one after a call, or refuses.

A refusal raises `Reverted` with the contract's own reason. Accounts are checksum addresses, amounts
wei of the asset.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from xmbl.errors import Reverted

NOBODY = "0x" + "00" * 20
ANY = 2**256 - 1
"""An allowance that never shrinks."""

MOST = 2**112 - 1
"""The most wei that a ledger holds."""

WHOLE = 10**6
"""What the weights of a split make together."""


@dataclass(frozen=True, slots=True)
class Account:
    """One account; `phase` and `rest` are a split's memory of its distributions."""

    balance: int = 0
    phase: int = 0
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """An account owned by fixed shares: strictly ascending recipients, weights that make `WHOLE`."""

    recipients: tuple[str, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All accounts and allowances; `holding` is what the contract has of the asset, gifts included."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    allowances: Mapping[tuple[str, str], int] = field(default_factory=dict)
    burnt: int = 0
    holding: int = 0

    def account(self, holder: str) -> Account:
        """The account of `holder`; whoever never had one has an empty one."""
        return self.accounts.get(holder, Account())

    def allowance(self, owner: str, spender: str) -> int:
        """What `spender` may still move of the owner's, in wei."""
        return self.allowances.get((owner, spender), 0)


def split_account(split: Split) -> str:
    """The account of a split, as a checksum address; it exists only inside Payments."""
    from eth_abi.abi import encode
    from eth_utils.address import to_checksum_address
    from eth_utils.crypto import keccak

    shares = (keccak(text="XMBL split"), split.recipients, split.weights)
    return to_checksum_address(keccak(encode(["bytes32", "address[]", "uint256[]"], shares))[12:])


def deposit(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` arrives from outside and is the holder's."""
    _require(ledger.holding + amount <= MOST, "full")
    return replace(_credit(ledger, holder, amount), holding=ledger.holding + amount)


def donate(ledger: Ledger, amount: int) -> Ledger:
    """Somebody sends the asset unasked: it is nobody's."""
    return replace(ledger, holding=ledger.holding + amount)


def withdraw(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` of the holder's leaves."""
    return replace(_debit(ledger, holder, amount), holding=ledger.holding - amount)


def transfer(ledger: Ledger, sender: str, to: str, amount: int) -> Ledger:
    """`amount` moves from `sender` to `to`."""
    _require(to != NOBODY, "zero address")
    return _credit(_debit(ledger, sender, amount), to, amount)


def approve(ledger: Ledger, owner: str, spender: str, amount: int) -> Ledger:
    """`spender` may move `amount` of the owner's, whatever it might before."""
    _require(spender != NOBODY, "zero address")
    return replace(ledger, allowances={**ledger.allowances, (owner, spender): amount})


def transfer_from(ledger: Ledger, spender: str, owner: str, to: str, amount: int) -> Ledger:
    """`spender` moves `amount` of the owner's out of its allowance."""
    allowed = ledger.allowance(owner, spender)
    _require(amount <= allowed, "allowance")
    left = allowed if allowed == ANY else allowed - amount
    moved = transfer(ledger, owner, to, amount)
    return replace(moved, allowances={**ledger.allowances, (owner, spender): left})


def pay(ledger: Ledger, payer: str, payees: Sequence[tuple[str, int]]) -> Ledger:
    """One debit of the payer, one credit for each (account, amount) that isn't nothing."""
    ledger = _debit(ledger, payer, sum(amount for _, amount in payees))
    for account, amount in payees:
        if amount:
            _require(account != NOBODY, "zero address")
            ledger = _credit(ledger, account, amount)
    return ledger


def burn(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` of the holder's becomes nobody's; the asset stays in the contract."""
    return replace(_debit(ledger, holder, amount), burnt=ledger.burnt + amount)


def distribute(ledger: Ledger, split: Split) -> Ledger:
    """What the split received since the last time goes to its recipients."""
    name = split_account(split)
    before = ledger.account(name)
    _require(before.balance > before.rest, "nothing")
    _require_shares(split)
    total = before.phase + before.balance - before.rest
    rest = before.balance
    for recipient, weight in zip(split.recipients, split.weights, strict=True):
        part = total * weight // WHOLE - before.phase * weight // WHOLE
        rest -= part
        ledger = _credit(ledger, recipient, part)
    return _write(ledger, name, Account(balance=rest, phase=total % WHOLE, rest=rest))


def _require_shares(split: Split) -> None:
    _require(len(split.recipients) == len(split.weights), "weights")
    last = 0
    for recipient, weight in zip(split.recipients, split.weights, strict=True):
        _require(int(recipient, 16) > last, "recipients")
        last = int(recipient, 16)
        _require(0 < weight <= WHOLE, "weights")
    _require(sum(split.weights) == WHOLE, "weights")


def _debit(ledger: Ledger, holder: str, amount: int) -> Ledger:
    account = ledger.account(holder)
    _require(amount <= account.balance, "balance")
    return _write(ledger, holder, replace(account, balance=account.balance - amount))


def _credit(ledger: Ledger, holder: str, amount: int) -> Ledger:
    account = ledger.account(holder)
    return _write(ledger, holder, replace(account, balance=account.balance + amount))


def _write(ledger: Ledger, holder: str, account: Account) -> Ledger:
    return replace(ledger, accounts={**ledger.accounts, holder: account})


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Reverted(f"Payments refuses this call: {reason}.", f"payments: {reason}")
