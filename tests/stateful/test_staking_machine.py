"""Random play of `Staking` against its rules: every slot, S1, S2, S6, S7 per move, S8, S9 in their time."""

from collections.abc import Callable
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.boa_world import NOBODY, THAW_BLOCKS, UNIT, WHOLE, XMBL, block, deploy_money, mine, person
from tests.support.play import agree
from tests.support.slots import Slots
from xmbl.payments import stake_rules
from xmbl.payments.stake_rules import Bonds, Lock, Stake

OPERATORS = [person("provider"), person("second provider")]
MARKETS = [person("market"), person("second market")]
WRONGED = [person("client"), OPERATORS[0], NOBODY]
STRANGER = person("attacker")
MONEY = deploy_money(MARKETS)
for who in OPERATORS:
    MONEY.give(who, 1_000 * WHOLE)
STAKES = Slots(MONEY.staking, "stakes", "_stakes")
LOCKS = Slots(MONEY.staking, "stakes", "_locks")
UNTIL = Slots(MONEY.staking, "_thaw_until")
OWED = Slots(MONEY.staking, "_owed")

operators = st.sampled_from(OPERATORS)
markets = st.sampled_from([*MARKETS * 3, STRANGER])
wishes = st.one_of(st.integers(0, 9), st.sampled_from(["all", "half", "third", "third", "over"]))


class StakingMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.staking = MONEY.staking
        self.bonds = Bonds(frozenset(MARKETS), THAW_BLOCKS)
        self.staked = self.withdrawn = self.claimed = self.burnt = self.slashed = self.donated = 0
        for operator in OPERATORS:
            self.stake(operator, 50 * XMBL)
            for market in MARKETS:
                self.authorize(operator, market, 40 * XMBL)
                self.lock(operator, market, 15 * XMBL + 1)

    # the moves

    @rule(operator=operators, units=st.one_of(st.integers(0, 2), st.integers(0, 20 * XMBL)))
    def stake(self, operator: str, units: int) -> None:
        call = self.staking.stake
        self.play(lambda: call(units * UNIT, sender=operator), stake_rules.stake, operator, units)
        self.staked += units

    @rule(operator=operators, units=st.integers(0, 10))
    def donate(self, operator: str, units: int) -> None:
        MONEY.token.transfer(self.staking.address, units * UNIT, sender=operator)
        self.donated += units

    @rule(operator=operators, market=markets, limit=st.one_of(st.integers(0, 90 * XMBL), st.just(2**60 - 1)))
    def authorize(self, operator: str, market: str, limit: int) -> None:
        call = self.staking.authorize
        rule = stake_rules.authorize
        self.play(lambda: call(market, limit * UNIT, sender=operator), rule, operator, market, limit)

    @rule(operator=operators, wish=st.sampled_from(["all", "all", "third", "over", 1, 0]))
    def thaw(self, operator: str, wish: Any) -> None:
        """Never refused but for stake that isn't there."""
        stake = self.bonds.stake_of(operator)
        units = amount(stake.own - stake.thawing, wish)
        call = self.staking.thaw
        self.play(lambda: call(units * UNIT, sender=operator), stake_rules.thaw, operator, units, block())

    @rule(operator=operators)
    def withdraw(self, operator: str) -> None:
        total = self.bonds.total()
        self.play(lambda: self.staking.withdraw(sender=operator), stake_rules.withdraw, operator, block())
        self.withdrawn += total - self.bonds.total()

    @rule(operator=operators, market=markets, wish=wishes)
    def lock(self, operator: str, market: str, wish: Any) -> None:
        stake, lock = self.bonds.stake_of(operator), self.bonds.lock_of(operator, market)
        free = max(0, min(stake.own - stake.thawing - stake.locked, lock.limit - lock.locked))
        units, before = amount(free, wish), self.bonds
        call = self.staking.lock
        self.play(lambda: call(operator, units, sender=market), stake_rules.lock, operator, market, units)
        if self.bonds is not before:
            self.covered(operator, market)

    @rule(operator=operators, market=markets, wish=wishes)
    def unlock(self, operator: str, market: str, wish: Any) -> None:
        units = amount(self.bonds.lock_of(operator, market).locked, wish)
        call = self.staking.unlock
        self.play(lambda: call(operator, units, sender=market), stake_rules.unlock, operator, market, units)

    @rule(operator=operators, market=markets, lost=wishes, freed=wishes, wronged=st.sampled_from(WRONGED))
    def slash(self, operator: str, market: str, lost: Any, freed: Any, wronged: str) -> None:
        locked = self.bonds.lock_of(operator, market).locked
        units = amount(locked, lost)
        unlocked, total = amount(max(0, locked - units), freed), self.bonds.total()

        def rule(bonds: Bonds) -> Bonds:
            shares = {"units": units, "unlocked": unlocked, "beneficiary": wronged}
            return stake_rules.slash(bonds, operator, market, **shares)

        self.play(lambda: self.staking.slash(operator, units, unlocked, wronged, sender=market), rule)
        self.slashed += total - self.bonds.total()

    @rule(operator=operators, market=markets, lost=wishes, wronged=st.sampled_from(WRONGED))
    def slash_on_the_way_out(self, operator: str, market: str, lost: Any, wronged: str) -> None:
        self.thaw(operator, "all")
        self.slash(operator, market, lost, 0, wronged)

    @rule(who=st.sampled_from(WRONGED[:-1]))
    def claim(self, who: str) -> None:
        owed = self.bonds.owed.get(who, 0)
        self.play(lambda: self.staking.claim(sender=who), stake_rules.claim, who)
        self.claimed += owed

    @rule(operator=operators, market=markets)
    def burn(self, operator: str, market: str) -> None:
        waiting = self.bonds.lock_of(operator, market).to_burn
        self.play(lambda: self.staking.burn(operator, market), stake_rules.burn, operator, market)
        self.burnt += waiting

    @rule(blocks=st.sampled_from([1, THAW_BLOCKS - 1, THAW_BLOCKS, THAW_BLOCKS]))
    def wait(self, blocks: int) -> None:
        mine(blocks)

    # what has to hold

    def covered(self, operator: str, market: str) -> None:
        """S8: right after a lock, free stake covers all locks and the limit this one."""
        stake, lock = self.staking.stake_of(operator), self.staking.lock_of(operator, market)
        assert stake.locked <= stake.own - stake.thawing
        assert lock.locked <= lock.limit

    @invariant()
    def every_lock_is_covered(self) -> None:
        """S2, and what thaws is there."""
        for operator in OPERATORS:
            stake = self.bonds.stake_of(operator)
            assert stake.locked == sum(self.bonds.lock_of(operator, market).locked for market in MARKETS)
            assert stake.locked <= stake.own
            assert stake.thawing <= stake.own

    @invariant()
    def all_stake_is_accounted_for(self) -> None:
        """S1, S6 and S7."""
        owed, waiting = sum(self.bonds.owed.values()), sum(lock.to_burn for lock in self.bonds.locks.values())
        left = self.bonds.total() + owed + waiting
        assert MONEY.token.balanceOf(self.staking.address) == (left + self.donated) * UNIT
        assert self.staked == self.withdrawn + self.claimed + self.burnt + left
        assert 2 * (self.claimed + owed) <= self.slashed

    def teardown(self) -> None:
        try:
            self.everything_can_leave()
        finally:
            self.chain.__exit__(None, None, None)

    def everything_can_leave(self) -> None:
        """S9: once the locks have ended and the time is over; only gifts stay."""
        for operator in OPERATORS:
            for market in MARKETS:
                self.unlock(operator, market, "all")
                self.burn(operator, market)
            self.thaw(operator, "all")
        mine(THAW_BLOCKS)
        for operator in OPERATORS:
            self.withdraw(operator)
        for who in WRONGED[:-1]:
            self.claim(who)
        assert self.staking.total() == 0
        assert MONEY.token.balanceOf(self.staking.address) == self.donated * UNIT

    # how a move is made

    def play(self, call: Callable[[], Any], rule: Callable[..., Bonds], *arguments: Any) -> None:
        """Contract and rules agree, on every slot too."""
        self.bonds = agree(self.bonds, call, lambda: rule(self.bonds, *arguments))
        for operator in OPERATORS:
            stake = self.bonds.stake_of(operator)
            assert STAKES[operator] == stake_word(stake)
            assert UNTIL[operator] == stake.thaw_until
            for market in [*MARKETS, STRANGER]:
                assert LOCKS[operator, market] == lock_word(self.bonds.lock_of(operator, market))
        assert {who: OWED[who] for who in WRONGED} == {who: self.bonds.owed.get(who, 0) for who in WRONGED}
        assert self.staking.total() == self.bonds.total() * UNIT


def amount(whole: int, wish: Any) -> int:
    return {"all": whole, "half": whole // 2, "third": whole // 3, "over": whole + 1}.get(wish, wish)


def stake_word(stake: Stake) -> int:
    """The slot of an operator."""
    return stake.own | stake.locked << 120 | stake.thawing << 180


def lock_word(lock: Lock) -> int:
    """The slot of an operator and a market."""
    return lock.limit | lock.locked << 60 | lock.to_burn << 120


TestStaking = StakingMachine.TestCase
