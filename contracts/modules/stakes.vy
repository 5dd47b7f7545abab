# pragma version 0.4.3
"""
@title Stakes
@license AGPL-3.0-only
@notice What stands behind operators and what markets hold of it: one slot an operator, one an operator
        and market. Mechanism only: who may change what is the business of the contract that
        initializes it. Stake counts in units of 10^9 wei and the token's supply is below 2^60 units, so
        every amount fits its 60 bits and no sum of two overflows.
@dev Low bits first.
       stake: own 60 | 60 for delegations | locked 60 | thawing 60 | 16 for delegations
       lock:  limit 60 | locked 60 | to burn 60
"""


# An operator's stake, in units.
struct Stake:
    own: uint256
    locked: uint256
    thawing: uint256


# What one market may and does hold of it, in units.
struct Lock:
    limit: uint256
    locked: uint256
    to_burn: uint256


_UNIT: constant(uint256) = 10**9  # wei
_MOST: constant(uint256) = 2**60 - 1  # units


_stakes: HashMap[address, uint256]
_locks: HashMap[address, HashMap[address, uint256]]


@internal
@pure
def _units(amount: uint256) -> uint256:
    """
    @notice An amount in units; refused unless it is whole units and fits its bits.
    @param amount The amount in wei.
    @return uint256 The amount in units.
    """
    assert amount % _UNIT == 0, "staking: units"
    units: uint256 = unsafe_div(amount, _UNIT)
    self._require_units(units)
    return units


@internal
@pure
def _require_units(units: uint256):
    """
    @notice Refuses what doesn't fit its bits.
    @param units The units.
    """
    assert units <= _MOST, "staking: units"


@internal
@pure
def _wei(units: uint256) -> uint256:
    """
    @notice An amount of a field in wei.
    @param units The units; fit their bits.
    @return uint256 The amount in wei.
    """
    return unsafe_mul(units, _UNIT)  # below 2^90


@internal
@view
def _stake(operator: address) -> Stake:
    """
    @notice What stands behind an operator.
    @param operator The operator.
    @return Stake Its stake in units.
    """
    word: uint256 = self._stakes[operator]
    return Stake(own=word & _MOST, locked=(word >> 120) & _MOST, thawing=(word >> 180) & _MOST)


@internal
def _set_stake(operator: address, stake: Stake):
    """
    @notice Writes what stands behind an operator.
    @param operator The operator.
    @param stake Its stake in units.
    """
    self._stakes[operator] = stake.own | (stake.locked << 120) | (stake.thawing << 180)


@internal
@view
def _lock(operator: address, market: address) -> Lock:
    """
    @notice What a market may and does hold of an operator's stake.
    @param operator The operator.
    @param market The market.
    @return Lock Limit, lock and what waits to be burnt, in units.
    """
    word: uint256 = self._locks[operator][market]
    return Lock(limit=word & _MOST, locked=(word >> 60) & _MOST, to_burn=word >> 120)


@internal
def _set_lock(operator: address, market: address, lock: Lock):
    """
    @notice Writes what a market may and does hold of an operator's stake.
    @param operator The operator.
    @param market The market.
    @param lock Limit, lock and what waits to be burnt, in units.
    """
    self._locks[operator][market] = lock.limit | (lock.locked << 60) | (lock.to_burn << 120)


@internal
def _hold(operator: address, market: address, units: uint256):
    """
    @notice Takes a part of an operator's free stake for a market, on the words themselves: every deal and
            job that opens pays for this.
    @param operator The operator.
    @param market The market.
    @param units How much, fits its bits.
    """
    lock: uint256 = self._locks[operator][market]
    stake: uint256 = self._stakes[operator]
    # three sums of at most 60 bits each don't overflow, and what is checked fits its field afterwards
    assert unsafe_add((lock >> 60) & _MOST, units) <= lock & _MOST, "staking: limit"
    bound: uint256 = unsafe_add((stake >> 120) & _MOST, (stake >> 180) & _MOST)
    assert unsafe_add(bound, units) <= stake & _MOST, "staking: stake"
    if units != 0:
        self._locks[operator][market] = unsafe_add(lock, units << 60)
        self._stakes[operator] = unsafe_add(stake, units << 120)
