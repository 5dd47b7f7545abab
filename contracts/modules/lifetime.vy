# pragma version 0.4.3
"""
@title Lifetime
@license AGPL-3.0-only
@notice When a deal is over: E(deal, period) is the earlier of its stored end and one past the miss that
        reaches the limit, as far as the periods before `period` tell. A deal lives in its first and all
        later periods p < E(deal, p). It is asked for the present period only and reads nothing that
        changes during it, so nobody can end a deal after its seed is known.
"""


from contracts.modules import attendance
uses: attendance
from contracts.modules import records


@internal
@view
def _tally(operator: address, word: uint256, period: uint256, limit: uint256) -> (uint256, uint256, uint256):
    """
    @notice The only judge of when a deal is over.
    @param operator The deal's operator.
    @param word The deal's record.
    @param period The present period.
    @param limit How many misses end a deal.
    @return uint256 The deal's misses in the periods that are over; at most `limit`.
    @return uint256 E(deal, period).
    @return uint256 How many periods from the cursor on that are over were declared and not proven.
    """
    end: uint256 = records._end(word)
    missed: uint256 = records._missed(word)
    cursor: uint256 = records._cursor(word)
    if cursor == 0:
        return missed, end, 0
    more: uint256 = 0
    stop: uint256 = 0
    declared: uint256 = 0
    more, stop, declared = attendance._misses(
        operator, cursor, min(end, period), unsafe_sub(limit, missed)
    )
    missed = unsafe_add(missed, more)  # 4 bits each
    return missed, stop if missed == limit else end, declared


@internal
@view
def _end(operator: address, word: uint256, period: uint256, limit: uint256) -> uint256:
    """
    @notice The first period in which a deal doesn't live any more, as far as the past tells.
    @param operator The deal's operator.
    @param word The deal's record.
    @param period The present period.
    @param limit How many misses end a deal.
    @return uint256 E(deal, period).
    """
    return self._tally(operator, word, period, limit)[1]


@internal
@view
def _is_spared(operator: address, word: uint256, period: uint256, limit: uint256) -> bool:
    """
    @notice Whether the miss just before the present period ended a deal: nobody could foresee that and take
            it out of the ring in time, so its bytes may stand in for a hole. Any other end was known before,
            by the terms, a notice or an unanswered challenge.
    @param operator The deal's operator.
    @param word The deal's record.
    @param period The present period.
    @param limit How many misses end a deal.
    @return bool Whether it is.
    """
    missed: uint256 = 0
    end: uint256 = 0
    declared: uint256 = 0
    missed, end, declared = self._tally(operator, word, period, limit)
    return end == period and missed == limit


@internal
@view
def _is_live(operator: address, word: uint256, period: uint256, limit: uint256) -> bool:
    """
    @notice Whether a deal lives in the present period.
    @param operator The deal's operator.
    @param word The deal's record.
    @param period The present period.
    @param limit How many misses end a deal.
    @return bool Whether it does; not if it begins with the next one, nor once it is closed.
    """
    cursor: uint256 = records._cursor(word)
    if cursor == 0 or cursor > period:
        return False
    # misses are below 2^4 and the cursor below 2^24: in so few periods the limit can't have been reached
    if unsafe_add(unsafe_sub(period, cursor), records._missed(word)) < limit:
        return records._end(word) > period
    return self._end(operator, word, period, limit) > period


@internal
@view
def _lives_on(operator: address, word: uint256, period: uint256, limit: uint256) -> bool:
    """
    @notice Whether a deal belongs into the ring of the next period, as far as the present one can tell.
    @param operator The deal's operator.
    @param word The deal's record.
    @param period The present period.
    @param limit How many misses end a deal.
    @return bool Whether it does.
    """
    return self._end(operator, word, period, limit) > unsafe_add(period, 1)
