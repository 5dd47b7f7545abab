"""Two operators in `Staking` with locks and a delegator each, on chain and by the rules, for random play."""

from tests.support.boa_world import (
    LEVERAGE,
    NOBODY,
    THAW_BLOCKS,
    WHOLE,
    XMBL,
    deploy_money,
    person,
)
from tests.support.slots import Slots
from tests.support.stake_words import (
    delegation_word,
    exit_word,
    fee_word,
    lock_word,
    mark_word,
    pool_word,
    stake_word,
)
from xmbl.payments import stake_rules
from xmbl.payments.bonds import Bonds

OPERATORS = [person("provider"), person("second provider")]
HOLDERS = [person("delegator"), person("second delegator"), OPERATORS[0]]
MARKETS = [person("market"), person("second market")]
WRONGED = [person("client"), OPERATORS[0], NOBODY]
STRANGER = person("attacker")
PAYER = person("payer of fees")
MONEY = deploy_money(MARKETS)
STAKING = MONEY.staking
STAKES, MARKS = (Slots(STAKING, "stakes", name) for name in ("words", "_marks"))
LOCKS, OWED = (Slots(STAKING, "collateral", name) for name in ("_locks", "_owed"))
POOLS, DELEGATIONS, EXITS = (
    Slots(STAKING, "delegations", name) for name in ("_pools", "_delegations", "_exits")
)
FEES = Slots(STAKING, "fee_index", "word")
ACCOUNTS = Slots(MONEY.payments, "ledger", "_accounts")
COMMISSION = 1_000
FEE_TOTAL = 10**26


def opening() -> Bonds:
    """Two operators with locks in both markets, and a delegator each; on the chain and by the rules."""
    bonds = Bonds(frozenset(MARKETS), THAW_BLOCKS, LEVERAGE)
    for who in {*OPERATORS, *HOLDERS}:
        MONEY.give(who, 10_000 * WHOLE)
    MONEY.fund(PAYER, FEE_TOTAL)
    for operator, holder in zip(OPERATORS, HOLDERS[1:], strict=True):
        STAKING.stake(50 * WHOLE, COMMISSION, sender=operator)
        STAKING.delegate(operator, 30 * WHOLE, sender=holder)
        bonds = stake_rules.stake(bonds, operator, 50 * XMBL, COMMISSION)
        bonds = stake_rules.delegate(bonds, operator, holder, 30 * XMBL)
        for market in MARKETS:
            STAKING.authorize(market, 90 * WHOLE, sender=operator)
            STAKING.lock(operator, 15 * XMBL + 1, sender=market)
            bonds = stake_rules.authorize(bonds, operator, market, 90 * XMBL)
            bonds = stake_rules.lock(bonds, operator, market, 15 * XMBL + 1)
    return bonds


OPENING = opening()


def require_same(bonds: Bonds) -> None:
    """Every slot that the rules know is what they say."""
    for operator in OPERATORS:
        _require_same_stake(bonds, operator)
    assert {who: OWED[who] for who in WRONGED} == {who: bonds.owed.get(who, 0) for who in WRONGED}
    assert FEES[()] == fee_word(bonds.fees, bonds.total())
    assert ACCOUNTS[STAKING.address] == bonds.income
    assert all(ACCOUNTS[who] == bonds.earned.get(who, 0) for who in {*HOLDERS, *OPERATORS})


def _require_same_stake(bonds: Bonds, operator: str) -> None:
    stake, pool = bonds.stake_of(operator), bonds.pools[operator]
    assert STAKES[operator] == stake_word(stake, pool)
    assert MARKS[operator] == mark_word(stake)
    assert POOLS[operator] == pool_word(pool)
    for market in [*MARKETS, STRANGER]:
        assert LOCKS[operator, market] == lock_word(bonds.lock_of(operator, market))
    for holder in HOLDERS:
        at = operator, holder
        assert DELEGATIONS[at] == (delegation_word(bonds.delegations[at]) if at in bonds.delegations else 0)
        assert EXITS[at] == (exit_word(bonds.exits[at]) if at in bonds.exits else 0)
