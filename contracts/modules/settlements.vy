# pragma version 0.4.3
"""
@title Settlements
@license AGPL-3.0-only
@notice From the periods of a deal that are over to what its parties get. Each period counts by itself, so
        the sums don't depend on who settles when. Mechanism only: whether a deal failed is the business of
        the contract that initializes it.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import challenges
uses: challenges
from contracts.modules import escrow
uses: escrow
from contracts.modules import lifetime
uses: lifetime
from contracts.modules import numbers
uses: numbers
from contracts.modules import records
uses: records


@internal
def _settle(deal: IStorageDeals.Deal, id: bytes32, failed: bool):
    """
    @notice Settles the periods of a deal that are over. At its end, which an open challenge puts off, and
            when it failed, nothing of it is left.
    @param deal The deal.
    @param id Its id.
    @param failed Whether nobody showed the leaf that its client asked for.
    """
    now: uint256 = numbers._period()
    old: uint256 = records.words[id]
    cursor: uint256 = records._cursor(old)
    assert cursor != 0, "deals: closed"
    missed: uint256 = 0
    end: uint256 = 0
    declared: uint256 = 0
    missed, end, declared = lifetime._tally(deal.operator, old, now, numbers.parameters.limit)
    upto: uint256 = min(end, now)
    ended: bool = failed or upto == end
    closed: bool = failed or (ended and not challenges._is_open(id))
    assert closed or upto > cursor, "deals: nothing"
    if failed:
        end = min(end, now + 1)  # the ring of this period is drawn from already
    records.words[id] = records._settled(old, 0 if closed else upto, end, missed)
    # misses don't fall; with the declared periods they are at most those from `cursor` to `upto`
    lost: uint256 = unsafe_add(unsafe_sub(missed, records._missed(old)), declared)
    proven: uint256 = unsafe_sub(unsafe_sub(upto, cursor), lost)
    covered: uint256 = unsafe_sub(records._end(old) if ended else upto, cursor)
    escrow._pay(deal.terms, id, upto, proven, unsafe_sub(covered, proven), missed)
    if closed:
        penalty: uint256 = deal.terms.collateral
        if not failed:
            exit: uint256 = deal.terms.exit if records._exited(old) else 0
            penalty = escrow._penalty(penalty, unsafe_add(missed, exit))  # 15 each at most
        escrow._close(deal.operator, deal.terms, id, penalty)
