"""Vouchers, lanes and hot signers of `Payments` as pure functions over `rules.Ledger`.

Who signed a voucher is told here, not computed: `Shown` names whom its signature recovers to.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from xmbl.crypto.typed_data import Voucher
from xmbl.payments.rules import NOBODY, Lane, Ledger, credit, require, with_account

LAST_BLOCK = 2**64 - 1
"""The last block until which a lane or a signer can last."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A voucher that somebody shows, and the account that its signature recovers to; `NOBODY` if none."""

    voucher: Voucher
    signer: str


def reserve(ledger: Ledger, payer: str, payee: str, amount: int, until: int) -> Ledger:
    """The payer sets `amount` more aside for the payee, or sets it aside for longer."""
    require(payee != NOBODY, "zero address")
    require(until <= LAST_BLOCK, "until")
    account, lane = ledger.account(payer), ledger.lane(payer, payee)
    require(amount <= account.free, "balance")
    ledger = with_account(ledger, payer, replace(account, reserved=account.reserved + amount))
    return _with_lane(ledger, payer, payee, Lane(lane.amount + amount, max(lane.until, until)))


def release(ledger: Ledger, caller: str, payer: str, payee: str, block: int) -> Ledger:
    """The lane ends, and what is left in it is the payer's to spend."""
    account, lane = ledger.account(payer), ledger.lane(payer, payee)
    require(caller in (payer, payee), "sender")
    require(caller == payee or block >= lane.until, "reserved")
    require(lane != Lane(), "nothing")
    ledger = with_account(ledger, payer, replace(account, reserved=account.reserved - lane.amount))
    return _with_lane(ledger, payer, payee, Lane())


def authorize_signer(ledger: Ledger, payer: str, signer: str, until: int) -> Ledger:
    """The signer may sign for the payer before block `until`, if that isn't sooner than it could already."""
    require(signer != NOBODY, "zero address")
    require(until <= LAST_BLOCK, "until")
    return _with_signer(ledger, payer, signer, max(ledger.signer_until(payer, signer), until))


def revoke_signer(ledger: Ledger, payer: str, signer: str, block: int) -> Ledger:
    """The signer dies after the delay, unless it dies sooner."""
    return _with_signer(ledger, payer, signer, min(ledger.signer_until(payer, signer), block + ledger.delay))


def redeem(ledger: Ledger, shown: Shown, block: int) -> Ledger:
    """What the voucher brings becomes the payee's."""
    require(shown.voucher.payee != NOBODY, "zero address")
    ledger, paid = _take(ledger, shown, block)
    require(paid > 0, "nothing")
    return credit(ledger, shown.voucher.payee, paid)


def redeem_many(ledger: Ledger, payee: str, vouchers: Sequence[Shown], block: int) -> Ledger:
    """What all vouchers of one payee bring becomes its own, once all payers have paid."""
    require(payee != NOBODY, "zero address")
    total = 0
    for shown in vouchers:
        ledger, paid = _take(ledger, shown, block)
        total += paid
    return credit(ledger, payee, total)


def _take(ledger: Ledger, shown: Shown, block: int) -> tuple[Ledger, int]:
    """The payer's side of a redemption, and what it brings."""
    voucher, signer = shown.voucher, shown.signer
    require(block <= voucher.expiry, "expired")
    require(signer != NOBODY, "signature")
    require(signer == voucher.payer or block < ledger.signer_until(voucher.payer, signer), "signer")
    key = voucher.payer, voucher.payee, voucher.subject
    before = ledger.redeemed.get(key, 0)
    ledger, paid = _draw(ledger, voucher, max(0, voucher.cumulative - before))
    return replace(ledger, redeemed={**ledger.redeemed, key: before + paid}), paid


def _draw(ledger: Ledger, voucher: Voucher, due: int) -> tuple[Ledger, int]:
    """As much of what is due as is there: from the payee's lane first, then from what is free."""
    account, lane = ledger.account(voucher.payer), ledger.lane(voucher.payer, voucher.payee)
    held = min(due, lane.amount)
    paid = held + min(due - held, account.free)
    after = replace(account, balance=account.balance - paid, reserved=account.reserved - held)
    ledger = with_account(ledger, voucher.payer, after)
    return _with_lane(ledger, voucher.payer, voucher.payee, replace(lane, amount=lane.amount - held)), paid


def _with_lane(ledger: Ledger, payer: str, payee: str, lane: Lane) -> Ledger:
    return replace(ledger, lanes={**ledger.lanes, (payer, payee): lane})


def _with_signer(ledger: Ledger, payer: str, signer: str, until: int) -> Ledger:
    return replace(ledger, signers={**ledger.signers, (payer, signer): until})
