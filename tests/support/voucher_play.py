"""Random play of vouchers, lanes and signers of `Payments` against its rules: every slot after every move,
and what the attack report calls P1 to P5 and P7.

Half of the plays are on an asset that takes fees. Vouchers are kept in a drawer and shown again, in any
order, for others and with a word changed.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.boa_world import DELAY, NOBODY, WHOLE, block, mine
from tests.support.payments_world import (
    EVERYBODY,
    HOT,
    KEYS,
    NEVER,
    PAYERS,
    PEOPLE,
    RICH,
    SIGNERS,
    SPENDER,
    SUBJECTS,
    odd_world,
    plain_world,
    shown_as,
)
from tests.support.play import agree
from xmbl.chain.payments import signed_voucher
from xmbl.crypto.typed_data import Voucher, compact, sign_digest
from xmbl.payments import rules, voucher_rules

PLAIN, ODD = plain_world(), odd_world()
DRAWER = 16
"""How many vouchers and approvals are kept to be used again."""

people = st.sampled_from(PEOPLE)
payers = st.sampled_from(PAYERS)
targets = st.sampled_from([*PEOPLE, NOBODY])
# few bytes a move, so that Hypothesis has enough for many
amounts = st.builds(lambda digits, zeros: digits * 10**zeros, st.integers(0, 3_000), st.sampled_from([0, 15]))
wishes = st.one_of(amounts, amounts, st.sampled_from(["all", "half", "over"]))
places = st.integers(0, DRAWER - 1)
spans = st.one_of(st.integers(0, 3 * DELAY), st.just(0))

Signature = bytes
Paper = tuple[Voucher, Signature]


def flipped(signature: Signature) -> Signature:
    """The signature with the other y of its point."""
    return signature[:32] + bytes([signature[32] ^ 0x80]) + signature[33:]


CHANGES: dict[str, Callable[[Voucher, Signature], Paper]] = {
    "more": lambda voucher, signature: (replace(voucher, cumulative=voucher.cumulative + 1), signature),
    "payee": lambda voucher, signature: (replace(voucher, payee=SPENDER), signature),
    "payer": lambda voucher, signature: (replace(voucher, payer=SPENDER), signature),
    "nobody": lambda voucher, signature: (replace(voucher, payer=NOBODY), signature),
    "subject": lambda voucher, signature: (replace(voucher, subject=SUBJECTS[0]), signature),
    "for ever": lambda voucher, signature: (replace(voucher, expiry=NEVER), signature),
    "parity": lambda voucher, signature: (voucher, flipped(signature)),
    "r": lambda voucher, signature: (voucher, bytes(32) + signature[32:]),
    "vs": lambda voucher, signature: (voucher, signature[:32] + bytes(32)),
    "too large": lambda voucher, _: (voucher, b"\xff" * 64),
}
"""What a thief may do to a voucher."""

papers = st.tuples(places, st.one_of(st.none(), st.none(), st.sampled_from(sorted(CHANGES))))


@dataclass
class Promise:
    """What a careful payee accepted of one payer, up to block `horizon`: it counts the lane against all that
    it was paid."""

    horizon: int
    vouchers: dict[bytes, Paper] = field(default_factory=dict)

    def total(self) -> int:
        """What all accepted vouchers come to."""
        return sum(voucher.cumulative for voucher, _ in self.vouchers.values())


class VoucherPlay(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.ledger = rules.Ledger(delay=DELAY)
        self.withdrawn = self.donated = 0
        self.seen: Counter[str] = Counter(dict.fromkeys([*EVERYBODY, NOBODY], 0))
        self.income: Counter[str] = Counter()
        self.drawer: list[Paper] = []
        self.highest: Counter[tuple[str, str, bytes]] = Counter()
        self.promises: dict[tuple[str, str], Promise] = {}

    @initialize(odd=st.booleans())
    def begin(self, odd: bool) -> None:
        """All have money; each pays the next, out of a lane and by a signer."""
        self.world = ODD if odd else PLAIN
        self.payments = self.world.payments
        self.seen.update(dict.fromkeys(self.world.holders, 0))
        for who in PEOPLE:
            self.ledger = rules.approve(rules.deposit(self.ledger, who, RICH), who, SPENDER, WHOLE)
            self.seen[who] = self.income[who] = RICH
        self.deposited = RICH * len(PEOPLE)
        self.transfer(SPENDER, self.wallet, 2 * WHOLE)
        for payer, payee in zip(PAYERS, [*PAYERS[1:], PAYERS[0]], strict=True):
            self.reserve(payer, payee, WHOLE, 3 * DELAY)
            self.authorize_signer(payer, SIGNERS[0], 3 * DELAY)

    @property
    def wallet(self) -> str:
        return str(self.world.wallet.address)

    def set_fees(self, receiver_fee: int = 0, sender_fee: int = 0) -> None:
        """What the odd asset loses on its way."""
        if self.world.odd:
            self.world.asset.set_fees(receiver_fee, sender_fee)

    # money moves

    @rule(who=people, to=targets, wish=wishes)
    def transfer(self, who: str, to: str, wish: Any) -> None:
        amount, call = self.amount(who, wish), self.payments.transfer
        self.play([who], lambda: call(to, amount, sender=who), rules.transfer, who, to, amount)

    @rule(who=people, wish=wishes, fee=st.sampled_from([0, 0, 0, 1, 9]))
    def withdraw(self, who: str, wish: Any, fee: int = 0) -> None:
        amount, holding = self.amount(who, wish), self.ledger.holding
        self.set_fees(0, fee)
        if self.world.odd and fee and amount <= self.ledger.account(who).free:
            with boa.reverts("payments: amount"):
                self.payments.withdraw(amount, sender=who)
            return
        self.play([who], lambda: self.payments.withdraw(amount, sender=who), rules.withdraw, who, amount)
        self.withdrawn += holding - self.ledger.holding

    # lanes and signers

    @rule(payer=payers, payee=st.sampled_from([*PAYERS, *PAYERS, NOBODY]), wish=wishes, span=spans)
    def reserve(self, payer: str, payee: str, wish: Any, span: int) -> None:
        amount, until, call = self.amount(payer, wish), block() + span, self.payments.reserve
        rule = voucher_rules.reserve
        self.play([], lambda: call(payee, amount, until, sender=payer), rule, payer, payee, amount, until)

    @rule(caller=people, payer=payers, payee=payers)
    def release(self, caller: str, payer: str, payee: str) -> None:
        before, call = self.ledger, self.payments.release
        rule = voucher_rules.release
        self.play([], lambda: call(payer, payee, sender=caller), rule, caller, payer, payee, block())
        if self.ledger is not before and caller == payee:
            self.promises.pop((payer, payee), None)  # its own wish

    @rule(payer=payers, signer=st.sampled_from([*SIGNERS, *SIGNERS, PEOPLE[0], NOBODY]), span=spans)
    def authorize_signer(self, payer: str, signer: str, span: int) -> None:
        until, call = block() + span, self.payments.authorize_signer
        rule = voucher_rules.authorize_signer
        self.play([], lambda: call(signer, until, sender=payer), rule, payer, signer, until)

    @rule(payer=payers, signer=st.sampled_from(SIGNERS))
    def revoke_signer(self, payer: str, signer: str) -> None:
        call = self.payments.revoke_signer
        rule = voucher_rules.revoke_signer
        self.play([], lambda: call(signer, sender=payer), rule, payer, signer, block())

    @rule(blocks=st.one_of(st.integers(1, 3), st.integers(1, DELAY)))
    def wait(self, blocks: int) -> None:
        mine(blocks)

    @rule(place=places, before=st.booleans())
    def wait_for_an_edge(self, place: int, before: bool) -> None:
        """Until the very block in which a lane, a signer or a voucher ends, or the one before."""
        edges = sorted({end for end in self.ends() if block() + before < end < block() + 5 * DELAY})
        for end in edges[place : place + 1]:
            mine(end - block() - before)

    def ends(self) -> list[int]:
        """The blocks after which something is otherwise."""
        lanes = [lane.until for lane in self.ledger.lanes.values()]
        return [*lanes, *self.ledger.signers.values(), *(voucher.expiry + 1 for voucher, _ in self.drawer)]

    # vouchers

    @rule(
        who=st.tuples(payers, payers, people),
        about=st.sampled_from(SUBJECTS),
        wish=wishes,
        span=st.sampled_from([0, 1, DELAY, 3 * DELAY]),
        signer=st.sampled_from(["payer", "payer", "payee", 0, 0, 1]),
    )
    def sign_voucher(
        self, who: tuple[str, str, str], about: bytes, wish: Any, span: int, signer: str | int
    ) -> None:
        """For more than before, maybe more than there is. The payee relies on it if its rules allow, else it
        redeems at once."""
        payer, payee, caller = who
        place = payer, payee, about
        key = HOT[signer] if isinstance(signer, int) else KEYS[payer if signer == "payer" else payee]
        voucher = Voucher(payer, payee, self.highest[place] + self.amount(payer, wish), about, block() + span)
        paper = voucher, compact(sign_digest(key, self.world.pen.digest(voucher)))
        self.drawer = [*self.drawer[1 - DRAWER :], paper]
        self.highest[place] = voucher.cumulative
        if not self.rely_on(paper, key.address):
            self.redeem_one(paper, caller)

    @precondition(lambda self: self.drawer)
    @rule(paper=papers, caller=people)
    def redeem(self, paper: tuple[int, str | None], caller: str) -> None:
        self.redeem_one(*self.found([paper], self.drawer), caller)

    def redeem_one(self, paper: Paper, caller: str) -> None:
        payee, struct, shown = paper[0].payee, signed_voucher(*paper), self.shown(*paper)
        call = self.payments.redeem
        rule = voucher_rules.redeem
        self.play([paper[0].payer], lambda: call(payee, struct, sender=caller), rule, shown, block())

    @rule(payee=payers, chosen=st.lists(papers, max_size=6), caller=people)
    def redeem_many(self, payee: str, chosen: list[tuple[int, str | None]], caller: str) -> None:
        """Some may bring nothing, come twice, or not be the payee's at all: the contract tells."""
        own = [paper for paper in self.drawer if paper[0].payee == payee]
        self.redeem_all(payee, self.found(chosen, own) if own else [], caller)

    @precondition(lambda self: self.promises)
    @rule(place=places, caller=people)
    def collect(self, place: int, caller: str) -> None:
        """P5: what a careful payee accepted is payable in full up to its horizon, whatever the payer did."""
        payer, payee = pair = list(self.promises)[place % len(self.promises)]
        promise = self.promises.pop(pair)
        if block() < promise.horizon:
            self.redeem_all(payee, list(promise.vouchers.values()), caller)
            assert self.paid(payer, payee) >= promise.total()

    def redeem_all(self, payee: str, vouchers: list[Paper], caller: str) -> None:
        shown = [self.shown(replace(voucher, payee=payee), signature) for voucher, signature in vouchers]
        structs = [signed_voucher(*paper) for paper in vouchers]
        call, rule = self.payments.redeem_many, voucher_rules.redeem_many
        payers = [voucher.payer for voucher, _ in vouchers]
        self.play(payers, lambda: call(payee, structs, sender=caller), rule, payee, shown, block())

    def found(self, chosen: list[tuple[int, str | None]], where: list[Paper]) -> list[Paper]:
        """Vouchers out of the drawer, with what was done to them."""
        papers = [(where[place % len(where)], change) for place, change in chosen]
        return [CHANGES[change](*paper) if change else paper for paper, change in papers]

    def shown(self, voucher: Voucher, signature: Signature) -> voucher_rules.Shown:
        return shown_as(self.world.pen, voucher, signature)

    def rely_on(self, paper: Paper, signer: str) -> bool:
        """Whether a careful payee accepts a voucher: for as long as lane, signer and expiry are sure."""
        voucher, now = paper[0], block()
        pair = voucher.payer, voucher.payee
        lane, until = self.ledger.lane(*pair), self.ledger.signer_until(voucher.payer, signer)
        alive = NEVER if signer == voucher.payer else min(until, now + DELAY)
        before = self.promises.get(pair, Promise(NEVER))
        horizon = min(before.horizon, lane.until, alive, voucher.expiry + 1)
        promise = Promise(horizon, {**before.vouchers, voucher.subject: paper})
        accepted = horizon > now and promise.total() <= lane.amount + self.paid(*pair)
        if accepted:
            self.promises[pair] = promise
        return accepted

    def paid(self, payer: str, payee: str) -> int:
        """All that a payee ever got by vouchers of a payer, whatever for."""
        return sum(self.ledger.redeemed.get((payer, payee, about), 0) for about in SUBJECTS)

    # what has to hold

    @invariant()
    def all_money_is_somebodys_burnt_or_a_gift(self) -> None:
        """P1 and P3, with what was burnt."""
        kept = sum(self.seen.values()) + self.ledger.burnt
        assert kept == self.deposited - self.withdrawn
        assert self.world.holding() == self.ledger.holding == kept + self.donated

    @invariant()
    def lanes_are_what_is_reserved(self) -> None:
        """P2."""
        lanes: Counter[str] = Counter()
        for (payer, _), lane in self.ledger.lanes.items():
            lanes[payer] += lane.amount
        for who in KEYS:
            account = self.ledger.account(who)
            assert account.reserved == lanes[who] <= account.balance

    @invariant()
    def nobody_is_paid_what_wasnt_signed(self) -> None:
        """P4, for all that was ever signed by the payer or one of its signers."""
        for place, amount in self.ledger.redeemed.items():
            assert amount <= self.highest[place]

    @invariant()
    def promises_are_covered(self) -> None:
        """P5, for the sum over subjects: a lane falls only by what its payee gets."""
        for (payer, payee), promise in list(self.promises.items()):
            if block() >= promise.horizon:
                del self.promises[payer, payee]
                continue
            covered = self.ledger.lane(payer, payee).amount + self.paid(payer, payee)
            assert covered >= promise.total()

    def teardown(self) -> None:
        try:
            if hasattr(self, "world"):
                self.everyone_can_leave()
        finally:
            self.chain.__exit__(None, None, None)

    def everyone_can_leave(self) -> None:
        """Whoever isn't a split releases its lanes when they are over, and withdraws all that is its own."""
        mine(3 * DELAY + 1)
        for (payer, payee), lane in self.ledger.lanes.items():
            if lane.amount:
                self.release(payer, payer, payee)
        for who in PEOPLE:
            self.withdraw(who, "all")
            assert self.payments.balance_of(who) == 0
        self.all_money_is_somebodys_burnt_or_a_gift()

    # how a move is made

    def amount(self, who: str, wish: Any) -> int:
        free = self.ledger.account(who).free
        return {"all": free, "half": free // 2, "over": free + 1}.get(wish, wish)

    def play(
        self, payers: list[str], call: Callable[[], Any], rule: Callable[..., Any], *arguments: Any
    ) -> None:
        """Contract and rules agree, on every slot too. P7: only the payers' balances may fall. P4: what was
        redeemed never does."""
        before = self.ledger
        self.ledger = agree(before, call, lambda: rule(before, *arguments))
        self.world.require_same(self.ledger)
        for holder, seen in self.seen.items():
            balance = self.ledger.account(holder).balance
            assert balance >= seen or holder in payers
            self.income[holder] += max(0, balance - seen)
            self.seen[holder] = balance
        assert all(self.ledger.redeemed[place] >= amount for place, amount in before.redeemed.items())
