# pragma version 0.4.3
"""
@title Stakes
@license AGPL-3.0-only
@notice What stands behind operators, own and delegated: two slots an operator. Mechanism only: who may
        change what is the business of the contract that initializes it. Stake counts in units of 10^9 wei
        and the token's supply is below 2^60 units, so every amount fits its 60 bits and no sum of some
        overflows.
@dev Low bits first.
       stake: own 60 | delegated 60 | locked 60 | own thawing 60 | delegators thaw 1
       mark:  paid 112 | until 64
     Paid is the fee index up to which own stake was paid; until is the first block in which own thawing
     stake may leave. Always locked <= own + delegated and own thawing <= own.
"""


from contracts.modules import fee_index
from contracts.modules import thaws
uses: thaws


# What stands behind an operator, in units.
struct Stake:
    own: uint256
    delegated: uint256
    locked: uint256
    thawing: uint256
    delegators_thaw: bool


_UNIT: constant(uint256) = 10**9  # wei
_MOST: constant(uint256) = 2**60 - 1  # units
_DELEGATED_AT: constant(uint256) = 60
_LOCKED_AT: constant(uint256) = 120
_THAWING_AT: constant(uint256) = 180
_THAWS: constant(uint256) = 1 << 240
_PAID: constant(uint256) = 2**112 - 1
_UNTIL_AT: constant(uint256) = 112


words: HashMap[address, uint256]
_marks: HashMap[address, uint256]


# Units


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
def _some_units(amount: uint256) -> uint256:
    """
    @notice An amount in units, refused if it is nothing.
    @param amount The amount in wei.
    @return uint256 The amount in units.
    """
    assert amount != 0, "staking: nothing"
    return self._units(amount)


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


# The operator's own


@internal
def _bond(operator: address, units: uint256, fees: uint256):
    """
    @notice Adds to an operator's own stake, which is due then what it was due before.
    @param operator The operator.
    @param units What is added, not 0.
    @param fees The word of the fee index.
    """
    word: uint256 = self.words[operator]
    mark: uint256 = self._marks[operator]
    paid: uint256 = fee_index._blended(fees, mark & _PAID, word & _MOST, units)
    self._marks[operator] = (mark & ~_PAID) | paid
    self.words[operator] = unsafe_add(word, units)


@internal
def _thaw(operator: address, units: uint256, until: uint256) -> uint256:
    """
    @notice Lets more of an operator's own stake thaw, and restarts the clock for all that does.
    @param operator The operator.
    @param units How much, besides what thaws already.
    @param until The first block in which it may leave.
    @return uint256 All that thaws now, in units.
    """
    word: uint256 = self.words[operator]
    thawing: uint256 = unsafe_add(word >> _THAWING_AT & _MOST, units)
    assert thawing != 0, "staking: nothing"
    assert thawing <= word & _MOST, "staking: stake"
    self.words[operator] = unsafe_add(word, units << _THAWING_AT)
    self._marks[operator] = (self._marks[operator] & _PAID) | (until << _UNTIL_AT)
    return thawing


@internal
def _leave(operator: address, leverage: uint256) -> uint256:
    """
    @notice Takes out the own stake that has thawed, if what stays covers the locks.
    @param operator The operator.
    @param leverage How many units one of own stake may cover.
    @return uint256 What leaves, in units.
    """
    stake: Stake = self._stake(operator)
    units: uint256 = stake.thawing
    assert units != 0, "staking: nothing"
    thaws._require_thawed(self._thaw_until(operator))
    stake.own -= units
    stake.thawing = 0
    assert stake.locked <= stake.own + stake.delegated, "staking: locked"
    assert stake.locked <= leverage * stake.own, "staking: leverage"
    self._set_stake(operator, stake)
    return units


@internal
@view
def _due(operator: address, fees: uint256) -> uint256:
    """
    @notice What an operator's own stake has earned.
    @param operator The operator.
    @param fees The word of the fee index.
    @return uint256 The amount in wei.
    """
    return fee_index._due(fees, self._marks[operator] & _PAID, self.words[operator] & _MOST)


@internal
def _claim(operator: address, fees: uint256) -> uint256:
    """
    @notice What an operator's own stake has earned, which then counts as paid.
    @param operator The operator.
    @param fees The word of the fee index.
    @return uint256 The amount in wei.
    """
    due: uint256 = self._due(operator, fees)
    self._marks[operator] = (self._marks[operator] & ~_PAID) | fee_index._index(fees)
    return due


@internal
@view
def _thaw_until(operator: address) -> uint256:
    """
    @notice When an operator's own thawing stake may leave.
    @param operator The operator.
    @return uint256 The first block.
    """
    return self._marks[operator] >> _UNTIL_AT


# The delegated tranche


@internal
def _join(operator: address, units: uint256):
    """
    @notice Adds to what is delegated to an operator.
    @param operator The operator.
    @param units What is added.
    """
    self.words[operator] = unsafe_add(self.words[operator], units << _DELEGATED_AT)


@internal
def _mark_thawing(operator: address):
    """
    @notice Remembers that delegators of an operator are on their way out, so that locks look at them.
    @param operator The operator.
    """
    self.words[operator] |= _THAWS


@internal
def _part(operator: address, units: uint256, others_thaw: bool):
    """
    @notice Takes out of what is delegated to an operator, if what stays covers the locks. What own stake may
            cover doesn't change by it.
    @param operator The operator.
    @param units What leaves; a part of the tranche.
    @param others_thaw Whether delegators are still on their way out.
    """
    stake: Stake = self._stake(operator)
    stake.delegated -= units
    stake.delegators_thaw = others_thaw
    assert stake.locked <= stake.own + stake.delegated, "staking: locked"
    self._set_stake(operator, stake)


# The word


@internal
@view
def _stake(operator: address) -> Stake:
    """
    @notice What stands behind an operator.
    @param operator The operator.
    @return Stake Its stake in units.
    """
    word: uint256 = self.words[operator]
    return Stake(
        own=word & _MOST,
        delegated=(word >> _DELEGATED_AT) & _MOST,
        locked=(word >> _LOCKED_AT) & _MOST,
        thawing=(word >> _THAWING_AT) & _MOST,
        delegators_thaw=word & _THAWS != 0,
    )


@internal
def _set_stake(operator: address, stake: Stake):
    """
    @notice Writes what stands behind an operator.
    @param operator The operator.
    @param stake Its stake in units.
    """
    word: uint256 = stake.own | (stake.delegated << _DELEGATED_AT) | (stake.locked << _LOCKED_AT)
    word |= stake.thawing << _THAWING_AT
    self.words[operator] = word | _THAWS if stake.delegators_thaw else word
