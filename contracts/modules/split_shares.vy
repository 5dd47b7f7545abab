# pragma version 0.4.3
"""
@title Split shares
@license AGPL-3.0-only
@notice What makes a split: the account that a list of shares owns, and the whole that its weights make.
        When the total that a split ever received grows from T to T + x, a recipient of weight w gets
        (T + x) * w // WHOLE - T * w // WHOLE. So its sum is total * w // WHOLE to the wei after any
        number of distributions, and no part is ever negative, which differences of prefix sums can be.
        T modulo WHOLE is enough, since WHOLE * w divides evenly.
"""


RECIPIENTS: constant(uint256) = 200  # at most

_WHOLE: constant(uint256) = 1_000_000
_TAG: constant(bytes32) = keccak256("XMBL split")


@external
@pure
def split_account(
    recipients: DynArray[address, RECIPIENTS], weights: DynArray[uint256, RECIPIENTS]
) -> address:
    """
    @notice The account of a split.
    @param recipients Strictly ascending accounts; one may be a split.
    @param weights Their parts of a million, each at least 1, together 1,000,000.
    @return address The account.
    """
    return self._account(keccak256(abi_encode(_TAG, recipients, weights)))


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
