# pragma version 0.4.3
"""
@title Numbers
@license AGPL-3.0-only
@notice The numbers of a market for deals, frozen at its deployment, and what follows from them alone.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import seeds


_STAKE_UNIT: constant(uint256) = 10**9  # wei
_BASIS: constant(uint256) = 10_000
_MAX_WINDOW: constant(uint256) = 2**32  # blocks


parameters: public(immutable(IStorageDeals.Parameters))
LEAST: immutable(uint256)  # units of collateral for a price of 1


@deploy
def __init__(parameters_: IStorageDeals.Parameters):
    """
    @notice Freezes the numbers.
    @param parameters_ The numbers.
    """
    least: uint256 = parameters_.cover * parameters_.price_unit * parameters_.rate
    assert parameters_.period >= 2 and seeds._is_readable(parameters_.period), "deals: period"
    assert parameters_.limit >= 2 and parameters_.limit <= 15, "deals: limit"
    assert parameters_.fee <= _BASIS, "deals: fee"
    # whole units, and enough of them that a miss of the cheapest deal costs one
    assert least % _STAKE_UNIT == 0 and least // _STAKE_UNIT >= parameters_.limit, "deals: cover"
    # an operator that is down for a period, or has declared one, can still answer
    assert parameters_.window >= 2 * parameters_.period, "deals: window"
    assert parameters_.window < _MAX_WINDOW, "deals: window"
    parameters = parameters_
    LEAST = least // _STAKE_UNIT


@external
@view
def period() -> uint256:
    """
    @notice The present period.
    @return uint256 Its number.
    """
    return self._period()


@internal
@view
def _period() -> uint256:
    """
    @notice The present period.
    @return uint256 Its number.
    """
    return unsafe_div(block.number, parameters.period)  # at least 2, as the constructor saw to


@internal
@view
def _fee(price: uint256) -> uint256:
    """
    @notice What is kept of one proven period, rounded up for each: else the sum would depend on how many are
            settled at once.
    @param price What the period costs, in wei.
    @return uint256 The fee in wei.
    """
    return (price * parameters.fee + _BASIS - 1) // _BASIS
