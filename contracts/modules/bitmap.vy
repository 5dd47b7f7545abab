# pragma version 0.4.3
"""
@title Bitmap
@license AGPL-3.0-only
@notice Counts and finds bits of a word.
"""


# Masks of the classical population count, each written as what it repeats.
_ALTERNATE_1: constant(uint256) = max_value(uint256) // 3  # 01
_ALTERNATE_2: constant(uint256) = max_value(uint256) // 5  # 0011
_ALTERNATE_4: constant(uint256) = max_value(uint256) // 17  # 0x0f
_ALTERNATE_8: constant(uint256) = max_value(uint256) // 257  # 0x00ff
_ONES_16: constant(uint256) = max_value(uint256) // 65_535  # 0x0001


@internal
@pure
def _run(first: uint256, count: uint256) -> uint256:
    """
    @notice Ones in a row.
    @param first The lowest of them.
    @param count How many, at least 1; first + count <= 256.
    @return uint256 The word.
    """
    return (max_value(uint256) >> unsafe_sub(256, count)) << first


@internal
@pure
def _count(word: uint256) -> uint256:
    """
    @notice How many bits of a word are set.
    @param word The word.
    @return uint256 The number.
    """
    # no step overflows: each field holds a count that is at most its width
    pairs: uint256 = unsafe_sub(word, (word >> 1) & _ALTERNATE_1)
    nibbles: uint256 = unsafe_add(pairs & _ALTERNATE_2, (pairs >> 2) & _ALTERNATE_2)
    octets: uint256 = unsafe_add(nibbles, nibbles >> 4) & _ALTERNATE_4
    # 32 octets sum to at most 256, which needs nine bits: so they are paired before the product
    doubles: uint256 = unsafe_add(octets, octets >> 8) & _ALTERNATE_8
    return unsafe_mul(doubles, _ONES_16) >> 240


@internal
@pure
def _nth(word: uint256, n: uint256) -> uint256:
    """
    @notice Where the n-th lowest set bit of a word is.
    @param word The word.
    @param n Which one, from 1 to as many as are set.
    @return uint256 Its index.
    """
    index: uint256 = 0
    left: uint256 = n
    rest: uint256 = word
    for step: uint256 in range(8):
        half: uint256 = 128 >> step
        below: uint256 = self._count(rest & ((1 << half) - 1))
        if left > below:
            left = unsafe_sub(left, below)
            index = unsafe_add(index, half)
            rest >>= half
    return index
