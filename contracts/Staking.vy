# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Staking
@license AGPL-3.0-only
@notice XMBL bonded behind operators, and the parts of it that markets hold as collateral.
        Who may: an operator bonds, authorises, thaws and withdraws its own stake; a market (chosen at
        deployment) locks within its limit, and unlocks and slashes only what it holds; who was wronged
        claims; anyone burns what was slashed.
        Nobody can stop it: there is no owner, no pause, no new market and no parameter to set.
@dev Invariants, with sums over all operators o and markets m:
       token.balanceOf(self) >= sum own + sum owed + sum to_burn, equal unless tokens came unasked
       sum_m locked(o, m) = locked(o) <= own(o), thawing(o) <= own(o), total = sum own
       staked = withdrawn + claimed + burnt + sum owed + sum to_burn + sum own
       claimed + sum owed <= slashed / 2, so who slashes itself loses
       right after a lock: locked(o) <= own(o) - thawing(o) and locked(o, m) <= limit(o, m)
       what thaws can leave once its time is over and the locks of that time have ended
     Stake is counted, never read from the token's balance. A slash calls no other contract.
"""


from contracts.interfaces import IStaking
implements: IStaking
from contracts.interfaces import IToken


from contracts.modules import stakes
initializes: stakes


token: public(immutable(address))
thaw_blocks: public(immutable(uint256))
_MARKETS: immutable(address[4])


_thaw_until: HashMap[address, uint256]
_owed: HashMap[address, uint256]  # units
_total: uint256  # units


@deploy
def __init__(token_: address, markets: address[4], thaw: uint256):
    """
    @notice Fixes token, markets and delay for ever.
    @param token_ XMBL; its supply has to be below 2^60 units.
    @param markets The contracts that may lock stake; zero for fewer than four.
    @param thaw How long stake thaws, in blocks.
    """
    assert staticcall IToken(token_).totalSupply() <= stakes._wei(stakes._MOST), "staking: supply"
    token = token_
    thaw_blocks = thaw
    _MARKETS = markets


# Operators


@external
def stake(amount: uint256):
    """
    @notice Bonds XMBL of the caller behind itself.
    @param amount The amount in wei, a multiple of 10^9.
    """
    units: uint256 = self._some_units(amount)
    stake: stakes.Stake = stakes._stake(msg.sender)
    stake.own += units
    stakes._set_stake(msg.sender, stake)
    self._total += units
    assert extcall IToken(token).transferFrom(msg.sender, self, amount), "staking: transfer"
    log IStaking.Staked(operator=msg.sender, amount=amount)


@external
def authorize(market: address, limit: uint256):
    """
    @notice Sets how much of the caller's stake a market may hold in all.
    @param market The market.
    @param limit The most in wei, a multiple of 10^9; what is locked already may exceed it.
    """
    self._require_market(market)
    lock: stakes.Lock = stakes._lock(msg.sender, market)
    lock.limit = stakes._units(limit)
    stakes._set_lock(msg.sender, market, lock)
    log IStaking.Authorized(operator=msg.sender, market=market, limit=limit)


@external
def thaw(amount: uint256):
    """
    @notice Starts the way out for a part of the caller's stake, whatever is locked. A second thaw
            restarts the clock for the sum.
    @param amount What shall leave besides what thaws already, in wei, a multiple of 10^9.
    """
    stake: stakes.Stake = stakes._stake(msg.sender)
    stake.thawing += self._some_units(amount)
    assert stake.thawing <= stake.own, "staking: stake"
    stakes._set_stake(msg.sender, stake)
    until: uint256 = block.number + thaw_blocks
    self._thaw_until[msg.sender] = until
    log IStaking.Thawing(operator=msg.sender, amount=stakes._wei(stake.thawing), until=until)


@external
def withdraw():
    """
    @notice Sends the caller all that has thawed, if what stays covers the locks.
    """
    stake: stakes.Stake = stakes._stake(msg.sender)
    units: uint256 = stake.thawing
    assert units != 0 and block.number >= self._thaw_until[msg.sender], "staking: thawing"
    stake.own -= units
    stake.thawing = 0
    assert stake.locked <= stake.own, "staking: locked"
    stakes._set_stake(msg.sender, stake)
    self._total -= units
    self._send(msg.sender, stakes._wei(units))
    log IStaking.Withdrawn(operator=msg.sender, amount=stakes._wei(units))


# Who was wronged, and anyone


@external
def claim():
    """
    @notice Sends the caller what it is owed of slashed stake.
    """
    amount: uint256 = stakes._wei(self._owed[msg.sender])
    assert amount != 0, "staking: nothing"
    self._owed[msg.sender] = 0
    self._send(msg.sender, amount)
    log IStaking.Claimed(account=msg.sender, amount=amount)


@external
def burn(operator: address, market: address):
    """
    @notice Burns what a market slashed of an operator's stake.
    @param operator Whose stake it was.
    @param market The market that slashed it.
    """
    lock: stakes.Lock = stakes._lock(operator, market)
    amount: uint256 = stakes._wei(lock.to_burn)
    assert amount != 0, "staking: nothing"
    lock.to_burn = 0
    stakes._set_lock(operator, market, lock)
    extcall IToken(token).burn(amount)
    log IStaking.Burnt(operator=operator, market=market, amount=amount)


# Markets


@external
def lock(operator: address, units: uint256):
    """
    @notice Takes a part of an operator's free stake as collateral of the calling market. With 0 it only
            makes the checks.
    @param operator The operator.
    @param units How much, in units of 10^9 wei.
    """
    self._require_market(msg.sender)
    stakes._require_units(units)
    stakes._hold(operator, msg.sender, units)


@external
def unlock(operator: address, units: uint256):
    """
    @notice Frees a part of what the calling market holds.
    @param operator The operator.
    @param units How much, in units of 10^9 wei.
    """
    self._release(operator, 0, units, empty(address))


@external
def slash(operator: address, units: uint256, unlocked: uint256, beneficiary: address):
    """
    @notice Takes `units` of what the calling market holds from the operator, and frees `unlocked` more
            of it. Half of what is taken is booked for the beneficiary, the rest to be burnt.
    @param operator The operator.
    @param units What it loses, in units of 10^9 wei.
    @param unlocked What is freed besides, in units of 10^9 wei.
    @param beneficiary Who was wronged; the zero address for nobody, then all is burnt.
    """
    self._release(operator, units, unlocked, beneficiary)


# Views


@external
@view
@reentrant
def is_market(account: address) -> bool:
    """
    @notice Whether a contract may lock stake of operators that authorised it.
    @param account The contract.
    @return bool True for the markets given at deployment, false for all else and for ever.
    """
    return self._is_market(account)


@external
@view
@reentrant
def stake_of(operator: address) -> IStaking.Stake:
    """
    @notice What stands behind an operator.
    @param operator The operator.
    @return Stake Its stake, in wei.
    """
    stake: stakes.Stake = stakes._stake(operator)
    return IStaking.Stake(
        own=stakes._wei(stake.own),
        locked=stakes._wei(stake.locked),
        thawing=stakes._wei(stake.thawing),
        thaw_until=self._thaw_until[operator],
    )


@external
@view
@reentrant
def lock_of(operator: address, market: address) -> IStaking.Lock:
    """
    @notice What a market may and does hold of an operator's stake.
    @param operator The operator.
    @param market The market.
    @return Lock Limit, lock and what waits to be burnt, in wei.
    """
    lock: stakes.Lock = stakes._lock(operator, market)
    return IStaking.Lock(
        limit=stakes._wei(lock.limit), locked=stakes._wei(lock.locked), to_burn=stakes._wei(lock.to_burn)
    )


@external
@view
@reentrant
def owed(account: address) -> uint256:
    """
    @notice What an account can claim of slashed stake.
    @param account Who was wronged.
    @return uint256 The amount in wei.
    """
    return stakes._wei(self._owed[account])


@external
@view
@reentrant
def total() -> uint256:
    """
    @notice The stake of all operators.
    @return uint256 The amount in wei.
    """
    return stakes._wei(self._total)


@internal
@view
def _is_market(account: address) -> bool:
    """
    @notice Whether an account is one of the markets; the zeros that fill the list are none.
    @param account The account.
    @return bool Whether it is.
    """
    return account != empty(address) and account in _MARKETS


@internal
@view
def _require_market(account: address):
    """
    @notice Refuses whoever isn't a market.
    @param account The account.
    """
    assert self._is_market(account), "staking: market"


@internal
@pure
def _some_units(amount: uint256) -> uint256:
    """
    @notice An amount in units, refused if it is nothing.
    @param amount The amount in wei.
    @return uint256 The amount in units.
    """
    assert amount != 0, "staking: nothing"
    return stakes._units(amount)


@internal
def _send(account: address, amount: uint256):
    """
    @notice Sends tokens.
    @param account Who gets them.
    @param amount The amount in wei.
    """
    assert extcall IToken(token).transfer(account, amount), "staking: transfer"


@internal
def _release(operator: address, slashed: uint256, unlocked: uint256, beneficiary: address):
    """
    @notice Ends a part of the caller's lock.
    @param operator The operator.
    @param slashed What it loses, in units.
    @param unlocked What is free again, in units.
    @param beneficiary Who gets half of the loss; zero for nobody.
    """
    self._require_market(msg.sender)
    stakes._require_units(slashed | unlocked)
    lock: stakes.Lock = stakes._lock(operator, msg.sender)
    assert slashed + unlocked <= lock.locked, "staking: locked"
    stake: stakes.Stake = stakes._stake(operator)
    lock.locked -= slashed + unlocked
    stake.locked -= slashed + unlocked
    if slashed != 0:
        stake.own -= slashed  # covers all locks
        stake.thawing = min(stake.thawing, stake.own)
        self._total -= slashed
        lock.to_burn += slashed - self._compensate(operator, slashed, beneficiary)
    stakes._set_lock(operator, msg.sender, lock)
    stakes._set_stake(operator, stake)


@internal
def _compensate(operator: address, slashed: uint256, beneficiary: address) -> uint256:
    """
    @notice Books half of a loss for who was wronged; half, so that slashing oneself always loses.
    @param operator Who lost it.
    @param slashed What it lost, in units.
    @param beneficiary Who gets half; zero for nobody.
    @return uint256 What was booked, in units.
    """
    units: uint256 = slashed // 2 if beneficiary != empty(address) else 0
    if units != 0:
        self._owed[beneficiary] += units
    log IStaking.Slashed(
        operator=operator,
        market=msg.sender,
        beneficiary=beneficiary,
        amount=stakes._wei(slashed),
        compensation=stakes._wei(units),
    )
    return units
