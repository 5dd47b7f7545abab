# pragma version 0.4.3
"""
@title Deal terms
@license AGPL-3.0-only
@notice What an operator's agent signs: its EIP-712 struct hashes, of which the outer one is the deal's id,
        and the bounds that the terms keep, so that every field fits its bits of the record. It signs
        extensions of a deal as well.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import records


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
_EXTENSION_TYPE: constant(bytes32) = keccak256(
    "Extension(bytes32 deal,uint256 old_end,uint256 new_end,uint256 deadline)"
)


@external
@view
def id_of(deal: IStorageDeals.Deal) -> bytes32:
    """
    @notice The id of a deal.
    @param deal The deal.
    @return bytes32 The EIP-712 struct hash.
    """
    return self._id_of(deal)


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
def _extension(id: bytes32, old_end: uint256, new_end: uint256, deadline: uint256) -> bytes32:
    """
    @notice What an agent signs to prolong a deal. It names the end as it is, so it can be used again only where
            the client's notice has brought that end back, and is paid for again.
    @param id The deal.
    @param old_end Its end.
    @param new_end The end that it shall have.
    @param deadline The last block at which it may get it.
    @return bytes32 The struct hash.
    """
    return keccak256(abi_encode(_EXTENSION_TYPE, id, old_end, new_end, deadline))


@internal
@view
def _check_extension(word: uint256, period: uint256, end: uint256, deadline: uint256):
    """
    @notice Refuses to prolong a living deal in a way that can't be.
    @param word The deal's record.
    @param period The present period.
    @param end The end that it shall have.
    @param deadline The last block at which it may get it.
    """
    assert block.number <= deadline, "deals: deadline"
    # what left the ring is drawn no more, so nobody shall pay for it again
    assert records._start(word) != records.NOWHERE, "deals: out of the ring"
    # the operator's cold key decided; its agent doesn't take that back
    assert not records._exited(word), "deals: exited"
    assert end > records._end(word), "deals: end"
    assert end <= min(unsafe_add(period, _MAX_PERIODS), _LAST_PERIOD), "deals: end"
    # so many can be settled at once
    assert unsafe_sub(end, records._cursor(word)) <= _MAX_PERIODS, "deals: unsettled"


@internal
@pure
def _is_notice(periods: uint256) -> bool:
    """
    @notice Whether a notice is long enough to repair the ring and short enough to be one.
    @param periods The notice in periods.
    @return bool Whether it may be agreed.
    """
    return periods >= _MIN_NOTICE and periods <= _MAX_NOTICE
