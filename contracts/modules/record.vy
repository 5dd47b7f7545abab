# pragma version 0.4.3
"""
@title Record
@license AGPL-3.0-only
@notice A deal in one word, lowest bits first:
        start 48 | previous 48 | price 40 | leaves 26 | moved 24 | end 24 | cursor 24 | missed 4 | free 18.
        The importer keeps every field within its bits.
"""


from contracts.interfaces import IStorageDeals


NOWHERE: constant(uint256) = 2**48 - 1  # the start of a deal that lies in no ring

_POSITION: constant(uint256) = 2**48 - 1
_PRICE: constant(uint256) = 2**40 - 1
_LEAVES: constant(uint256) = 2**26 - 1
_PERIOD: constant(uint256) = 2**24 - 1
_MISSED: constant(uint256) = 2**4 - 1
_PREVIOUS_AT: constant(uint256) = 48
_PRICE_AT: constant(uint256) = 96
_LEAVES_AT: constant(uint256) = 136
_MOVED_AT: constant(uint256) = 162
_END_AT: constant(uint256) = 186
_CURSOR_AT: constant(uint256) = 210
_MISSED_AT: constant(uint256) = 234
_PLACE: constant(uint256) = (_PERIOD << _MOVED_AT) | (_POSITION << _PREVIOUS_AT) | _POSITION
_PROGRESS: constant(uint256) = (_MISSED << _MISSED_AT) | (_PERIOD << _CURSOR_AT) | (_PERIOD << _END_AT)


@internal
@pure
def _new(start: uint256, price: uint256, leaves: uint256, first: uint256, end: uint256) -> uint256:
    """
    @notice A deal that lies at `start` from period `first` on, and nowhere before
    """
    return (
        (first << _CURSOR_AT)
        | (end << _END_AT)
        | (first << _MOVED_AT)
        | (leaves << _LEAVES_AT)
        | (price << _PRICE_AT)
        | (NOWHERE << _PREVIOUS_AT)
        | start
    )


@internal
@pure
def _start(word: uint256) -> uint256:
    return word & _POSITION


@internal
@pure
def _start_in(word: uint256, period: uint256) -> uint256:
    """
    @notice Where the deal lay at the first block of `period`, the present one
    """
    if self._moved(word) > period:
        return (word >> _PREVIOUS_AT) & _POSITION
    return word & _POSITION


@internal
@pure
def _price(word: uint256) -> uint256:
    return (word >> _PRICE_AT) & _PRICE


@internal
@pure
def _leaves(word: uint256) -> uint256:
    return (word >> _LEAVES_AT) & _LEAVES


@internal
@pure
def _moved(word: uint256) -> uint256:
    return (word >> _MOVED_AT) & _PERIOD


@internal
@pure
def _end(word: uint256) -> uint256:
    return (word >> _END_AT) & _PERIOD


@internal
@pure
def _cursor(word: uint256) -> uint256:
    return (word >> _CURSOR_AT) & _PERIOD


@internal
@pure
def _missed(word: uint256) -> uint256:
    return (word >> _MISSED_AT) & _MISSED


@internal
@pure
def _move(word: uint256, period: uint256, start: uint256) -> uint256:
    """
    @notice Put the deal at `start` from the period after `period` on; the present place answers for `period`
    """
    # a second move would forget where the deal lies in `period`
    assert self._moved(word) <= period, "record: moved"
    return (word & ~_PLACE) | ((period + 1) << _MOVED_AT) | ((word & _POSITION) << _PREVIOUS_AT) | start


@internal
@pure
def _advance(word: uint256, cursor: uint256, end: uint256, missed: uint256) -> uint256:
    """
    @notice The deal settled up to `cursor` (0: closed) with `missed` misses so far
    """
    return (word & ~_PROGRESS) | (missed << _MISSED_AT) | (cursor << _CURSOR_AT) | (end << _END_AT)


@internal
@pure
def _unpack(word: uint256) -> IStorageDeals.Record:
    return IStorageDeals.Record(
        start=self._start(word),
        previous=(word >> _PREVIOUS_AT) & _POSITION,
        price=self._price(word),
        leaves=self._leaves(word),
        moved=self._moved(word),
        end=self._end(word),
        cursor=self._cursor(word),
        missed=self._missed(word),
    )
