"""`Payments` as pure functions: each takes a ledger and gives the one after a call, or refuses.

A refusal raises `Reverted` with the contract's own reason. Accounts are checksum addresses, amounts
wei of the asset, times block numbers. What vouchers do is in `voucher_rules`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from xmbl.crypto.typed_data import Approval
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
    """One account; `reserved` is in lanes, `phase` and `rest` are a split's memory of its distributions."""

    balance: int = 0
    reserved: int = 0
    phase: int = 0
    rest: int = 0

    @property
    def free(self) -> int:
        """What its owner may spend."""
        return self.balance - self.reserved


@dataclass(frozen=True, slots=True)
class Lane:
    """What waits for one payee; the payer may release it from block `until` on."""

    amount: int = 0
    until: int = 0


@dataclass(frozen=True, slots=True)
class Split:
    """An account owned by fixed shares: strictly ascending recipients, weights that make `WHOLE`."""

    recipients: tuple[str, ...]
    weights: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All accounts and allowances; `holding` is what the contract has of the asset, gifts included.

    Lanes are by payer and payee, `signers` (the block in which they die) by payer and signer, `redeemed`
    by payer, payee and subject. `delay` is how long a revoked signer lives on.
    """

    accounts: Mapping[str, Account] = field(default_factory=dict)
    allowances: Mapping[tuple[str, str], int] = field(default_factory=dict)
    nonces: Mapping[str, int] = field(default_factory=dict)
    lanes: Mapping[tuple[str, str], Lane] = field(default_factory=dict)
    signers: Mapping[tuple[str, str], int] = field(default_factory=dict)
    redeemed: Mapping[tuple[str, str, bytes], int] = field(default_factory=dict)
    burnt: int = 0
    holding: int = 0
    delay: int = 0

    def account(self, holder: str) -> Account:
        """The account of `holder`; whoever never had one has an empty one."""
        return self.accounts.get(holder, Account())

    def allowance(self, owner: str, spender: str) -> int:
        """What `spender` may still move of the owner's, in wei."""
        return self.allowances.get((owner, spender), 0)

    def lane(self, payer: str, payee: str) -> Lane:
        """What the payer has set aside for the payee."""
        return self.lanes.get((payer, payee), Lane())

    def signer_until(self, payer: str, signer: str) -> int:
        """The first block in which `signer` may not sign for the payer; 0 if it never might."""
        return self.signers.get((payer, signer), 0)


def split_account(split: Split) -> str:
    """The account of a split, as a checksum address; it exists only inside Payments."""
    from eth_abi.abi import encode
    from eth_utils.address import to_checksum_address
    from eth_utils.crypto import keccak

    shares = (keccak(text="XMBL split"), split.recipients, split.weights)
    return to_checksum_address(keccak(encode(["bytes32", "address[]", "uint256[]"], shares))[12:])


def deposit(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` arrives from outside and is the holder's."""
    require(ledger.holding + amount <= MOST, "full")
    return replace(credit(ledger, holder, amount), holding=ledger.holding + amount)


def donate(ledger: Ledger, amount: int) -> Ledger:
    """Somebody sends the asset unasked: it is nobody's."""
    return replace(ledger, holding=ledger.holding + amount)


def withdraw(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` of the holder's leaves."""
    return replace(_debit(ledger, holder, amount), holding=ledger.holding - amount)


def transfer(ledger: Ledger, sender: str, to: str, amount: int) -> Ledger:
    """`amount` moves from `sender` to `to`."""
    require(to != NOBODY, "zero address")
    return credit(_debit(ledger, sender, amount), to, amount)


def approve(ledger: Ledger, owner: str, spender: str, amount: int) -> Ledger:
    """`spender` may move `amount` of the owner's, whatever it might before."""
    require(spender != NOBODY, "zero address")
    return replace(ledger, allowances={**ledger.allowances, (owner, spender): amount})


def approve_by_sig(ledger: Ledger, approval: Approval, signed: bool, block: int) -> Ledger:
    """The owner's signature, if it is one of this for its present nonce, does what `approve` does."""
    require(block <= approval.deadline, "deadline")
    owner, nonce = approval.owner, ledger.nonces.get(approval.owner, 0)
    require(signed and approval.nonce == nonce, "signature")
    ledger = replace(ledger, nonces={**ledger.nonces, owner: nonce + 1})
    return approve(ledger, owner, approval.spender, approval.amount)


def transfer_from(ledger: Ledger, spender: str, owner: str, to: str, amount: int) -> Ledger:
    """`spender` moves `amount` of the owner's out of its allowance."""
    allowed = ledger.allowance(owner, spender)
    require(amount <= allowed, "allowance")
    left = allowed if allowed == ANY else allowed - amount
    moved = transfer(ledger, owner, to, amount)
    return replace(moved, allowances={**ledger.allowances, (owner, spender): left})


def pay(ledger: Ledger, payer: str, payees: Sequence[tuple[str, int]]) -> Ledger:
    """One debit of the payer, one credit for each (account, amount) that isn't nothing."""
    ledger = _debit(ledger, payer, sum(amount for _, amount in payees))
    for account, amount in payees:
        if amount:
            require(account != NOBODY, "zero address")
            ledger = credit(ledger, account, amount)
    return ledger


def burn(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` of the holder's becomes nobody's; the asset stays in the contract."""
    return replace(_debit(ledger, holder, amount), burnt=ledger.burnt + amount)


def distribute(ledger: Ledger, split: Split) -> Ledger:
    """What the split received since the last time goes to its recipients."""
    name = split_account(split)
    before = ledger.account(name)
    require(before.balance > before.rest, "nothing")
    _require_shares(split)
    total = before.phase + before.balance - before.rest
    rest = before.balance
    for recipient, weight in zip(split.recipients, split.weights, strict=True):
        part = total * weight // WHOLE - before.phase * weight // WHOLE
        rest -= part
        ledger = credit(ledger, recipient, part)
    return with_account(ledger, name, Account(balance=rest, phase=total % WHOLE, rest=rest))


def credit(ledger: Ledger, holder: str, amount: int) -> Ledger:
    """`amount` more is the holder's."""
    account = ledger.account(holder)
    return with_account(ledger, holder, replace(account, balance=account.balance + amount))


def with_account(ledger: Ledger, holder: str, account: Account) -> Ledger:
    """The ledger with another account of `holder`."""
    return replace(ledger, accounts={**ledger.accounts, holder: account})


def require(condition: bool, reason: str) -> None:
    """`Reverted` with the contract's reason unless the condition holds."""
    if not condition:
        raise Reverted(f"Payments refuses this call: {reason}.", f"payments: {reason}")


def _require_shares(split: Split) -> None:
    require(len(split.recipients) == len(split.weights), "weights")
    last = 0
    for recipient, weight in zip(split.recipients, split.weights, strict=True):
        require(int(recipient, 16) > last, "recipients")
        last = int(recipient, 16)
        require(0 < weight <= WHOLE, "weights")
    require(sum(split.weights) == WHOLE, "weights")


def _debit(ledger: Ledger, holder: str, amount: int) -> Ledger:
    account = ledger.account(holder)
    require(amount <= account.free, "balance")
    return with_account(ledger, holder, replace(account, balance=account.balance - amount))
