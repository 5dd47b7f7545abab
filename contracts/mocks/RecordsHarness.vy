# pragma version 0.4.3
"""
@title RecordsHarness
@license AGPL-3.0-only
@notice Lets tests call the functions of `records` on one record.
"""


from contracts.interfaces import IStorageDeals
from contracts.modules import records
initializes: records


_ID: constant(bytes32) = empty(bytes32)


@external
def new(start: uint256, price: uint256, leaves: uint256, first: uint256, end: uint256):
    records.words[_ID] = records._new(start, price, leaves, first, end)


@external
def move_to(period: uint256, start: uint256):
    records.words[_ID] = records._moved_to(records.words[_ID], period, start)


@external
def settle(cursor: uint256, end: uint256, missed: uint256):
    records.words[_ID] = records._settled(records.words[_ID], cursor, end, missed)


@external
def end_at(end: uint256):
    records.words[_ID] = records._with_end(records.words[_ID], end)


@external
def leave():
    records.words[_ID] = records._left(records.words[_ID])


@external
@view
def record(challenged: bool) -> IStorageDeals.Record:
    return records._unpacked(records.words[_ID], challenged)


@external
@view
def start_in(period: uint256) -> uint256:
    return records._start_in(records.words[_ID], period)
