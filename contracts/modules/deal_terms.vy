# pragma version 0.4.3
"""
@title Deal terms
@license AGPL-3.0-only
@notice What an operator's agent signs: its EIP-712 struct hashes, of which the outer one is the deal's id,
        and the bounds that the terms keep, so that every field fits its bits of the record.
"""


from contracts.interfaces import IStorageDeals


MAX_PRICE: constant(uint256) = 2**40 - 1  # price units a period

_MAX_LEAVES: constant(uint256) = 2**25  # 8 GiB
_MAX_PERIODS: constant(uint256) = 366
_LAST_PERIOD: constant(uint256) = 2**24 - 2  # the last one whose successor fits 24 bits
_MIN_NOTICE: constant(uint256) = 2  # periods
_MAX_NOTICE: constant(uint256) = 30  # periods
_TERMS_TYPE: constant(bytes32) = keccak256(
    "Terms(address client,address payee,uint256 leaves,uint256 price,uint256 collateral,uint256 end,uint256 client_notice,uint256 operator_notice,uint256 exit,uint256 deadline,uint256 salt)"
)
_DEAL_TYPE: constant(bytes32) = keccak256(
    "Deal(address operator,bytes32 root,Terms terms)Terms(address client,address payee,uint256 leaves,uint256 price,uint256 collateral,uint256 end,uint256 client_notice,uint256 operator_notice,uint256 exit,uint256 deadline,uint256 salt)"
)


@internal
@pure
def _id(operator: address, root: bytes32, terms: bytes32) -> bytes32:
    """
    @notice The id of a deal from what names it.
    @param operator The operator.
    @param root The root of its bytes' proof tree.
    @param terms The struct hash of its terms.
    @return bytes32 The struct hash of the deal.
    """
    return keccak256(abi_encode(_DEAL_TYPE, operator, root, terms))


@internal
@pure
def _id_of(deal: IStorageDeals.Deal) -> bytes32:
    """
    @notice The id of a deal.
    @param deal The deal.
    @return bytes32 Its struct hash.
    """
    return self._id(deal.operator, deal.root, keccak256(abi_encode(_TERMS_TYPE, deal.terms)))


@internal
@view
def _check(terms: IStorageDeals.Terms, period: uint256, length: uint256, limit: uint256, least: uint256):
    """
    @notice Refuses terms that can't be opened now.
    @param terms The terms.
    @param period The present period.
    @param length The length of a period in blocks.
    @param limit The most misses of a deal.
    @param least The least collateral for a price of 1, in units.
    """
    # a zero wraps to what is too much; neither `period` nor a bounded price can carry a sum or product over
    assert unsafe_sub(terms.leaves, 1) < _MAX_LEAVES, "deals: leaves"
    assert unsafe_sub(terms.price, 1) < MAX_PRICE, "deals: price"
    first: uint256 = unsafe_add(period, 1)
    assert terms.end > first, "deals: end"
    assert terms.end <= min(unsafe_add(first, _MAX_PERIODS), _LAST_PERIOD), "deals: end"
    assert block.number <= terms.deadline, "deals: deadline"
    # no record is cleared before this block, so the same terms never open twice
    assert terms.deadline < unsafe_mul(unsafe_add(first, 1), length), "deals: deadline"
    assert self._is_notice(terms.client_notice) and self._is_notice(terms.operator_notice), "deals: notice"
    assert terms.exit <= limit, "deals: exit"
    cover: uint256 = terms.price * least
    assert terms.collateral >= cover and terms.collateral <= 2 * cover, "deals: collateral"


@internal
@pure
def _is_notice(periods: uint256) -> bool:
    """
    @notice Whether a notice is long enough to repair the ring and short enough to be one.
    @param periods The notice in periods.
    @return bool Whether it may be agreed.
    """
    return periods >= _MIN_NOTICE and periods <= _MAX_NOTICE
