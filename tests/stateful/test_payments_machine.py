"""Random play of all of `Payments` against its rules: besides what `VoucherPlay` asserts, splits to the wei
(P6), approvals and permits (P8), spenders, burning, gifts, and an asset that calls back.
"""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.support.boa_world import ANY, DELAY, NOBODY, block
from tests.support.payments_world import (
    EVERYBODY,
    HOT,
    KEYS,
    NEVER,
    PEOPLE,
    SAVER,
    SIGNERS,
    SPENDER,
)
from tests.support.voucher_play import (
    DRAWER,
    Signature,
    VoucherPlay,
    amounts,
    people,
    places,
    targets,
    wishes,
)
from xmbl.chain.payments import signed_voucher
from xmbl.crypto.typed_data import Approval, sign_digest
from xmbl.payments import rules
from xmbl.payments.rules import Split, split_account

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
WALLET = "the contract wallet"
ENTRANCES: dict[str, tuple[Any, ...]] = {
    "deposit": (7,), "withdraw": (0,), "deposit_with_permit": (7, NEVER, 27, bytes(32), bytes(32)),
}  # fmt: skip
"""Calls that call the asset."""


def ascending(recipients: Any) -> tuple[str, ...]:
    return tuple(sorted(recipients, key=lambda who: int(who, 16)))


def shares(chance: Random) -> Split:
    """Up to six of the pool, with odd weights."""
    cuts = [0, *sorted(chance.sample(range(1, rules.WHOLE), chance.randint(1, 5))), rules.WHOLE]
    weights = tuple(right - left for left, right in pairwise(cuts))
    return Split(ascending(chance.sample(EVERYBODY, len(weights))), weights)


def broken_shares(good: Split) -> list[Split]:
    """Shares that `distribute` has to refuse; money paid to them is stuck."""
    return [
        Split(good.recipients[::-1], good.weights),
        Split(good.recipients[:1] * len(good.weights), good.weights),
        Split(good.recipients[1:], good.weights),
        Split(good.recipients, (good.weights[0] + 1, *good.weights[1:])),
        Split(good.recipients, (good.weights[0] - 1, *good.weights[1:])),
        Split(good.recipients[:2], (0, rules.WHOLE)),
        Split(good.recipients[:2], (2**256 - 1, rules.WHOLE + 1)),
    ]


def to_a_split(outer: Split, inner: Split) -> Split:
    """Shares of which one is a split's."""
    return replace(outer, recipients=ascending({*outer.recipients[1:], split_account(inner)}))


def some_splits() -> list[Split]:
    chance = Random(7)
    good = [shares(chance) for _ in range(16)]
    nested = [to_a_split(shares(chance), chance.choice(good)) for _ in range(4)]
    return [*good, *nested, to_a_split(good[0], nested[0]), *broken_shares(good[0])]


SPLITS = some_splits()


class PaymentsMachine(VoucherPlay):
    def __init__(self) -> None:
        super().__init__()
        self.received: Counter[tuple[str, str]] = Counter()
        self.approvals: list[tuple[Approval, Signature]] = []
        self.accepted: set[bytes] = set()
        self.permits = 0
        self.seen.update(dict.fromkeys(map(split_account, SPLITS), 0))

    # money comes and goes

    @rule(who=people, amount=amounts, fee=st.integers(0, 9))
    def deposit(self, who: str, amount: int, fee: int) -> None:
        fee = min(fee, amount) if self.world.odd else 0
        self.set_fees(fee)
        call = self.payments.deposit
        self.play([], lambda: call(amount, sender=who), rules.deposit, who, amount - fee)
        self.deposited += amount - fee

    @rule(
        amount=amounts.map(lambda amount: amount + 1),
        how=st.sampled_from(["well", "shown before", "too late", "less"]),
    )
    def deposit_with_permit(self, amount: int, how: str) -> None:
        """By a permit that may have been shown before; a bad one brings nothing unless the asset is odd."""
        self.set_fees()
        permit = self.world.permit(amount - (how == "less"), self.permits)
        words, saver = (0 if how == "too late" else NEVER, *permit), SAVER.address
        if how == "shown before":
            self.world.asset.permit(saver, self.payments.address, amount, *words, sender=SPENDER)
        if how in ("too late", "less") and not self.world.odd:
            with boa.reverts("erc20: insufficient allowance"):
                self.payments.deposit_with_permit(amount, *words, sender=saver)
            return
        call = self.payments.deposit_with_permit
        self.play([], lambda: call(amount, *words, sender=saver), rules.deposit, saver, amount)
        self.deposited += amount
        self.permits += 1

    @rule(who=people, amount=amounts)
    def donate(self, who: str, amount: int) -> None:
        self.set_fees()
        give = self.world.asset.transfer
        self.play([], lambda: give(self.payments.address, amount, sender=who), rules.donate, amount)
        self.donated += amount

    @precondition(lambda self: self.world.odd)
    @rule(who=people, into=st.sampled_from(sorted(ENTRANCES)), inside=places)
    def reenter(self, who: str, into: str, inside: int) -> None:
        """The asset calls Payments in the middle: nothing happens at all."""
        self.set_fees()
        inner = self.inner_calls(who)
        self.world.asset.set_hook(self.payments.address, inner[inside % len(inner)])
        with boa.reverts():
            getattr(self.payments, into)(*ENTRANCES[into], sender=who)
        self.world.asset.set_hook(NOBODY, b"")
        self.world.require_same(self.ledger)

    def inner_calls(self, who: str) -> list[bytes]:
        """What an asset may try; a voucher that is good now among it."""
        payments = self.payments
        redemptions = [
            payments.redeem.prepare_calldata(voucher.payee, signed_voucher(voucher, signature))
            for voucher, signature in self.drawer[-2:]
        ]
        return [
            *redemptions,
            payments.deposit.prepare_calldata(5),
            payments.withdraw.prepare_calldata(0),
            payments.transfer.prepare_calldata(who, 0),
            payments.reserve.prepare_calldata(who, 0, 1),
            payments.redeem_many.prepare_calldata(who, []),
        ]

    @rule(owner=people, spender=targets, amount=st.one_of(amounts, st.just(ANY)))
    def approve(self, owner: str, spender: str, amount: int) -> None:
        call = self.payments.approve
        self.play([], lambda: call(spender, amount, sender=owner), rules.approve, owner, spender, amount)

    @rule(
        spender=st.sampled_from([SPENDER, SPENDER, *PEOPLE]),
        owner=st.sampled_from([*PEOPLE, WALLET]),
        to=targets,
        wish=wishes,
    )
    def transfer_from(self, spender: str, owner: str, to: str, wish: Any) -> None:
        owner = self.wallet if owner == WALLET else owner
        arguments = owner, to, self.amount(owner, wish)
        call = self.payments.transfer_from
        self.play([owner], lambda: call(*arguments, sender=spender), rules.transfer_from, spender, *arguments)

    @rule(who=people, to=st.tuples(targets, targets, targets), wants=st.tuples(wishes, wishes, wishes))
    def pay(self, who: str, to: tuple[str, ...], wants: tuple[Any, ...]) -> None:
        payees = [(account, self.amount(who, wish) // 3) for account, wish in zip(to, wants, strict=True)]
        flat = [value for payee in payees for value in payee]
        self.play([who], lambda: self.payments.pay(*flat, sender=who), rules.pay, who, payees)

    @rule(who=people, wish=wishes)
    def burn(self, who: str, wish: Any) -> None:
        amount = self.amount(who, wish)
        self.play([who], lambda: self.payments.burn(amount, sender=who), rules.burn, who, amount)

    # approvals by signature

    @rule(
        owner=st.sampled_from([*PEOPLE, WALLET]),
        spender=targets,
        amount=amounts,
        ahead=st.sampled_from([0, 0, 0, 1]),
        how=st.sampled_from(["well", "well", "well", "high s", "another", "cut"]),
    )
    def sign_approval(self, owner: str, spender: str, amount: int, ahead: int, how: str) -> None:
        """Signs it and shows it: for this nonce or one ahead, well or badly; a contract says yes to it."""
        owner, key = (self.wallet, HOT[0]) if owner == WALLET else (owner, KEYS[owner])
        nonce = self.ledger.nonces.get(owner, 0) + ahead
        approval = Approval(owner, spender, amount, nonce, block() + (amount % 2) * DELAY)
        digest = self.world.pen.digest(approval)
        if owner == self.wallet and how == "well":
            self.world.wallet.sign(digest, True)
            self.accepted.add(digest)
        signature = spoilt(sign_digest(key, digest), how, digest)
        self.approvals = [*self.approvals[1 - DRAWER :], (approval, signature)]
        self.show_approval(approval, signature)

    @rule(place=places, change=st.sampled_from([None, None, "amount", "spender", "deadline"]))
    def show_again(self, place: int, change: str | None) -> None:
        """What was shown before, for a nonce that has passed or has come by now, as it is or changed."""
        new = {"amount": ANY, "spender": SIGNERS[0], "deadline": NEVER}
        for approval, signature in self.approvals[place : place + 1]:
            changed = replace(approval, **{change: new[change]}) if change else approval
            self.show_approval(changed, signature)

    def show_approval(self, approval: Approval, signature: Signature) -> None:
        """P8: it counts once, if it is the owner's for the present nonce, and the nonce rises by one."""
        owner, call = approval.owner, self.payments.approve_by_sig
        arguments = owner, approval.spender, approval.amount, approval.deadline, signature
        before, signed = self.ledger.nonces.get(owner, 0), self.is_signed(approval, signature)
        self.play([], lambda: call(*arguments), rules.approve_by_sig, approval, signed, block())
        after = self.ledger.nonces.get(owner, 0)
        assert after == before or (after, approval.nonce, signed) == (before + 1, before, True)

    def is_signed(self, approval: Approval, signature: Signature) -> bool:
        """Whether the owner signed exactly this."""
        digest = self.world.pen.digest(approval)
        if approval.owner == self.wallet:
            return digest in self.accepted
        return signature == sign_digest(KEYS[approval.owner], digest)

    # splits

    @rule(who=people, split=st.sampled_from(SPLITS), income=st.one_of(st.integers(1, 9), amounts))
    def distribute(self, who: str, split: Split, income: int) -> None:
        name, call = split_account(split), self.payments.distribute
        self.transfer(who, name, income)
        before, ledger, shared = self.seen.copy(), self.ledger, (split.recipients, split.weights)
        self.play([name], lambda: call(*shared, sender=who), rules.distribute, split)
        if self.ledger is not ledger:
            gained = {(name, to): self.seen[to] - before[to] for to in split.recipients}
            self.received.update(gained)
            self.shared_to_the_wei(name, split)

    def shared_to_the_wei(self, name: str, split: Split) -> None:
        """P6: after a distribution each recipient has income * weight // 10^6 of all income."""
        income, parts = self.income[name], [self.received[name, to] for to in split.recipients]
        assert parts == [income * weight // rules.WHOLE for weight in split.weights]
        rest = income - sum(parts)
        assert rest < len(parts)
        assert self.payments.account(name) == (rest, 0, income % rules.WHOLE, rest)


def spoilt(signature: Signature, how: str, digest: bytes) -> Signature:
    """A signature as it is, malleated, of somebody else, or without its last byte."""
    if how == "high s":
        high = ORDER - int.from_bytes(signature[32:64], "big")
        return signature[:32] + high.to_bytes(32, "big") + bytes([55 - signature[64]])
    if how == "another":
        return sign_digest(HOT[0], digest)
    return signature[:-1] if how == "cut" else signature


TestVouchers = VoucherPlay.TestCase
TestPayments = PaymentsMachine.TestCase
