"""Random play of `Payments` against its rules: every slot, P1, P3, P7 per move, P6 per distribution."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from tests.support.boa_world import ANY, NOBODY, WHOLE, deploy_money, person
from tests.support.play import agree
from tests.support.slots import Slots
from xmbl.payments import rules
from xmbl.payments.rules import Account, Split, split_account

PEOPLE = [person(role) for role in ("client", "provider", "delegator", "spender")]
SPENDER = PEOPLE[-1]
POOL = [*PEOPLE, *(person("recipient") for _ in range(4))]
MONEY = deploy_money()
for who in PEOPLE:
    MONEY.give(who, 1_000 * WHOLE)
ACCOUNTS = Slots(MONEY.payments, "ledger", "_accounts")

people = st.sampled_from(PEOPLE)
targets = st.sampled_from([*PEOPLE, NOBODY])
wishes = st.one_of(st.integers(0, 3_000), st.integers(0, 3 * WHOLE), st.sampled_from(["all", "half", "over"]))


def word(account: Account) -> int:
    """The slot of an account, with nothing reserved."""
    return account.balance | account.phase << 224 | account.rest << 244


def ascending(recipients: Any) -> tuple[str, ...]:
    return tuple(sorted(recipients, key=lambda who: int(who, 16)))


@st.composite
def shares(draw: st.DrawFn) -> Split:
    cuts = [0, *sorted(draw(st.sets(st.integers(1, rules.WHOLE - 1), min_size=1, max_size=5))), rules.WHOLE]
    weights = tuple(right - left for left, right in pairwise(cuts))
    return Split(ascending(draw(st.permutations(POOL))[: len(weights)]), weights)


@st.composite
def broken_shares(draw: st.DrawFn) -> Split:
    """Shares that `distribute` has to refuse; money paid to them is stuck."""
    good = draw(shares())
    return draw(
        st.sampled_from(
            [
                Split(good.recipients[::-1], good.weights),
                Split(good.recipients[:1] * len(good.weights), good.weights),
                Split(good.recipients[1:], good.weights),
                Split(good.recipients, (good.weights[0] + 1, *good.weights[1:])),
                Split(good.recipients, (good.weights[0] - 1, *good.weights[1:])),
                Split(good.recipients[:2], (0, rules.WHOLE)),
                Split(good.recipients[:2], (2**256 - 1, rules.WHOLE + 1)),
            ]
        )
    )


class PaymentsMachine(RuleBasedStateMachine):
    splits = Bundle("splits")

    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.payments = MONEY.payments
        self.ledger = rules.Ledger()
        self.seen: Counter[str] = Counter(dict.fromkeys([*POOL, NOBODY], 0))
        self.deposited = self.withdrawn = self.donated = 0
        self.income: Counter[str] = Counter()
        self.received: Counter[tuple[str, str]] = Counter()
        for who in PEOPLE:
            self.deposit(who, 10 * WHOLE)
            self.approve(who, SPENDER, WHOLE)

    # the moves

    @rule(target=splits, split=shares())
    def new_split(self, split: Split) -> Split:
        self.seen[split_account(split)] += 0
        return split

    @rule(target=splits, split=broken_shares())
    def broken_split(self, split: Split) -> Split:
        return self.new_split(split)

    @rule(target=splits, outer=shares(), inner=splits)
    def split_to_a_split(self, outer: Split, inner: Split) -> Split:
        recipients = ascending({*outer.recipients[1:], split_account(inner)})
        return self.new_split(replace(outer, recipients=recipients))

    @rule(who=people, amount=st.integers(0, 10 * WHOLE))
    def deposit(self, who: str, amount: int) -> None:
        self.play(None, lambda: self.payments.deposit(amount, sender=who), rules.deposit, who, amount)
        self.deposited += amount

    @rule(who=people, amount=st.integers(0, WHOLE))
    def donate(self, who: str, amount: int) -> None:
        give = MONEY.token.transfer
        self.play(None, lambda: give(self.payments.address, amount, sender=who), rules.donate, amount)
        self.donated += amount

    @rule(who=people, wish=wishes)
    def withdraw(self, who: str, wish: Any) -> None:
        amount, holding = self.amount(who, wish), self.ledger.holding
        self.play(who, lambda: self.payments.withdraw(amount, sender=who), rules.withdraw, who, amount)
        self.withdrawn += holding - self.ledger.holding

    @rule(who=people, to=targets, wish=wishes)
    def transfer(self, who: str, to: str, wish: Any) -> None:
        amount = self.amount(who, wish)
        self.play(
            who, lambda: self.payments.transfer(to, amount, sender=who), rules.transfer, who, to, amount
        )

    @rule(owner=people, spender=targets, amount=st.one_of(st.integers(0, WHOLE), st.just(ANY)))
    def approve(self, owner: str, spender: str, amount: int) -> None:
        call = self.payments.approve
        self.play(None, lambda: call(spender, amount, sender=owner), rules.approve, owner, spender, amount)

    @rule(spender=st.sampled_from([SPENDER, SPENDER, *PEOPLE]), owner=people, to=targets, wish=wishes)
    def transfer_from(self, spender: str, owner: str, to: str, wish: Any) -> None:
        arguments = owner, to, self.amount(owner, wish)
        call = self.payments.transfer_from
        self.play(owner, lambda: call(*arguments, sender=spender), rules.transfer_from, spender, *arguments)
        assert self.payments.allowance(owner, spender) == self.ledger.allowance(owner, spender)

    @rule(who=people, to=st.tuples(targets, targets, targets), wants=st.tuples(wishes, wishes, wishes))
    def pay(self, who: str, to: tuple[str, ...], wants: tuple[Any, ...]) -> None:
        payees = [(account, self.amount(who, wish) // 3) for account, wish in zip(to, wants, strict=True)]
        flat = [value for payee in payees for value in payee]
        self.play(who, lambda: self.payments.pay(*flat, sender=who), rules.pay, who, payees)

    @rule(who=people, wish=wishes)
    def burn(self, who: str, wish: Any) -> None:
        amount = self.amount(who, wish)
        self.play(who, lambda: self.payments.burn(amount, sender=who), rules.burn, who, amount)

    @rule(who=people, split=splits, income=st.one_of(st.integers(0, 9), st.integers(1, WHOLE)))
    def distribute(self, who: str, split: Split, income: int) -> None:
        name = split_account(split)
        self.play(
            who, lambda: self.payments.transfer(name, income, sender=who), rules.transfer, who, name, income
        )
        before, ledger = self.seen.copy(), self.ledger
        call = self.payments.distribute
        self.play(name, lambda: call(split.recipients, split.weights, sender=who), rules.distribute, split)
        if self.ledger is not ledger:
            self.received.update({(name, to): self.seen[to] - before[to] for to in split.recipients})
            self.shared_to_the_wei(name, split)

    # what has to hold

    def shared_to_the_wei(self, name: str, split: Split) -> None:
        """P6: after a distribution each recipient has income * weight // 10^6 of all income."""
        income, parts = self.income[name], [self.received[name, to] for to in split.recipients]
        assert parts == [income * weight // rules.WHOLE for weight in split.weights]
        rest = income - sum(parts)
        assert rest < len(parts)
        assert self.payments.account(name) == (rest, income % rules.WHOLE, rest)

    @invariant()
    def all_money_is_somebodys_burnt_or_a_gift(self) -> None:
        """P1 and P3, with what was burnt."""
        balances, burnt = sum(self.seen.values()), self.payments.burnt()
        assert balances + burnt == self.deposited - self.withdrawn
        assert MONEY.token.balanceOf(self.payments.address) == balances + burnt + self.donated

    def teardown(self) -> None:
        try:
            self.everyone_can_leave()
        finally:
            self.chain.__exit__(None, None, None)

    def everyone_can_leave(self) -> None:
        """Whoever isn't a split withdraws all that is its own."""
        for who in PEOPLE:
            self.withdraw(who, "all")
            assert self.payments.balance_of(who) == 0
        self.all_money_is_somebodys_burnt_or_a_gift()

    # how a move is made

    def amount(self, who: str, wish: Any) -> int:
        balance = self.seen[who]
        return {"all": balance, "half": balance // 2, "over": balance + 1}.get(wish, wish)

    def play(
        self, payer: str | None, call: Callable[[], Any], rule: Callable[..., Any], *arguments: Any
    ) -> None:
        """Contract and rules agree, on every slot too, and P7: only the payer's balance may fall."""
        self.ledger = agree(self.ledger, call, lambda: rule(self.ledger, *arguments))
        for holder, before in self.seen.items():
            account = self.ledger.account(holder)
            assert ACCOUNTS[holder] == word(account)
            assert account.balance >= before or holder == payer
            self.income[holder] += max(0, account.balance - before)
            self.seen[holder] = account.balance


TestPayments = PaymentsMachine.TestCase
