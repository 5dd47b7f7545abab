# pragma version 0.4.3
"""
@title Rings
@license AGPL-3.0-only
@notice Where an operator's deals lie one after another: one word. A position is one unit of price. The ring
        of a period is what it was at the period's first block: the first change in a period keeps tail and
        head as they were, so a change counts from the next period on. Mechanism only: who may change what
        is the business of the contract that initializes it.
@dev Low bits first: tail 48 | head 48 | frozen tail 48 | frozen head 48 | frozen 24 | cap 40.
     tail <= head, both when frozen and now. `IStorageDeals.Ring` says what the fields mean.
"""


from contracts.interfaces import IStorageDeals


_END: constant(uint256) = 2**48 - 1  # where lies what is nowhere
_LAST_PERIOD: constant(uint256) = 2**24 - 2  # the last one whose successor fits its bits
_POSITION: constant(uint256) = 2**48 - 1
_PERIOD: constant(uint256) = 2**24 - 1
_BOUNDS: constant(uint256) = 2**96 - 1
_HEAD_AT: constant(uint256) = 48
_FROZEN_AT: constant(uint256) = 96
_FROZEN_PERIOD_AT: constant(uint256) = 192
_CAP_AT: constant(uint256) = 216


words: HashMap[address, uint256]  # by operator


@external
@view
def ring(operator: address) -> IStorageDeals.Ring:
    """
    @notice Where an operator's deals lie.
    @param operator The operator.
    @return Ring Its ring; all zero if it never had one.
    """
    word: uint256 = self.words[operator]
    return IStorageDeals.Ring(
        tail=self._tail(word),
        head=self._head(word),
        frozen_tail=self._tail(word >> _FROZEN_AT),
        frozen_head=self._head(word >> _FROZEN_AT),
        frozen=(word >> _FROZEN_PERIOD_AT) & _PERIOD,
        cap=word >> _CAP_AT,
    )


@internal
@pure
def _tail(bounds: uint256) -> uint256:
    """
    @notice The first position.
    @param bounds A ring, or what `_frozen` answers.
    @return uint256 The position.
    """
    return bounds & _POSITION


@internal
@pure
def _head(bounds: uint256) -> uint256:
    """
    @notice One past the last position.
    @param bounds A ring, or what `_frozen` answers.
    @return uint256 The position.
    """
    return (bounds >> _HEAD_AT) & _POSITION


@internal
@pure
def _frozen(word: uint256, period: uint256) -> uint256:
    """
    @notice Tail and head as they were at the first block of a period.
    @param word The ring.
    @param period The present period.
    @return uint256 Both, for `_tail` and `_head`.
    """
    if (word >> _FROZEN_PERIOD_AT) & _PERIOD == period:
        return (word >> _FROZEN_AT) & _BOUNDS
    return word & _BOUNDS


@internal
@pure
def _with_cap(word: uint256, cap: uint256) -> uint256:
    """
    @notice The ring with another cap.
    @param word The ring.
    @param cap How much it may grow in a period, below 2^40.
    @return uint256 The ring.
    """
    return (word & (2**_CAP_AT - 1)) | (cap << _CAP_AT)


@internal
@pure
def _with_bounds(word: uint256, period: uint256, tail: uint256, head: uint256) -> uint256:
    """
    @notice The ring with other bounds from the next period on; an emptied one starts again at 0.
    @param word The ring.
    @param period The present period.
    @param tail The first position then.
    @param head One past the last position then.
    @return uint256 The ring.
    """
    assert head < _END and period <= _LAST_PERIOD, "deals: ring"
    bounds: uint256 = 0
    if tail != head:
        bounds = (head << _HEAD_AT) | tail
    kept: uint256 = (period << _FROZEN_PERIOD_AT) | (self._frozen(word, period) << _FROZEN_AT)
    return (word >> _CAP_AT << _CAP_AT) | kept | bounds


@internal
@pure
def _longer(word: uint256, period: uint256, length: uint256) -> uint256:
    """
    @notice The ring with more at its head from the next period on, as far as its cap allows.
    @param word The ring.
    @param period The present period.
    @param length How much more, below 2^40.
    @return uint256 The ring.
    """
    tail: uint256 = self._tail(word)
    head: uint256 = unsafe_add(self._head(word), length)
    frozen: uint256 = self._frozen(word, period)
    cap: uint256 = word >> _CAP_AT
    # no head is below its tail, and no sum here reaches 2^50
    span: uint256 = unsafe_sub(self._head(frozen), self._tail(frozen))
    # what left in this period makes room, but a cap of nothing lets nothing in
    assert cap != 0 and unsafe_sub(head, tail) <= unsafe_add(span, cap), "deals: cap"
    return self._with_bounds(word, period, tail, head)
