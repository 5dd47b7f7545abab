# pragma version 0.4.3
"""
@title Split shares
@license GNU Affero General Public License v3.0 only
@notice The arithmetic of splits: which account a list of shares owns, and what a recipient gets of an
        income, so that after any number of distributions its sum is total * weight // 10^6 to the wei.
"""


_WHOLE: constant(uint256) = 1_000_000
_TAG: constant(bytes32) = keccak256("XMBL split")


@internal
@pure
def _account(digest: bytes32) -> address:
    """
    @notice The account of a split. Its preimage has seven words at least, so it is the address of no
            key and no contract; two splits of one account cost 2^80 hashes.
    @param digest keccak256(abi_encode(_TAG, recipients, weights)).
    @return address The account.
    """
    return convert(convert(digest, uint256) & convert(max_value(uint160), uint256), address)


@internal
@pure
def _part(before: uint256, after: uint256, weight: uint256) -> uint256:
    """
    @notice What one recipient gets when a split's total grows from `before` to `after`.
    @dev Each recipient counts with its own weight, never with prefix sums, whose parts can be negative.
         The total may be given modulo 10^6, since weight * 10^6 divides evenly.
    @param before The total so far, in wei; below 10^6.
    @param after The total then, in wei; not below `before`, and below 2^113.
    @param weight Its part of a million; at most 10^6.
    @return uint256 The part in wei.
    """
    # after * weight < 2^133, and floor(after * w) is never below floor(before * w)
    return unsafe_sub(
        unsafe_div(unsafe_mul(after, weight), _WHOLE), unsafe_div(unsafe_mul(before, weight), _WHOLE)
    )
