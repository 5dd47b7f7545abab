# pragma version 0.4.3
"""
@title Places
@license AGPL-3.0-only
@notice Where a deal that a proof names lies in the ring of the present period.
"""


from contracts.modules import deal_terms
from contracts.modules import lifetime
uses: lifetime
from contracts.modules import records
uses: records


struct Place:
    start: uint256  # its first position
    stop: uint256  # one past its last
    root: bytes32
    record: uint256
    over: bool  # a hole


@internal
@view
def _named(operator: address, root: bytes32, terms: bytes32, period: uint256, limit: uint256) -> Place:
    """
    @notice The place of a deal, and whether it is a hole there.
    @param operator The deal's operator.
    @param root The root of its bytes.
    @param terms The hash of its terms.
    @param period The present period.
    @param limit How many misses end a deal.
    @return Place Its place; a deal that isn't there covers no position.
    """
    word: uint256 = records.words[deal_terms._id(operator, root, terms)]
    start: uint256 = records._start_in(word, period)
    return Place(
        start=start,
        stop=unsafe_add(start, records._price(word)),  # below 2^49
        root=root,
        record=word,
        # most holes are known by their record alone
        over=records._end(word) <= period or lifetime._end(operator, word, period, limit) <= period,
    )
