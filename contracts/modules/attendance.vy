# pragma version 0.4.3
"""
@title Attendance
@license AGPL-3.0-only
@notice Which periods an operator proved and which it had declared for maintenance, two bits each. Misses
        are never reported: they are the periods that are over with neither bit set. Mechanism only: who may
        set a bit, and of which period, is the business of the contract that initializes it.
@dev One word for 128 periods, so that whoever looks for a proof finds the declaration beside it:
     bit p & 127 of word p >> 7 says that p was proven, the bit 128 above it that p was declared.
"""


from contracts.modules import bitmap


_MAX_WORDS: constant(uint256) = 4  # what 366 periods touch at most
_DECLARED_AT: constant(uint256) = 128
_HALF: constant(uint256) = 2**128 - 1
_RUN: constant(uint256) = 2**32 - 1  # periods that share what may be declared
_MAX_DECLARED: constant(uint256) = 2  # in a run


words: HashMap[address, HashMap[uint256, uint256]]  # by operator


@external
@view
def proven(operator: address, word: uint256) -> uint256:
    """
    @notice Which periods an operator proved, 256 of them.
    @param operator The operator.
    @param word Which 256.
    @return uint256 Bit p & 255 of word p >> 8 is set if period p was proven.
    """
    return self._gathered(operator, word, 0)


@external
@view
def declared(operator: address, word: uint256) -> uint256:
    """
    @notice Which periods an operator declared for maintenance, 256 of them.
    @param operator The operator.
    @param word Which 256.
    @return uint256 Bit p & 255 of word p >> 8 is set if period p is declared.
    """
    return self._gathered(operator, word, _DECLARED_AT)


@internal
def _mark(operator: address, period: uint256):
    """
    @notice Books a period as proven, once; who declared it can't wait for a kind seed.
    @param operator The operator.
    @param period The period.
    """
    word: uint256 = self.words[operator][period >> 7]
    bit: uint256 = 1 << (period & 127)
    assert word & bit == 0, "deals: proven"
    assert word & (bit << _DECLARED_AT) == 0, "deals: declared"
    self.words[operator][period >> 7] = word | bit


@internal
def _declare(operator: address, period: uint256):
    """
    @notice Books a period as one of maintenance, for good.
    @param operator The operator.
    @param period The period.
    """
    word: uint256 = self.words[operator][period >> 7]
    declared: uint256 = word | (1 << (_DECLARED_AT + (period & 127)))
    assert declared != word, "deals: declared"
    # 128 is whole runs, so a run lies in one word
    run: uint256 = (declared >> (_DECLARED_AT + (period & 96))) & _RUN
    assert bitmap._count(run) <= _MAX_DECLARED, "deals: maintenance"
    self.words[operator][period >> 7] = declared


@internal
@view
def _is_declared(operator: address, period: uint256) -> bool:
    """
    @notice Whether a period is one of maintenance.
    @param operator The operator.
    @param period The period.
    @return bool Whether it is.
    """
    return (self.words[operator][period >> 7] >> (_DECLARED_AT + (period & 127))) & 1 != 0


@internal
@view
def _misses(
    operator: address, first: uint256, end: uint256, most: uint256
) -> (uint256, uint256, uint256):
    """
    @notice Counts the periods from `first` on that were neither proven nor declared, up to and with the one
            that makes `most`.
    @param operator The operator.
    @param first The first period that counts.
    @param end The first that doesn't, at most 366 later.
    @param most How many misses are enough; not 0.
    @return uint256 How many were missed, at most `most`.
    @return uint256 One past the miss that made `most`, else `end`.
    @return uint256 How many periods before that were declared.
    """
    missed: uint256 = 0
    declared: uint256 = 0
    at: uint256 = first
    # periods are far below 2^256, and a run ends inside its word
    for _: uint256 in range(_MAX_WORDS):
        if at >= end:
            break
        bit: uint256 = at & 127
        count: uint256 = min(unsafe_sub(end, at), unsafe_sub(128, bit))
        word: uint256 = self.words[operator][at >> 7]
        gaps: uint256 = bitmap._run(bit, count) & ~word
        if gaps != 0:
            excused: uint256 = gaps & (word >> _DECLARED_AT)
            gaps ^= excused
            found: uint256 = bitmap._count(gaps)
            left: uint256 = unsafe_sub(most, missed)
            if found >= left:
                last: uint256 = bitmap._nth(gaps, left)
                declared = unsafe_add(declared, bitmap._count(excused & ((1 << last) - 1)))
                return most, unsafe_add(unsafe_add(unsafe_sub(at, bit), last), 1), declared
            missed = unsafe_add(missed, found)
            if excused != 0:
                declared = unsafe_add(declared, bitmap._count(excused))
        at = unsafe_add(at, count)
    return missed, end, declared


@internal
@view
def _gathered(operator: address, word: uint256, from_bit: uint256) -> uint256:
    """
    @notice One kind of bit of 256 periods.
    @param operator The operator.
    @param word Which 256.
    @param from_bit Where the bits of this kind begin.
    @return uint256 The bits.
    """
    low: uint256 = (self.words[operator][2 * word] >> from_bit) & _HALF
    high: uint256 = (self.words[operator][2 * word + 1] >> from_bit) & _HALF
    return (high << 128) | low
