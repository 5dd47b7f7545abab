"""`Staking` as pure functions: each takes the bonds and gives those after a call, or refuses.

A refusal raises `Reverted` with the contract's own reason. Stake is in units of 10^9 wei, fees are in wei,
times are block numbers.
"""

from dataclasses import replace
from typing import Any

from xmbl.errors import Reverted
from xmbl.payments.bonds import Bonds
from xmbl.payments.shares import CLOSED, Delegation, Exit, Pool

NOBODY = "0x" + "00" * 20


# Operators


def stake(bonds: Bonds, operator: str, units: int, commission: int) -> Bonds:
    """The operator bonds `units` more; the first time fixes its commission."""
    _require(units > 0, "nothing")
    known = bonds.pools.get(operator)
    _require(commission == known.commission if known else commission <= 10_000, "commission")
    bonds, before = sync(bonds), bonds.stake_of(operator)
    paid = bonds.fees.blended(before.paid, before.own, units)
    bonds = replace(bonds, pools={**bonds.pools, operator: known or Pool(commission)})
    return _with_stake(bonds, operator, own=before.own + units, paid=paid)


def set_commission(bonds: Bonds, operator: str, commission: int) -> Bonds:
    """The operator lowers its commission."""
    pool = bonds.pools.get(operator, Pool(0))
    _require(commission < pool.commission, "commission")
    return _with_pool(bonds, operator, replace(pool, commission=commission))


def authorize(bonds: Bonds, operator: str, market: str, limit: int) -> Bonds:
    """The operator lets `market` hold up to `limit` in all."""
    _require(market in bonds.markets, "market")
    return _with_lock(bonds, operator, market, limit=limit)


def thaw(bonds: Bonds, operator: str, units: int, block: int) -> Bonds:
    """`units` more start to thaw, and the clock restarts for all that thaws; locks don't matter."""
    before = bonds.stake_of(operator)
    thawing = before.thawing + units
    _require(thawing > 0, "nothing")
    _require(thawing <= before.own, "stake")
    return _with_stake(sync(bonds), operator, thawing=thawing, thaw_until=block + bonds.thaw_blocks)


def withdraw(bonds: Bonds, operator: str, block: int) -> Bonds:
    """All of the operator's own that has thawed leaves, and its fees are paid."""
    before = bonds.stake_of(operator)
    own = before.own - before.thawing
    _require(before.thawing > 0, "nothing")
    _require_thawed(bonds, before.thaw_until, block)
    _require(before.locked <= own + before.delegated, "locked")
    _require(before.locked <= bonds.leverage * own, "leverage")
    return _with_stake(_claimed(sync(bonds), operator), operator, own=own, thawing=0)


def claim(bonds: Bonds, operator: str) -> Bonds:
    """The operator's own stake is paid what it has earned."""
    bonds = sync(bonds)
    _require(bonds.fees_of(operator) > 0, "nothing")
    return _claimed(bonds, operator)


# Delegators


def delegate(bonds: Bonds, operator: str, holder: str, units: int) -> Bonds:
    """`holder` puts `units` behind the operator, and gets shares at today's price."""
    _require(units > 0, "nothing")
    pool = bonds.pools.get(operator)
    if pool is None:
        raise _refusal("operator")
    _require(pool.price >= CLOSED, "closed")
    bonds, held = sync(bonds), bonds.delegation_of(operator, holder)
    paid = bonds.fees.blended(held.paid, pool.worth(held.shares), units)
    after = Delegation(held.shares + pool.bought(units), pool.generation, paid)
    bonds = replace(bonds, delegations={**bonds.delegations, (operator, holder): after})
    return _with_stake(bonds, operator, delegated=bonds.stake_of(operator).delegated + units)


def thaw_delegated(bonds: Bonds, operator: str, holder: str, shares: int, block: int) -> Bonds:
    """`shares` more start to thaw, and the clock restarts for all of the holder's that do."""
    thawing = bonds.exit_of(operator, holder).shares + shares
    _require(thawing > 0, "nothing")
    _require(thawing <= bonds.delegation_of(operator, holder).shares, "shares")
    bonds, pool = sync(bonds), bonds.pools[operator]
    after = Exit(thawing, pool.generation, block + bonds.thaw_blocks)
    bonds = replace(bonds, exits={**bonds.exits, (operator, holder): after})
    return _with_pool(bonds, operator, replace(pool, thawing=pool.thawing + shares))


def withdraw_delegated(bonds: Bonds, operator: str, holder: str, block: int) -> Bonds:
    """All of the holder's shares that have thawed leave for what they are worth, and its fees are paid."""
    leaving, behind = bonds.exit_of(operator, holder), bonds.stake_of(operator)
    _require(leaving.shares > 0, "nothing")
    _require_thawed(bonds, leaving.until, block)
    pool = bonds.pools[operator]
    delegated = behind.delegated - pool.worth(leaving.shares)
    _require(behind.locked <= behind.own + delegated, "locked")
    bonds = _claimed_delegated(sync(bonds), operator, holder)
    held = bonds.delegation_of(operator, holder)
    after = replace(held, shares=held.shares - leaving.shares)
    bonds = replace(
        bonds,
        delegations={**bonds.delegations, (operator, holder): after},
        exits={**bonds.exits, (operator, holder): Exit()},
    )
    bonds = _with_pool(bonds, operator, replace(pool, thawing=pool.thawing - leaving.shares))
    return _with_stake(bonds, operator, delegated=delegated)


def claim_delegated(bonds: Bonds, operator: str, holder: str, sender: str) -> Bonds:
    """A delegator and its operator are paid what its shares have earned."""
    _require(sender in (holder, operator), "sender")
    bonds = sync(bonds)
    _require(sum(bonds.fees_of_delegation(operator, holder)) > 0, "nothing")
    return _claimed_delegated(bonds, operator, holder)


# Who was wronged, and anyone


def collect(bonds: Bonds, account: str) -> Bonds:
    """All that `account` is owed leaves."""
    _require(bonds.owed.get(account, 0) > 0, "nothing")
    return replace(bonds, owed={**bonds.owed, account: 0})


def burn(bonds: Bonds, operator: str, market: str) -> Bonds:
    """What `market` slashed of the operator's is destroyed."""
    _require(bonds.lock_of(operator, market).to_burn > 0, "nothing")
    return _with_lock(bonds, operator, market, to_burn=0)


def earn(bonds: Bonds, amount: int) -> Bonds:
    """`amount` wei of fees come in; who stakes learns of them later."""
    return replace(bonds, income=bonds.income + amount)


def sync(bonds: Bonds) -> Bonds:
    """Fees that came in are shared out."""
    return replace(bonds, fees=bonds.fees.learnt(bonds.income, bonds.total()))


# Markets


def lock(bonds: Bonds, operator: str, market: str, units: int) -> Bonds:
    """`market` holds `units` more; with 0 these are only the checks."""
    _require(market in bonds.markets, "market")
    held, behind = bonds.lock_of(operator, market), bonds.stake_of(operator)
    _require(held.locked + units <= held.limit, "limit")
    locked, own = behind.locked + units, behind.own - behind.thawing
    _require(locked <= own + behind.delegated - bonds.delegated_thawing(operator), "stake")
    _require(locked <= bonds.leverage * own, "leverage")
    bonds = _with_lock(bonds, operator, market, locked=held.locked + units)
    return _with_stake(bonds, operator, locked=locked)


def unlock(bonds: Bonds, operator: str, market: str, units: int) -> Bonds:
    """`market` holds `units` less, and they are free again."""
    return slash(bonds, operator, market, units=0, unlocked=units, beneficiary=NOBODY)


def slash(bonds: Bonds, operator: str, market: str, *, units: int, unlocked: int, beneficiary: str) -> Bonds:
    """`market` takes `units` and frees `unlocked` more.

    Own stake loses all that it doesn't need to carry the other locks, half of it to the beneficiary; what it
    can't bear is lost by the delegators.
    """
    _require(market in bonds.markets, "market")
    held, behind = bonds.lock_of(operator, market), bonds.stake_of(operator)
    _require(units + unlocked <= held.locked, "locked")
    locked = behind.locked - units - unlocked
    own = own_part(behind.own, locked, units, bonds.leverage)
    half = 0 if beneficiary == NOBODY else own // 2
    bonds = sync(bonds) if units else bonds
    if own < units:
        pool = bonds.pools[operator].slashed(units - own, behind.delegated)
        bonds = _with_pool(bonds, operator, pool)
    to_burn = held.to_burn + units - half
    bonds = _with_lock(bonds, operator, market, locked=held.locked - units - unlocked, to_burn=to_burn)
    left = {"own": behind.own - own, "delegated": behind.delegated - (units - own), "locked": locked}
    bonds = _with_stake(bonds, operator, thawing=min(behind.thawing, behind.own - own), **left)
    return replace(bonds, owed={**bonds.owed, beneficiary: bonds.owed.get(beneficiary, 0) + half})


def own_part(own: int, locked: int, lost: int, leverage: int) -> int:
    """What of a loss own stake bears: all that it doesn't need to carry what stays `locked`."""
    return min(lost, own + -locked // leverage)


def _require_thawed(bonds: Bonds, until: int, block: int) -> None:
    _require(block >= until, "thawing")
    _require(block < until + bonds.withdraw_blocks, "lapsed")


def _claimed(bonds: Bonds, operator: str) -> Bonds:
    due = bonds.fees_of(operator)
    return _with_stake(_paid(bonds, operator, due), operator, paid=bonds.fees.index)


def _claimed_delegated(bonds: Bonds, operator: str, holder: str) -> Bonds:
    due, commission = bonds.fees_of_delegation(operator, holder)
    after = replace(bonds.delegation_of(operator, holder), paid=bonds.fees.index)
    bonds = replace(bonds, delegations={**bonds.delegations, (operator, holder): after})
    return _paid(_paid(bonds, holder, due), operator, commission)


def _paid(bonds: Bonds, account: str, amount: int) -> Bonds:
    earned = {**bonds.earned, account: bonds.earned.get(account, 0) + amount}
    return replace(bonds, income=bonds.income - amount, fees=bonds.fees.fetched(amount), earned=earned)


def _with_stake(bonds: Bonds, operator: str, **changes: int) -> Bonds:
    after = replace(bonds.stake_of(operator), **changes)
    return replace(bonds, stakes={**bonds.stakes, operator: after})


def _with_pool(bonds: Bonds, operator: str, after: Pool) -> Bonds:
    return replace(bonds, pools={**bonds.pools, operator: after})


def _with_lock(bonds: Bonds, operator: str, market: str, **changes: Any) -> Bonds:
    after = replace(bonds.lock_of(operator, market), **changes)
    return replace(bonds, locks={**bonds.locks, (operator, market): after})


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise _refusal(reason)


def _refusal(reason: str) -> Reverted:
    return Reverted(f"Staking refuses this call: {reason}.", f"staking: {reason}")
