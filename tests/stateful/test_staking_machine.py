"""Random play of `Staking` against its rules: every slot, S1 to S7 and S10 per move, S8, S9 in their time."""

from collections.abc import Callable
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.support.boa_world import LEVERAGE, NOBODY, THAW_BLOCKS, UNIT, XMBL, block, mine
from tests.support.play import agree
from tests.support.staking_world import (
    COMMISSION,
    FEE_TOTAL,
    HOLDERS,
    MARKETS,
    MONEY,
    OPENING,
    OPERATORS,
    PAYER,
    STAKING,
    STRANGER,
    WRONGED,
    require_same,
)
from xmbl.payments import stake_rules
from xmbl.payments.bonds import Bonds

operators = st.sampled_from(OPERATORS)
holders = st.sampled_from(HOLDERS)
markets = st.sampled_from([*MARKETS * 3, STRANGER])
wishes = st.one_of(st.integers(0, 9), st.sampled_from(["all", "half", "third", "third", "over"]))
fees = st.one_of(*(st.integers(1, 10**digits) for digits in (1, 9, 15, 18, 20)), st.none())
amounts = st.one_of(st.integers(0, 2), st.integers(1, 20 * XMBL))

Rule = Callable[[Bonds], Bonds]


class StakingMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.bonds = OPENING
        self.brought = OPENING.total()
        self.left = self.collected = self.burnt = self.own_slashed = self.donated = 0

    # operators

    @rule(operator=operators, units=amounts, odd=st.sampled_from([0, 0, 0, 1]))
    def stake(self, operator: str, units: int, odd: int) -> None:
        commission = self.bonds.pools[operator].commission + odd
        done = self.play(
            lambda: STAKING.stake(units * UNIT, commission, sender=operator),
            lambda bonds: stake_rules.stake(bonds, operator, units, commission),
        )
        self.brought += units if done else 0

    @rule(operator=operators, commission=st.integers(0, COMMISSION))
    def set_commission(self, operator: str, commission: int) -> None:
        self.play(
            lambda: STAKING.set_commission(commission, sender=operator),
            lambda bonds: stake_rules.set_commission(bonds, operator, commission),
        )

    @rule(operator=operators, market=markets, limit=st.one_of(st.integers(0, 90 * XMBL), st.just(2**60 - 1)))
    def authorize(self, operator: str, market: str, limit: int) -> None:
        self.play(
            lambda: STAKING.authorize(market, limit * UNIT, sender=operator),
            lambda bonds: stake_rules.authorize(bonds, operator, market, limit),
        )

    @rule(operator=operators, wish=st.sampled_from(["all", "third", "third", "over", 1, 0]))
    def thaw(self, operator: str, wish: Any) -> None:
        """Never refused but for stake that isn't there."""
        stake = self.bonds.stake_of(operator)
        units = amount(stake.own - stake.thawing, wish)
        self.play(
            lambda: STAKING.thaw(units * UNIT, sender=operator),
            lambda bonds: stake_rules.thaw(bonds, operator, units, block()),
        )

    @rule(operator=operators)
    def withdraw(self, operator: str) -> None:
        total = self.bonds.total()
        self.play(
            lambda: STAKING.withdraw(sender=operator),
            lambda bonds: stake_rules.withdraw(bonds, operator, block()),
        )
        self.left += total - self.bonds.total()

    @rule(operator=operators)
    def claim(self, operator: str) -> None:
        self.play(lambda: STAKING.claim(sender=operator), lambda bonds: stake_rules.claim(bonds, operator))

    # delegators

    @rule(operator=operators, holder=holders, units=amounts)
    def delegate(self, operator: str, holder: str, units: int) -> None:
        done = self.play(
            lambda: STAKING.delegate(operator, units * UNIT, sender=holder),
            lambda bonds: stake_rules.delegate(bonds, operator, holder, units),
        )
        self.brought += units if done else 0

    @rule(operator=operators, holder=holders, wish=st.sampled_from(["all", "all", "third", "over", 1, 0]))
    def thaw_delegated(self, operator: str, holder: str, wish: Any) -> None:
        """Never refused but for shares that aren't there."""
        held = self.bonds.delegation_of(operator, holder).shares
        shares = amount(held - self.bonds.exit_of(operator, holder).shares, wish)
        self.play(
            lambda: STAKING.thaw_delegated(operator, shares, sender=holder),
            lambda bonds: stake_rules.thaw_delegated(bonds, operator, holder, shares, block()),
        )

    @rule(operator=operators, holder=holders)
    def withdraw_delegated(self, operator: str, holder: str) -> None:
        total = self.bonds.total()
        self.play(
            lambda: STAKING.withdraw_delegated(operator, sender=holder),
            lambda bonds: stake_rules.withdraw_delegated(bonds, operator, holder, block()),
        )
        self.left += total - self.bonds.total()

    @rule(operator=operators, holder=holders, by=st.sampled_from(["holder", "operator", "stranger"]))
    def claim_delegated(self, operator: str, holder: str, by: str) -> None:
        sender = {"holder": holder, "operator": operator}.get(by, STRANGER)
        self.play(
            lambda: STAKING.claim_delegated(operator, holder, sender=sender),
            lambda bonds: stake_rules.claim_delegated(bonds, operator, holder, sender),
        )

    # markets

    @rule(operator=operators, market=markets, wish=wishes)
    def lock(self, operator: str, market: str, wish: Any) -> None:
        lock = self.bonds.lock_of(operator, market)
        units = amount(max(0, min(self.free(operator), lock.limit - lock.locked)), wish)
        done = self.play(
            lambda: STAKING.lock(operator, units, sender=market),
            lambda bonds: stake_rules.lock(bonds, operator, market, units),
        )
        if done:
            self.covered(operator, market)

    @rule(operator=operators, market=markets, wish=wishes)
    def unlock(self, operator: str, market: str, wish: Any) -> None:
        units = amount(self.bonds.lock_of(operator, market).locked, wish)
        self.play(
            lambda: STAKING.unlock(operator, units, sender=market),
            lambda bonds: stake_rules.unlock(bonds, operator, market, units),
        )

    @rule(operator=operators, market=markets, lost=wishes, freed=wishes, wronged=st.sampled_from(WRONGED))
    def slash(self, operator: str, market: str, lost: Any, freed: Any, wronged: str) -> None:
        locked = self.bonds.lock_of(operator, market).locked
        units = amount(locked, lost)
        unlocked, own = amount(max(0, locked - units), freed), self.bonds.stake_of(operator).own

        def rule(bonds: Bonds) -> Bonds:
            shares = {"units": units, "unlocked": unlocked, "beneficiary": wronged}
            return stake_rules.slash(bonds, operator, market, **shares)

        call = STAKING.slash
        self.play(lambda: call(operator, units, unlocked, wronged, sender=market), rule, slashed=operator)
        self.own_slashed += own - self.bonds.stake_of(operator).own

    @rule(operator=operators, market=markets, lost=wishes, wronged=st.sampled_from(WRONGED))
    def slash_on_the_way_out(self, operator: str, market: str, lost: Any, wronged: str) -> None:
        self.thaw(operator, "all")
        self.slash(operator, market, lost, 0, wronged)

    @rule(
        operator=operators, holder=holders, left=st.sampled_from([0, 1, 10**4, 10**7, 10**7, 10**9, 10**10])
    )
    def wipe(self, operator: str, holder: str, left: int) -> None:
        """One market takes nearly everything, delegators' too: prices fall, generations end."""
        first, second = MARKETS
        self.delegate(operator, holder, 5 * XMBL)
        self.stake(operator, self.bonds.stake_of(operator).delegated + 1, 0)
        self.unlock(operator, second, "all")
        self.authorize(operator, first, 2**60 - 1)
        self.lock(operator, first, "all")
        self.slash(operator, first, max(0, self.bonds.lock_of(operator, first).locked - left), 0, NOBODY)

    # who was wronged, and anyone

    @rule(who=st.sampled_from(WRONGED[:-1]))
    def collect(self, who: str) -> None:
        owed = self.bonds.owed.get(who, 0)
        self.play(lambda: STAKING.collect(sender=who), lambda bonds: stake_rules.collect(bonds, who))
        self.collected += owed

    @rule(operator=operators, market=markets)
    def burn(self, operator: str, market: str) -> None:
        waiting = self.bonds.lock_of(operator, market).to_burn
        self.play(
            lambda: STAKING.burn(operator, market), lambda bonds: stake_rules.burn(bonds, operator, market)
        )
        self.burnt += waiting

    @rule(fee=fees)
    def earn(self, fee: int | None) -> None:
        """Fees and gifts: there is no difference. None is a wei more than is shared out at once."""
        before, wei = self.bonds, (self.bonds.total() << 40) + 1 if fee is None else fee
        wei = min(wei, FEE_TOTAL - before.income - sum(before.earned.values()))
        MONEY.payments.transfer(STAKING.address, wei, sender=PAYER)
        self.bonds = stake_rules.earn(before, wei)
        self.shared_fairly(before, wei)

    @rule(operator=operators, holder=holders, fee=fees)
    def pay_day(self, operator: str, holder: str, fee: int | None) -> None:
        """Somebody claims at once what is its part."""
        self.earn(fee)
        self.claim(operator)
        self.claim_delegated(operator, holder, "holder")

    @rule()
    def sync(self) -> None:
        """Can't be refused, whatever came in."""
        self.play(STAKING.sync, stake_rules.sync)

    @rule(operator=operators, units=st.integers(0, 10))
    def donate(self, operator: str, units: int) -> None:
        MONEY.token.transfer(STAKING.address, units * UNIT, sender=operator)
        self.donated += units

    @rule(
        blocks=st.sampled_from(
            [1, THAW_BLOCKS - 1, THAW_BLOCKS, THAW_BLOCKS, THAW_BLOCKS // 7 - 1, THAW_BLOCKS // 7]
        )
    )
    def wait(self, blocks: int) -> None:
        mine(blocks)

    @rule(chance=st.integers(0, 15))
    def all_leave_now_and_then(self, chance: int) -> None:
        """What comes in afterwards waits for who stakes next."""
        if chance == 15:
            self.all_leave()

    # what has to hold

    def covered(self, operator: str, market: str) -> None:
        """S8: right after a lock, what doesn't thaw covers all locks, and the limit this one."""
        stake, lock = STAKING.stake_of(operator), STAKING.lock_of(operator, market)
        staying = stake.own - stake.thawing
        assert stake.locked <= staying + stake.delegated - stake.delegated_thawing
        assert stake.locked <= LEVERAGE * staying
        assert lock.locked <= lock.limit

    @invariant()
    def every_lock_is_covered(self) -> None:
        """S2, by both rules, and what thaws is there."""
        for operator in OPERATORS:
            stake = self.bonds.stake_of(operator)
            assert stake.locked == sum(self.bonds.lock_of(operator, market).locked for market in MARKETS)
            assert stake.locked <= stake.own + stake.delegated
            assert stake.locked <= LEVERAGE * stake.own
            assert stake.thawing <= stake.own

    @invariant()
    def shares_are_worth_what_is_there(self) -> None:
        """S3 and S4."""
        for operator in OPERATORS:
            held = [self.bonds.delegation_of(operator, holder).shares for holder in HOLDERS]
            thawing = [self.bonds.exit_of(operator, holder).shares for holder in HOLDERS]
            assert self.bonds.pools[operator].thawing == sum(thawing)
            assert all(leaving <= shares for leaving, shares in zip(thawing, held, strict=True))
            values = [self.bonds.value_of(operator, holder) for holder in HOLDERS]
            assert sum(values) <= self.bonds.stake_of(operator).delegated

    @invariant()
    def all_stake_is_accounted_for(self) -> None:
        """S1, S6 and S7."""
        owed, waiting = sum(self.bonds.owed.values()), sum(lock.to_burn for lock in self.bonds.locks.values())
        there = self.bonds.total() + owed + waiting
        assert MONEY.token.balanceOf(STAKING.address) == (there + self.donated) * UNIT
        assert self.brought == self.left + self.collected + self.burnt + there
        assert 2 * (self.collected + owed) <= self.own_slashed

    @invariant()
    def fees_are_there(self) -> None:
        """S10: what can be claimed is there, and with what was claimed it is no more than came in."""
        synced = stake_rules.sync(self.bonds)
        assert sum(dues(synced).values()) <= synced.fees.accounted <= synced.income

    def all_leave(self) -> None:
        """S9: everybody can, once the locks have ended and the time is over."""
        for operator in OPERATORS:
            for market in MARKETS:
                self.unlock(operator, market, "all")
            self.thaw(operator, "all")
            for holder in self.holders_of(operator):
                self.thaw_delegated(operator, holder, "all")
        mine(THAW_BLOCKS)
        for operator in OPERATORS:
            self.withdraw(operator)
            for holder in self.holders_of(operator):
                self.withdraw_delegated(operator, holder)
            stake = self.bonds.stake_of(operator)
            assert (stake.own, stake.locked, self.bonds.pools[operator].thawing) == (0, 0, 0)
            assert not self.holders_of(operator)

    def teardown(self) -> None:
        try:
            self.all_leave()
            for who in WRONGED[:-1]:
                self.collect(who)
            for operator in OPERATORS:
                for market in MARKETS:
                    self.burn(operator, market)
            dust = sum(self.bonds.stake_of(operator).delegated for operator in OPERATORS)
            assert MONEY.token.balanceOf(STAKING.address) == (dust + self.donated) * UNIT
        finally:
            self.chain.__exit__(None, None, None)

    # how a move is made

    def play(self, call: Callable[[], Any], rule: Rule, slashed: str = "") -> bool:
        """Contract and rules agree, on every slot too, and nobody's goods change by another's move."""
        before = self.bonds
        self.bonds = agree(before, call, lambda: rule(before))
        require_same(self.bonds)
        self.untouched(before, slashed)
        return self.bonds is not before

    def untouched(self, before: Bonds, slashed: str) -> None:
        """S5: a slash alone lowers what is held, of one operator. S10: a move takes no fees from anybody but
        who is paid them, but a wei from who stakes more, and those of a unit that its shares lack."""
        after = self.bonds
        shared = [(at, held) for at, held in before.delegations.items() if after.delegations[at] == held]
        for at, _ in shared:
            fell = after.value_of(*at) - before.value_of(*at)
            assert fell == 0 or (fell < 0 and at[0] == slashed)
        if waits(before) or waits(after):
            return
        old, new = dues(stake_rules.sync(before)), dues(stake_rules.sync(after))
        assert all(due <= old[at] for at, due in new.items())
        lost, paid = sum(old.values()) - sum(new.values()), before.income - after.income
        of_slashed = sum(old[at] - new[at] for at in new if at[0] == slashed)
        of_a_unit = (after.fees.index >> 64) + 1 if after.delegations != before.delegations else 0
        assert paid <= lost <= paid + 1 + of_slashed + of_a_unit

    def shared_fairly(self, before: Bonds, wei: int) -> None:
        """S10: each stake's part of what came is its part of all stake, within two wei."""
        if waits(before) or waits(self.bonds):
            return
        old, new, total = dues(stake_rules.sync(before)), dues(stake_rules.sync(self.bonds)), before.total()
        for (operator, holder), due in new.items():
            units = before.value_of(operator, holder) if holder else before.stake_of(operator).own
            assert -2 * total < (due - old[operator, holder]) * total - wei * units < 2 * total

    def holders_of(self, operator: str) -> list[str]:
        """Who has shares."""
        return [holder for holder in HOLDERS if self.bonds.delegation_of(operator, holder).shares]

    def free(self, operator: str) -> int:
        """What a market could lock."""
        stake = self.bonds.stake_of(operator)
        own = stake.own - stake.thawing
        free = min(own + stake.delegated - self.bonds.delegated_thawing(operator), LEVERAGE * own)
        return free - stake.locked


def dues(synced: Bonds) -> dict[tuple[str, str], int]:
    """What each delegator of an operator could claim, with the commission, and nobody for its own."""
    return {(operator, ""): synced.fees_of(operator) for operator in OPERATORS} | {
        (operator, holder): sum(synced.fees_of_delegation(operator, holder))
        for operator in OPERATORS
        for holder in HOLDERS
    }


def waits(bonds: Bonds) -> bool:
    """Whether some of what came in is for later: too little is staked, or too much came at once."""
    return stake_rules.sync(bonds).fees.accounted != bonds.income


def amount(whole: int, wish: Any) -> int:
    return {"all": whole, "half": whole // 2, "third": whole // 3, "over": whole + 1}.get(wish, wish)


TestStaking = StakingMachine.TestCase
