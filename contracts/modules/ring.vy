# pragma version 0.4.3
"""
@title Ring
@license AGPL-3.0-only
@notice Where an operator's deals lie one after another, in one word, lowest bits first:
        tail 48 | head 48 | frozen tail 48 | frozen head 48 | frozen 24 | cap 40.
        A position is one unit of price. The ring of a period is what it was at the period's first block:
        the first change in a period keeps tail and head, so a change counts from the next period on.
"""


from contracts.interfaces import IStorageDeals


END: constant(uint256) = 2**48 - 1  # no position reaches it: there lies what is nowhere
LAST_PERIOD: constant(uint256) = 2**24 - 2  # the last one whose successor has a number

_POSITION: constant(uint256) = 2**48 - 1
_PERIOD: constant(uint256) = 2**24 - 1
_HEAD_AT: constant(uint256) = 48
_FROZEN_AT: constant(uint256) = 96
_FROZEN_HEAD_AT: constant(uint256) = 144
_FROZEN_PERIOD_AT: constant(uint256) = 192
_CAP_AT: constant(uint256) = 216
_BOUNDS: constant(uint256) = 2**96 - 1


@internal
@pure
def _bounds(word: uint256) -> (uint256, uint256):
    """
    @notice Tail and head as they will be at the next period's first block
    """
    return word & _POSITION, (word >> _HEAD_AT) & _POSITION


@internal
@pure
def _frozen(word: uint256, period: uint256) -> (uint256, uint256):
    """
    @notice Tail and head as they were at the first block of `period`, the present one
    """
    bounds: uint256 = word
    if (word >> _FROZEN_PERIOD_AT) & _PERIOD == period:
        bounds = word >> _FROZEN_AT
    return bounds & _POSITION, (bounds >> _HEAD_AT) & _POSITION


@internal
@pure
def _cap(word: uint256) -> uint256:
    return word >> _CAP_AT


@internal
@pure
def _with_cap(word: uint256, cap: uint256) -> uint256:
    """
    @notice The same ring with another cap; cap < 2^40
    """
    return (word & (2**_CAP_AT - 1)) | (cap << _CAP_AT)


@internal
@pure
def _with_bounds(word: uint256, period: uint256, tail: uint256, head: uint256) -> uint256:
    """
    @notice The ring from the period after `period` on; an emptied one starts again at 0
    """
    assert head < END and period <= LAST_PERIOD, "ring: full"
    bounds: uint256 = 0
    if tail != head:
        bounds = (head << _HEAD_AT) | tail
    if (word >> _FROZEN_PERIOD_AT) & _PERIOD == period:
        return (word & ~_BOUNDS) | bounds
    kept: uint256 = (period << _FROZEN_PERIOD_AT) | ((word & _BOUNDS) << _FROZEN_AT)
    return (word >> _CAP_AT << _CAP_AT) | kept | bounds


@internal
@pure
def _unpack(word: uint256) -> IStorageDeals.Ring:
    return IStorageDeals.Ring(
        tail=word & _POSITION,
        head=(word >> _HEAD_AT) & _POSITION,
        frozen_tail=(word >> _FROZEN_AT) & _POSITION,
        frozen_head=(word >> _FROZEN_HEAD_AT) & _POSITION,
        frozen=(word >> _FROZEN_PERIOD_AT) & _PERIOD,
        cap=word >> _CAP_AT,
    )
