# pragma version 0.4.3
"""
@title Thaws
@license AGPL-3.0-only
@notice The way out for stake: it thaws, then may leave for a seventh of that time, and else has to thaw anew.
        Without such an end everybody would keep a finished thaw at hand, and leave between a lapse and its
        slash. Mechanism only: what leaves is the business of the contract that initializes it.
"""


_PART: constant(uint256) = 7  # of the time to thaw is the time to leave


thaw_blocks: public(immutable(uint256))
withdraw_blocks: public(immutable(uint256))


@deploy
def __init__(thaw: uint256):
    """
    @notice Fixes both times.
    @param thaw How long stake thaws, in blocks; enough that a block is left to leave in.
    """
    assert thaw >= _PART, "staking: thaw"
    thaw_blocks = thaw
    withdraw_blocks = unsafe_div(thaw, _PART)


@internal
@view
def _until() -> uint256:
    """
    @notice When what begins to thaw now may leave.
    @return uint256 The first block.
    """
    return block.number + thaw_blocks


@internal
@view
def _require_thawed(until: uint256):
    """
    @notice Refuses what thaws still, and what nobody fetched in time.
    @param until The first block in which it may leave.
    """
    assert block.number >= until, "staking: thawing"
    assert block.number < until + withdraw_blocks, "staking: lapsed"
