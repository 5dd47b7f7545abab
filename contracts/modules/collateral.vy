# pragma version 0.4.3
"""
@title Collateral
@license AGPL-3.0-only
@notice What markets hold of the stake behind operators, what they slashed of it, and what the wronged are
        owed. Mechanism only: who may change what is the business of the contract that initializes it.
        Amounts are units.
@dev A lock, low bits first: limit 60 | locked 60 | to burn 60.
     After each lock, slash and withdrawal of an operator
       locked <= own + delegated and locked <= leverage * own
"""


from contracts.interfaces import IStaking
from contracts.modules import delegations
uses: delegations
from contracts.modules import stakes
uses: stakes


# What one market may and does hold.
struct Lock:
    limit: uint256
    locked: uint256
    to_burn: uint256


_MOST: constant(uint256) = 2**60 - 1


leverage: public(immutable(uint256))


_locks: HashMap[address, HashMap[address, uint256]]
_owed: HashMap[address, uint256]


@deploy
def __init__(leverage_: uint256):
    """
    @notice Fixes for ever how much of others' stake can be locked beside own stake.
    @param leverage_ How many units one of own stake may cover.
    """
    assert leverage_ != 0 and leverage_ <= _MOST, "staking: leverage"
    leverage = leverage_


@external
@view
def lock_of(operator: address, market: address) -> IStaking.Lock:
    """
    @notice What a market may and does hold of an operator's stake.
    @param operator The operator.
    @param market The market.
    @return Lock Limit, lock and what waits to be burnt, in wei.
    """
    lock: Lock = self._lock(operator, market)
    return IStaking.Lock(
        limit=stakes._wei(lock.limit), locked=stakes._wei(lock.locked), to_burn=stakes._wei(lock.to_burn)
    )


@external
@view
def owed(account: address) -> uint256:
    """
    @notice What an account can collect of slashed stake.
    @param account Who was wronged.
    @return uint256 The amount in wei.
    """
    return stakes._wei(self._owed[account])


@internal
def _authorize(operator: address, market: address, limit: uint256):
    """
    @notice Sets how much a market may hold in all.
    @param operator The operator.
    @param market The market.
    @param limit The most.
    """
    self._locks[operator][market] = ((self._locks[operator][market] >> 60) << 60) | limit


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
    stake: uint256 = stakes.words[operator]
    # sums of some amounts of at most 60 bits don't overflow, and what is checked fits its field afterwards
    assert unsafe_add((lock >> 60) & _MOST, units) <= lock & _MOST, "staking: limit"
    locked: uint256 = unsafe_add((stake >> 120) & _MOST, units)
    own: uint256 = unsafe_sub(stake & _MOST, (stake >> 180) & _MOST)  # that doesn't thaw
    free: uint256 = unsafe_add(own, (stake >> 60) & _MOST)
    if stake >> 240 != 0:
        free = unsafe_sub(free, delegations._thawing(operator))  # a part of the tranche
    assert locked <= free, "staking: stake"
    assert locked <= unsafe_mul(leverage, own), "staking: leverage"
    if units != 0:
        self._locks[operator][market] = unsafe_add(lock, units << 60)
        stakes.words[operator] = unsafe_add(stake, units << 120)


@internal
def _release(operator: address, slashed: uint256, unlocked: uint256, beneficiary: address):
    """
    @notice Ends a part of the caller's lock.
    @param operator The operator.
    @param slashed What it loses.
    @param unlocked What is free again.
    @param beneficiary Who gets half of what the operator loses of its own; zero for nobody.
    """
    lock: Lock = self._lock(operator, msg.sender)
    assert slashed + unlocked <= lock.locked, "staking: locked"
    lock.locked -= slashed + unlocked
    stake: stakes.Stake = stakes._stake(operator)
    stake.locked -= slashed + unlocked
    if slashed != 0:
        own: uint256 = self._own_part(stake, slashed)
        stake.own -= own
        stake.thawing = min(stake.thawing, stake.own)
        if own < slashed:
            delegations._slash(operator, slashed - own, stake.delegated)
            stake.delegators_thaw = delegations._thawing_shares(operator) != 0
            stake.delegated -= slashed - own
        lock.to_burn += slashed - self._compensate(operator, slashed, own, beneficiary)
    self._set_lock(operator, msg.sender, lock)
    stakes._set_stake(operator, stake)


@internal
@view
def _own_part(stake: stakes.Stake, slashed: uint256) -> uint256:
    """
    @notice How much of a loss own stake bears: all that it doesn't need to cover what stays locked.
    @param stake What stands behind the operator, without the locks that end.
    @param slashed What it loses.
    @return uint256 The part of it.
    """
    # locked <= leverage * own held before, and locks only fell since
    return min(slashed, stake.own - (stake.locked + leverage - 1) // leverage)


@internal
def _compensate(operator: address, slashed: uint256, own: uint256, beneficiary: address) -> uint256:
    """
    @notice Books half of what an operator lost of its own for who was wronged; half, so that slashing oneself
            always loses, and of its own, so that delegators can't be looted.
    @param operator Who lost it.
    @param slashed What was lost in all.
    @param own What of it was the operator's own.
    @param beneficiary Who gets half; zero for nobody.
    @return uint256 What was booked.
    """
    units: uint256 = own // 2 if beneficiary != empty(address) else 0
    if units != 0:
        self._owed[beneficiary] += units
    log IStaking.Slashed(
        operator=operator,
        market=msg.sender,
        beneficiary=beneficiary,
        amount=stakes._wei(slashed),
        compensation=stakes._wei(units),
        own=stakes._wei(own),
    )
    return units


@internal
def _take_owed(account: address) -> uint256:
    """
    @notice Empties what an account is owed.
    @param account Who was wronged.
    @return uint256 What it was owed, not 0.
    """
    units: uint256 = self._owed[account]
    assert units != 0, "staking: nothing"
    self._owed[account] = 0
    return units


@internal
def _take_burnt(operator: address, market: address) -> uint256:
    """
    @notice Empties what waits to be burnt.
    @param operator Whose stake it was.
    @param market The market that slashed it.
    @return uint256 What waited, not 0.
    """
    lock: Lock = self._lock(operator, market)
    units: uint256 = lock.to_burn
    assert units != 0, "staking: nothing"
    lock.to_burn = 0
    self._set_lock(operator, market, lock)
    return units


@internal
@view
def _lock(operator: address, market: address) -> Lock:
    """
    @notice What a market may and does hold of an operator's stake.
    @param operator The operator.
    @param market The market.
    @return Lock Limit, lock and what waits to be burnt.
    """
    word: uint256 = self._locks[operator][market]
    return Lock(limit=word & _MOST, locked=(word >> 60) & _MOST, to_burn=word >> 120)


@internal
def _set_lock(operator: address, market: address, lock: Lock):
    """
    @notice Writes what a market may and does hold of an operator's stake.
    @param operator The operator.
    @param market The market.
    @param lock Limit, lock and what waits to be burnt.
    """
    self._locks[operator][market] = lock.limit | (lock.locked << 60) | (lock.to_burn << 120)
