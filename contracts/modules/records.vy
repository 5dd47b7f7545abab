# pragma version 0.4.3
"""
@title Records
@license AGPL-3.0-only
@notice What is kept of a deal: one word. Mechanism only: who may change what, and that every field fits its
        bits, is the business of the contract that initializes it.
@dev Low bits first: start 48 | previous 48 | price 40 | leaves 26 | moved 24 | end 24 | cursor 24 |
     missed 4 | exited 1. `IStorageDeals.Record` says what the fields mean.
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
_EXITED_AT: constant(uint256) = 238
_PLACE: constant(uint256) = (_PERIOD << _MOVED_AT) | (_POSITION << _PREVIOUS_AT) | _POSITION
_PROGRESS: constant(uint256) = (_MISSED << _MISSED_AT) | (_PERIOD << _CURSOR_AT) | (_PERIOD << _END_AT)


words: HashMap[bytes32, uint256]  # by the deal's id; zero: there is none


@internal
@pure
def _unpacked(word: uint256, challenged: bool) -> IStorageDeals.Record:
    """
    @notice A record for whoever reads it.
    @param word The record.
    @param challenged Whether a challenge is open, which isn't kept here.
    @return Record Its fields; all zero if there is none.
    """
    return IStorageDeals.Record(
        start=self._start(word),
        previous=(word >> _PREVIOUS_AT) & _POSITION,
        price=self._price(word),
        leaves=self._leaves(word),
        moved=self._moved(word),
        end=self._end(word),
        cursor=self._cursor(word),
        missed=self._missed(word),
        challenged=challenged,
        exited=self._exited(word),
    )


@internal
@pure
def _new(start: uint256, price: uint256, leaves: uint256, first: uint256, end: uint256) -> uint256:
    """
    @notice The record of a deal that lies nowhere before its first period.
    @param start Where it lies from then on.
    @param price Its price.
    @param leaves Its leaves.
    @param first Its first period.
    @param end The first period that it doesn't cover.
    @return uint256 The word.
    """
    place: uint256 = (first << _MOVED_AT) | (NOWHERE << _PREVIOUS_AT) | start
    return (first << _CURSOR_AT) | (end << _END_AT) | (leaves << _LEAVES_AT) | (price << _PRICE_AT) | place


@internal
@pure
def _moved_to(word: uint256, period: uint256, start: uint256) -> uint256:
    """
    @notice The record with another place from the next period on; the present place answers for this one.
    @param word The record.
    @param period The present period.
    @param start Where the deal lies then.
    @return uint256 The word.
    """
    # a second move would forget where the deal lies in `period`
    assert self._moved(word) <= period, "deals: moved"
    # `period` has a successor of 24 bits: the ring saw to that
    place: uint256 = (unsafe_add(period, 1) << _MOVED_AT) | (self._start(word) << _PREVIOUS_AT) | start
    return (word & ~_PLACE) | place


@internal
@pure
def _settled(word: uint256, cursor: uint256, end: uint256, missed: uint256) -> uint256:
    """
    @notice The record of a deal that was settled.
    @param word The record before.
    @param cursor The first period that isn't settled; 0 closes the deal.
    @param end The first period that the deal doesn't cover.
    @param missed All its misses so far.
    @return uint256 The word.
    """
    return (word & ~_PROGRESS) | (missed << _MISSED_AT) | (cursor << _CURSOR_AT) | (end << _END_AT)


@internal
@pure
def _with_end(word: uint256, end: uint256) -> uint256:
    """
    @notice The record of a deal that was prolonged or cut short.
    @param word The record before.
    @param end The first period that the deal doesn't cover.
    @return uint256 The word.
    """
    return (word & ~(_PERIOD << _END_AT)) | (end << _END_AT)


@internal
@pure
def _left(word: uint256) -> uint256:
    """
    @notice The record of a deal that its operator wants to leave.
    @param word The record before.
    @return uint256 The word.
    """
    return word | (1 << _EXITED_AT)


@internal
@pure
def _start_in(word: uint256, period: uint256) -> uint256:
    """
    @notice Where a deal lay at the first block of a period.
    @param word The record.
    @param period The present period.
    @return uint256 The position.
    """
    if self._moved(word) > period:
        return (word >> _PREVIOUS_AT) & _POSITION
    return self._start(word)


@internal
@pure
def _start(word: uint256) -> uint256:
    """
    @notice Where a deal lies from the next period on.
    @param word The record.
    @return uint256 The position.
    """
    return word & _POSITION


@internal
@pure
def _price(word: uint256) -> uint256:
    """
    @notice What a deal pays for a period, and how long it is in the ring.
    @param word The record.
    @return uint256 The price.
    """
    return (word >> _PRICE_AT) & _PRICE


@internal
@pure
def _leaves(word: uint256) -> uint256:
    """
    @notice How large a deal is.
    @param word The record.
    @return uint256 Its leaves.
    """
    return (word >> _LEAVES_AT) & _LEAVES


@internal
@pure
def _moved(word: uint256) -> uint256:
    """
    @notice Since when a deal lies where it does.
    @param word The record.
    @return uint256 The period.
    """
    return (word >> _MOVED_AT) & _PERIOD


@internal
@pure
def _end(word: uint256) -> uint256:
    """
    @notice How long a deal was agreed, or found to last.
    @param word The record.
    @return uint256 The first period that it doesn't cover.
    """
    return (word >> _END_AT) & _PERIOD


@internal
@pure
def _cursor(word: uint256) -> uint256:
    """
    @notice How far a deal is settled.
    @param word The record.
    @return uint256 The first period that isn't; 0 if it is closed.
    """
    return (word >> _CURSOR_AT) & _PERIOD


@internal
@pure
def _missed(word: uint256) -> uint256:
    """
    @notice The misses of a deal in its settled periods.
    @param word The record.
    @return uint256 How many.
    """
    return (word >> _MISSED_AT) & _MISSED


@internal
@pure
def _exited(word: uint256) -> bool:
    """
    @notice Whether the operator ended a deal.
    @param word The record.
    @return bool Whether it did.
    """
    return (word >> _EXITED_AT) & 1 != 0
