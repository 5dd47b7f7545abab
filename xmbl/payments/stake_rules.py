"""`Staking` as pure functions: each takes the bonds and gives those after a call, or refuses.

A refusal raises `Reverted` with the contract's own reason. Operators and markets are checksum
addresses, amounts units of 10^9 wei, times block numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from xmbl.errors import Reverted

NOBODY = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Stake:
    """What stands behind an operator; `thawing` of it may leave from block `thaw_until` on."""

    own: int = 0
    locked: int = 0
    thawing: int = 0
    thaw_until: int = 0


@dataclass(frozen=True, slots=True)
class Lock:
    """What one market may and does hold of an operator's stake, and what it slashed and nobody burnt yet."""

    limit: int = 0
    locked: int = 0
    to_burn: int = 0


@dataclass(frozen=True, slots=True)
class Bonds:
    """All stakes and locks, what the wronged are owed, and the rules fixed at deployment."""

    markets: frozenset[str]
    thaw_blocks: int
    stakes: Mapping[str, Stake] = field(default_factory=dict)
    locks: Mapping[tuple[str, str], Lock] = field(default_factory=dict)
    owed: Mapping[str, int] = field(default_factory=dict)

    def stake_of(self, operator: str) -> Stake:
        """The stake of `operator`; whoever never staked has none."""
        return self.stakes.get(operator, Stake())

    def lock_of(self, operator: str, market: str) -> Lock:
        """What `market` may and does hold of the operator's stake."""
        return self.locks.get((operator, market), Lock())

    def total(self) -> int:
        """The stake of all operators."""
        return sum(stake.own for stake in self.stakes.values())


def stake(bonds: Bonds, operator: str, units: int) -> Bonds:
    """The operator bonds `units` more."""
    _require(units > 0, "nothing")
    before = bonds.stake_of(operator)
    return _with_stake(bonds, operator, replace(before, own=before.own + units))


def authorize(bonds: Bonds, operator: str, market: str, limit: int) -> Bonds:
    """The operator lets `market` hold up to `limit` in all."""
    _require(market in bonds.markets, "market")
    return _with_lock(bonds, operator, market, replace(bonds.lock_of(operator, market), limit=limit))


def thaw(bonds: Bonds, operator: str, units: int, block: int) -> Bonds:
    """`units` more start to thaw, and the clock restarts for all that thaws; locks don't matter."""
    _require(units > 0, "nothing")
    before = bonds.stake_of(operator)
    _require(before.thawing + units <= before.own, "stake")
    after = replace(before, thawing=before.thawing + units, thaw_until=block + bonds.thaw_blocks)
    return _with_stake(bonds, operator, after)


def withdraw(bonds: Bonds, operator: str, block: int) -> Bonds:
    """All that has thawed leaves."""
    before = bonds.stake_of(operator)
    _require(before.thawing > 0 and block >= before.thaw_until, "thawing")
    _require(before.locked <= before.own - before.thawing, "locked")
    return _with_stake(bonds, operator, replace(before, own=before.own - before.thawing, thawing=0))


def claim(bonds: Bonds, account: str) -> Bonds:
    """All that `account` is owed leaves."""
    _require(bonds.owed.get(account, 0) > 0, "nothing")
    return replace(bonds, owed={**bonds.owed, account: 0})


def burn(bonds: Bonds, operator: str, market: str) -> Bonds:
    """What `market` slashed of the operator's is destroyed."""
    before = bonds.lock_of(operator, market)
    _require(before.to_burn > 0, "nothing")
    return _with_lock(bonds, operator, market, replace(before, to_burn=0))


def lock(bonds: Bonds, operator: str, market: str, units: int) -> Bonds:
    """`market` holds `units` more; with 0 these are only the checks."""
    _require(market in bonds.markets, "market")
    held, behind = bonds.lock_of(operator, market), bonds.stake_of(operator)
    _require(held.locked + units <= held.limit, "limit")
    _require(behind.locked + units + behind.thawing <= behind.own, "stake")
    bonds = _with_lock(bonds, operator, market, replace(held, locked=held.locked + units))
    return _with_stake(bonds, operator, replace(behind, locked=behind.locked + units))


def unlock(bonds: Bonds, operator: str, market: str, units: int) -> Bonds:
    """`market` holds `units` less, and they are free again."""
    return slash(bonds, operator, market, units=0, unlocked=units, beneficiary=NOBODY)


def slash(bonds: Bonds, operator: str, market: str, *, units: int, unlocked: int, beneficiary: str) -> Bonds:
    """`market` takes `units` from the operator, half of it for the beneficiary, and frees `unlocked` more."""
    _require(market in bonds.markets, "market")
    held, behind = bonds.lock_of(operator, market), bonds.stake_of(operator)
    _require(units + unlocked <= held.locked, "locked")
    half = 0 if beneficiary == NOBODY else units // 2
    own = behind.own - units
    left = replace(behind, own=own, locked=behind.locked - units - unlocked, thawing=min(behind.thawing, own))
    after = replace(held, locked=held.locked - units - unlocked, to_burn=held.to_burn + units - half)
    bonds = _with_stake(_with_lock(bonds, operator, market, after), operator, left)
    return replace(bonds, owed={**bonds.owed, beneficiary: bonds.owed.get(beneficiary, 0) + half})


def _with_stake(bonds: Bonds, operator: str, after: Stake) -> Bonds:
    return replace(bonds, stakes={**bonds.stakes, operator: after})


def _with_lock(bonds: Bonds, operator: str, market: str, after: Lock) -> Bonds:
    return replace(bonds, locks={**bonds.locks, (operator, market): after})


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Reverted(f"Staking refuses this call: {reason}.", f"staking: {reason}")
