"""What stands behind operators: the state that `stake_rules` moves.

Operators, holders and markets are checksum addresses, stake is in units of 10^9 wei, fees are in wei, times
are block numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from xmbl.payments.fee_index import FeeIndex
from xmbl.payments.shares import Delegation, Exit, Pool


@dataclass(frozen=True, slots=True)
class Stake:
    """What stands behind an operator. `thawing` of its own may leave from block `thaw_until` on, for
    `withdraw_blocks`, and its own was paid fees up to the index `paid`."""

    own: int = 0
    delegated: int = 0
    locked: int = 0
    thawing: int = 0
    thaw_until: int = 0
    paid: int = 0


@dataclass(frozen=True, slots=True)
class Lock:
    """What one market may and does hold of an operator's stake, and what it slashed and nobody burnt yet."""

    limit: int = 0
    locked: int = 0
    to_burn: int = 0


@dataclass(frozen=True, slots=True)
class Bonds:
    """All stakes, delegations and locks, what the wronged are owed, and the rules fixed at deployment.

    `income` is what Payments holds for stakers, `earned` what each account ever got of it.
    """

    markets: frozenset[str]
    thaw_blocks: int
    leverage: int
    stakes: Mapping[str, Stake] = field(default_factory=dict)
    pools: Mapping[str, Pool] = field(default_factory=dict)
    delegations: Mapping[tuple[str, str], Delegation] = field(default_factory=dict)
    exits: Mapping[tuple[str, str], Exit] = field(default_factory=dict)
    locks: Mapping[tuple[str, str], Lock] = field(default_factory=dict)
    owed: Mapping[str, int] = field(default_factory=dict)
    fees: FeeIndex = field(default_factory=FeeIndex)
    income: int = 0
    earned: Mapping[str, int] = field(default_factory=dict)

    @property
    def withdraw_blocks(self) -> int:
        """For how many blocks what has thawed may leave."""
        return self.thaw_blocks // 7

    def stake_of(self, operator: str) -> Stake:
        """What stands behind `operator`; whoever never staked has nothing."""
        return self.stakes.get(operator, Stake())

    def lock_of(self, operator: str, market: str) -> Lock:
        """What `market` may and does hold of the operator's stake."""
        return self.locks.get((operator, market), Lock())

    def delegation_of(self, operator: str, holder: str) -> Delegation:
        """What a delegator holds; shares of a generation that has ended are none."""
        held, pool = self.delegations.get((operator, holder)), self.pools.get(operator)
        ended = held is None or pool is None or held.generation != pool.generation
        return Delegation() if ended or held is None else held

    def exit_of(self, operator: str, holder: str) -> Exit:
        """What of a delegator's shares thaws."""
        leaving, pool = self.exits.get((operator, holder)), self.pools.get(operator)
        ended = leaving is None or pool is None or leaving.generation != pool.generation
        return Exit() if ended or leaving is None else leaving

    def value_of(self, operator: str, holder: str) -> int:
        """What a delegator's shares are worth, in units."""
        pool = self.pools.get(operator)
        return pool.worth(self.delegation_of(operator, holder).shares) if pool else 0

    def delegated_thawing(self, operator: str) -> int:
        """What the thawing shares of an operator's delegators are worth, in units."""
        pool = self.pools.get(operator)
        return pool.worth(pool.thawing) if pool else 0

    def total(self) -> int:
        """All stake, own and delegated."""
        return sum(stake.own + stake.delegated for stake in self.stakes.values())

    def fees_of(self, operator: str) -> int:
        """What an operator's own stake has earned and `claim` would pay after a `sync`, in wei."""
        own = self.stake_of(operator)
        return self.fees.due(own.paid, own.own)

    def fees_of_delegation(self, operator: str, holder: str) -> tuple[int, int]:
        """What `claim_delegated` would pay the delegator, and the operator, after a `sync`, in wei."""
        due = self.fees.due(self.delegation_of(operator, holder).paid, self.value_of(operator, holder))
        return self.pools[operator].divided(due) if due else (0, 0)
