# pragma version 0.4.3
"""
@title Fee index
@license AGPL-3.0-only
@notice Fees for everybody who staked, by one index for all: what a unit of stake has earned so far. A stake
        is due its present size times the gap between the index and what it was paid up to. Mechanism only:
        who may change what is the business of the contract that initializes it.
@dev The word, low bits first: accounted 84 | total 60 | index 112. Accounted are the wei that the index has
     shared out and nobody fetched; total are all units of stake; the index is wei a unit times 2^64, modulo
     2^112, so gaps stay right when it runs over. Always accounted >= sum of what is due, since every
     rounding, and whatever a slash takes from a stake, leaves it as it is.
     Learning can't revert, whoever gives what: fees wait while too little is staked, and so does what
     would run over a field.
"""


_ACCOUNTED: constant(uint256) = 2**84 - 1
_TOTAL: constant(uint256) = 2**60 - 1
_INDEX: constant(uint256) = 2**112 - 1
_TOTAL_AT: constant(uint256) = 84
_INDEX_AT: constant(uint256) = 144
_SCALE: constant(uint256) = 64
_LEAST: constant(uint256) = 2**30  # units, about a token: below, the first unit staked would get all
_RATE: constant(uint256) = 40  # at most 2^40 wei a unit at once: a step of the index is at most 2^104


word: uint256


@external
@view
def total() -> uint256:
    """
    @notice All stake, own and delegated.
    @return uint256 The amount in wei.
    """
    return ((self.word >> _TOTAL_AT) & _TOTAL) * 10**9


@internal
@pure
def _learnt(fees: uint256, balance: uint256) -> uint256:
    """
    @notice The word after what came in was shared out.
    @param fees The word before.
    @param balance Wei there are for stakers in all.
    @return uint256 The word after.
    """
    total: uint256 = (fees >> _TOTAL_AT) & _TOTAL
    accounted: uint256 = fees & _ACCOUNTED
    if balance <= accounted or total < _LEAST:
        return fees
    fresh: uint256 = min(balance - accounted, min(_ACCOUNTED - accounted, total << _RATE))
    step: uint256 = unsafe_div(fresh << _SCALE, total)
    # what fits was chosen above; the index alone runs over, at the word's end
    return unsafe_add(unsafe_add(fees, fresh), step << _INDEX_AT)


@internal
@pure
def _index(fees: uint256) -> uint256:
    """
    @notice The index.
    @param fees The word.
    @return uint256 Wei a unit of stake, times 2^64.
    """
    return fees >> _INDEX_AT


@internal
@pure
def _due(fees: uint256, paid: uint256, units: uint256) -> uint256:
    """
    @notice What a stake has earned since it was paid.
    @param fees The word.
    @param paid The index up to which it was paid.
    @param units Its present size.
    @return uint256 The amount in wei.
    """
    # 60 and 112 bits
    return unsafe_mul(units, self._gap(fees, paid)) >> _SCALE


@internal
@pure
def _blended(fees: uint256, paid: uint256, units: uint256, more: uint256) -> uint256:
    """
    @notice Up to where a stake that grows counts as paid, so that it is due what it was due before.
    @param fees The word.
    @param paid The index up to which it was paid.
    @param units Its size before.
    @param more What is added, not 0.
    @return uint256 The index up to which the larger stake is paid.
    """
    gap: uint256 = unsafe_div(unsafe_mul(self._gap(fees, paid), units), unsafe_add(units, more))
    return unsafe_sub(fees >> _INDEX_AT, gap) & _INDEX


@internal
@pure
def _grown(fees: uint256, units: uint256) -> uint256:
    """
    @notice The word with more stake.
    @param fees The word before.
    @param units What came; all stake is below 2^60.
    @return uint256 The word after.
    """
    return unsafe_add(fees, units << _TOTAL_AT)


@internal
@pure
def _shrunk(fees: uint256, units: uint256) -> uint256:
    """
    @notice The word with less stake.
    @param fees The word before.
    @param units What went; a part of all stake.
    @return uint256 The word after.
    """
    return unsafe_sub(fees, units << _TOTAL_AT)


@internal
@pure
def _fetched(fees: uint256, amount: uint256) -> uint256:
    """
    @notice The word after somebody was paid.
    @param fees The word before.
    @param amount What was due to it, in wei; a part of what is accounted.
    @return uint256 The word after.
    """
    return unsafe_sub(fees, amount)


@internal
@pure
def _gap(fees: uint256, paid: uint256) -> uint256:
    """
    @notice What the index has risen since somebody was paid.
    @param fees The word.
    @param paid The index up to which it was paid.
    @return uint256 The difference, modulo 2^112.
    """
    return unsafe_sub(fees >> _INDEX_AT, paid) & _INDEX
