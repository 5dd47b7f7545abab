# pragma version 0.4.3
"""
@title Attendance
@license AGPL-3.0-only
@notice Which periods an operator proved, a bit each. Misses are never reported: they are the bits that
        aren't set in the periods that are over. Mechanism only: who may mark a period, and that it is the
        present one, is the business of the contract that initializes it.
"""


from contracts.modules import bitmap


_MAX_WORDS: constant(uint256) = 3  # what 366 periods touch at most


# operator -> word -> bits: bit p & 255 of word p >> 8 is period p
proven: public(HashMap[address, HashMap[uint256, uint256]])


@internal
def _mark(operator: address, period: uint256):
    """
    @notice Books a period as proven, once.
    @param operator The operator.
    @param period The period.
    """
    bits: uint256 = self.proven[operator][period >> 8]
    bit: uint256 = 1 << (period & 255)
    assert bits & bit == 0, "deals: proven"
    self.proven[operator][period >> 8] = bits | bit


@internal
@view
def _misses(operator: address, first: uint256, end: uint256, most: uint256) -> (uint256, uint256):
    """
    @notice Counts the unproven periods from `first` on, up to and with the one that makes `most`.
    @param operator The operator.
    @param first The first period that counts.
    @param end The first that doesn't, at most 366 later.
    @param most How many misses are enough; not 0.
    @return uint256 How many were missed, at most `most`.
    @return uint256 One past the miss that made `most`, else `end`.
    """
    missed: uint256 = 0
    at: uint256 = first
    # periods are far below 2^256, and a run ends inside its word
    for _: uint256 in range(_MAX_WORDS):
        if at >= end:
            break
        bit: uint256 = at & 255
        count: uint256 = min(unsafe_sub(end, at), unsafe_sub(256, bit))
        gaps: uint256 = bitmap._run(bit, count) & ~self.proven[operator][at >> 8]
        if gaps != 0:
            found: uint256 = bitmap._count(gaps)
            left: uint256 = unsafe_sub(most, missed)
            if found >= left:
                return most, unsafe_add(unsafe_add(unsafe_sub(at, bit), bitmap._nth(gaps, left)), 1)
            missed = unsafe_add(missed, found)
        at = unsafe_add(at, count)
    return missed, end
