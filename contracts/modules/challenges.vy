# pragma version 0.4.3
"""
@title Challenges
@license AGPL-3.0-only
@notice One leaf of a deal that somebody has to show until a block. Mechanism only: who may ask, answer and
        complain is the business of the contract that initializes it.
@dev Low bits first: leaf 32 | due, the last block for an answer. Zero: nothing is asked.
"""


from contracts.interfaces import IStorageDeals


_LEAF: constant(uint256) = 2**32 - 1
_DUE_AT: constant(uint256) = 32


words: HashMap[bytes32, uint256]  # by the deal's id


@external
@view
def challenge_of(id: bytes32) -> IStorageDeals.Challenge:
    """
    @notice What is asked of a deal.
    @param id The deal.
    @return Challenge The leaf and the last block for an answer; all zero if nothing is asked.
    """
    word: uint256 = self.words[id]
    return IStorageDeals.Challenge(leaf=word & _LEAF, due=word >> _DUE_AT)


@internal
@view
def _is_open(id: bytes32) -> bool:
    """
    @notice Whether a deal has a challenge that nobody has ended.
    @param id The deal.
    @return bool Whether it has.
    """
    return self.words[id] != 0


@internal
def _pose(id: bytes32, leaf: uint256, window: uint256) -> uint256:
    """
    @notice Asks for a leaf; one at a time.
    @param id The deal.
    @param leaf The leaf, below 2^32.
    @param window How many blocks there are for the answer.
    @return uint256 The last block for it.
    """
    assert self.words[id] == 0, "deals: challenged"
    due: uint256 = block.number + window
    self.words[id] = (due << _DUE_AT) | leaf
    return due


@internal
def _take_in_time(id: bytes32) -> uint256:
    """
    @notice Ends a challenge that is answered.
    @param id The deal.
    @return uint256 The leaf to show.
    """
    word: uint256 = self.words[id]
    assert word != 0, "deals: challenge"
    assert block.number <= word >> _DUE_AT, "deals: late"
    self.words[id] = 0
    return word & _LEAF


@internal
def _take_overdue(id: bytes32):
    """
    @notice Ends a challenge that nobody answered.
    @param id The deal.
    """
    word: uint256 = self.words[id]
    assert word != 0, "deals: challenge"
    assert block.number > word >> _DUE_AT, "deals: early"
    self.words[id] = 0
