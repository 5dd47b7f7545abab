# pragma version 0.4.3
"""
@title Delegations
@license AGPL-3.0-only
@notice Shares of what others have delegated to an operator. A share has one price, which only a slash
        lowers; what thaws is a mark on the same shares, so it loses and earns with them. Mechanism only: who
        may change what is the business of the contract that initializes it.
@dev Low bits first.
       pool:       price 64 (2^63 is 1) | thawing shares 72 | generation 32 | commission 14; zero: no operator
       delegation: shares 72 | generation 32 | paid 112
       exit:       shares 72 | generation 32 | until 64
     Always sum of shares * price <= delegated units * 2^63. A share is minted at 2^-8 or more, so all of a
     generation are below 2^68. Below 2^-16 a generation ends: its shares count nothing from then on, and
     what is left of the tranche backs locks and is nobody's.
"""


from contracts.interfaces import IStaking
from contracts.modules import fee_index
from contracts.modules import thaws
uses: thaws


_BASIS: constant(uint256) = 10_000
_ONE: constant(uint256) = 2**63
_CLOSED: constant(uint256) = 2**55  # below, nobody joins: who comes late shall not die of a small slash
_WORTHLESS: constant(uint256) = 2**47
_PRICE: constant(uint256) = 2**64 - 1
_SHARES: constant(uint256) = 2**72 - 1
_GENERATION: constant(uint256) = 2**32 - 1
_THAWING_AT: constant(uint256) = 64
_POOL_GENERATION_AT: constant(uint256) = 136
_COMMISSION_AT: constant(uint256) = 168
_GENERATION_AT: constant(uint256) = 72
_MARK_AT: constant(uint256) = 104  # the index paid, or the block until which an exit waits
_HELD: constant(uint256) = 2**104 - 1


_pools: HashMap[address, uint256]
_delegations: HashMap[address, HashMap[address, uint256]]
_exits: HashMap[address, HashMap[address, uint256]]


@external
@view
def pool_of(operator: address) -> IStaking.Pool:
    """
    @notice What the shares of an operator's delegators are.
    @param operator The operator.
    @return Pool Price, generation and the shares that thaw; all zero for who never staked.
    """
    pool: uint256 = self._pools[operator]
    return IStaking.Pool(
        price=pool & _PRICE,
        generation=self._generation(pool),
        thawing_shares=self._thawing_shares(operator),
    )


# The operator


@internal
def _open(operator: address, commission: uint256):
    """
    @notice Opens an operator's pool with its commission; one that is open has to have this commission.
    @param operator The operator.
    @param commission Its part of what its delegators earn, in basis points.
    """
    pool: uint256 = self._pools[operator]
    if pool == 0:
        assert commission <= _BASIS, "staking: commission"
        self._pools[operator] = _ONE | (commission << _COMMISSION_AT)
    else:
        assert commission == pool >> _COMMISSION_AT, "staking: commission"


@internal
def _lower_commission(operator: address, commission: uint256):
    """
    @notice Lowers an operator's commission.
    @param operator The operator.
    @param commission The new one; who never staked has none to lower.
    """
    pool: uint256 = self._pools[operator]
    assert commission < pool >> _COMMISSION_AT, "staking: commission"
    self._pools[operator] = (pool & (2**_COMMISSION_AT - 1)) | (commission << _COMMISSION_AT)


@internal
@view
def _commission(operator: address) -> uint256:
    """
    @notice An operator's commission.
    @param operator The operator.
    @return uint256 Basis points.
    """
    return self._pools[operator] >> _COMMISSION_AT


# Delegators


@internal
def _join(operator: address, holder: address, units: uint256, fees: uint256) -> uint256:
    """
    @notice Gives a delegator shares for what it brings, at today's price.
    @param operator The operator.
    @param holder The delegator.
    @param units What it brings, not 0.
    @param fees The word of the fee index.
    @return uint256 The new shares.
    """
    pool: uint256 = self._pools[operator]
    assert pool != 0, "staking: operator"
    price: uint256 = pool & _PRICE
    assert price >= _CLOSED, "staking: closed"
    word: uint256 = self._delegations[operator][holder]
    held: uint256 = self._shares(pool, word)
    paid: uint256 = fee_index._blended(fees, word >> _MARK_AT, unsafe_mul(held, price) >> 63, units)
    shares: uint256 = unsafe_div(units << 63, price)
    generation: uint256 = self._generation(pool)
    # all shares of a generation fit their bits, see above
    self._delegations[operator][holder] = (
        unsafe_add(held, shares) | (generation << _GENERATION_AT) | (paid << _MARK_AT)
    )
    return shares


@internal
def _thaw(operator: address, holder: address, shares: uint256, until: uint256) -> uint256:
    """
    @notice Marks more shares as thawing, and restarts the clock for all that are.
    @param operator The operator.
    @param holder The delegator.
    @param shares How many, besides those that thaw already.
    @param until The first block in which they may leave.
    @return uint256 All shares that thaw now.
    """
    pool: uint256 = self._pools[operator]
    thawing: uint256 = self._shares(pool, self._exits[operator][holder])
    held: uint256 = self._shares(pool, self._delegations[operator][holder])
    assert shares <= held - thawing, "staking: shares"
    # together no more than the holder's shares, and everybody's fit their bits
    thawing = unsafe_add(thawing, shares)
    assert thawing != 0, "staking: nothing"
    self._exits[operator][holder] = (
        thawing | (self._generation(pool) << _GENERATION_AT) | (until << _MARK_AT)
    )
    self._pools[operator] = unsafe_add(pool, shares << _THAWING_AT)
    return thawing


@internal
def _leave(operator: address, holder: address) -> uint256:
    """
    @notice Takes out the shares that have thawed.
    @param operator The operator.
    @param holder The delegator.
    @return uint256 What they are worth, in units.
    """
    pool: uint256 = self._pools[operator]
    leaving: uint256 = self._exits[operator][holder]
    shares: uint256 = self._shares(pool, leaving)
    assert shares != 0, "staking: nothing"
    thaws._require_thawed(leaving >> _MARK_AT)
    self._exits[operator][holder] = 0
    # thawing shares are a part of the holder's and of all that thaw
    self._delegations[operator][holder] = unsafe_sub(self._delegations[operator][holder], shares)
    self._pools[operator] = unsafe_sub(pool, shares << _THAWING_AT)
    return unsafe_mul(shares, pool & _PRICE) >> 63


@internal
def _claim(operator: address, holder: address, fees: uint256) -> (uint256, uint256):
    """
    @notice What a delegator is due, which then counts as paid.
    @param operator The operator.
    @param holder The delegator.
    @param fees The word of the fee index.
    @return uint256 Its part, in wei.
    @return uint256 The operator's commission, in wei.
    """
    word: uint256 = self._delegations[operator][holder]
    self._delegations[operator][holder] = (word & _HELD) | (fee_index._index(fees) << _MARK_AT)
    return self._split(self._pools[operator], word, fees)


@internal
@view
def _delegation(operator: address, holder: address, fees: uint256) -> IStaking.Delegation:
    """
    @notice What a delegator has with an operator.
    @param operator The operator.
    @param holder The delegator.
    @param fees The word of the fee index.
    @return Delegation Its shares and what they are worth.
    """
    pool: uint256 = self._pools[operator]
    word: uint256 = self._delegations[operator][holder]
    leaving: uint256 = self._exits[operator][holder]
    thawing: uint256 = self._shares(pool, leaving)
    claimable: uint256 = 0
    commission: uint256 = 0
    claimable, commission = self._split(pool, word, fees)
    return IStaking.Delegation(
        shares=self._shares(pool, word),
        value=self._value(pool, word) * 10**9,
        thawing_shares=thawing,
        thaw_until=leaving >> _MARK_AT if thawing != 0 else 0,
        claimable=claimable,
    )


# The tranche


@internal
@view
def _thawing_shares(operator: address) -> uint256:
    """
    @notice How many shares of an operator's delegators thaw.
    @param operator The operator.
    @return uint256 The shares.
    """
    return (self._pools[operator] >> _THAWING_AT) & _SHARES


@internal
@view
def _thawing(operator: address) -> uint256:
    """
    @notice What the thawing shares of an operator's delegators are worth.
    @param operator The operator.
    @return uint256 The units.
    """
    pool: uint256 = self._pools[operator]
    return unsafe_mul((pool >> _THAWING_AT) & _SHARES, pool & _PRICE) >> 63


@internal
def _slash(operator: address, lost: uint256, before: uint256):
    """
    @notice Lowers the price of a share, or ends the generation where little is left.
    @param operator The operator.
    @param lost What the tranche loses, in units.
    @param before What it was, in units; not less.
    """
    pool: uint256 = self._pools[operator]
    price: uint256 = unsafe_div(unsafe_mul(pool & _PRICE, unsafe_sub(before, lost)), before)
    if price < _WORTHLESS:
        # nothing thaws of the next one; the commission stays
        next: uint256 = unsafe_add(pool >> _POOL_GENERATION_AT, 1)
        self._pools[operator] = (next << _POOL_GENERATION_AT) | _ONE
    else:
        self._pools[operator] = (pool & ~_PRICE) | price


# The words


@internal
@pure
def _generation(pool: uint256) -> uint256:
    """
    @notice The generation of shares that counts.
    @param pool The operator's pool.
    @return uint256 Its number.
    """
    return (pool >> _POOL_GENERATION_AT) & _GENERATION


@internal
@pure
def _shares(pool: uint256, word: uint256) -> uint256:
    """
    @notice The shares of a delegation or an exit; none if their generation has ended.
    @param pool The operator's pool.
    @param word The delegation or the exit.
    @return uint256 The shares.
    """
    if (word >> _GENERATION_AT) & _GENERATION != (pool >> _POOL_GENERATION_AT) & _GENERATION:
        return 0
    return word & _SHARES


@internal
@pure
def _value(pool: uint256, word: uint256) -> uint256:
    """
    @notice What the shares of a delegation are worth.
    @param pool The operator's pool.
    @param word The delegation.
    @return uint256 The units.
    """
    return unsafe_mul(self._shares(pool, word), pool & _PRICE) >> 63  # 72 and 64 bits


@internal
@pure
def _split(pool: uint256, word: uint256, fees: uint256) -> (uint256, uint256):
    """
    @notice What a delegation has earned, shared between the delegator and the operator.
    @param pool The operator's pool.
    @param word The delegation.
    @param fees The word of the fee index.
    @return uint256 The delegator's part, in wei.
    @return uint256 The operator's commission, in wei.
    """
    due: uint256 = fee_index._due(fees, word >> _MARK_AT, self._value(pool, word))
    commission: uint256 = unsafe_div(unsafe_mul(due, pool >> _COMMISSION_AT), _BASIS)
    return unsafe_sub(due, commission), commission
