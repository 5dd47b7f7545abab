# pragma version 0.4.3
"""
@title LifetimeHarness
@license AGPL-3.0-only
@notice Lets tests set the caller's attendance and call the functions of `attendance` and `lifetime`.
"""


from contracts.modules import attendance
initializes: attendance
from contracts.modules import lifetime
initializes: lifetime[attendance := attendance]
from contracts.modules import records


exports: (attendance.proven, attendance.declared)


@external
def set_word(word: uint256, bits: uint256):
    attendance.words[msg.sender][word] = bits


@external
def mark(period: uint256):
    attendance._mark(msg.sender, period)


@external
def declare(period: uint256):
    attendance._declare(msg.sender, period)


@external
@view
def is_declared(operator: address, period: uint256) -> bool:
    return attendance._is_declared(operator, period)


@external
@view
def misses(operator: address, first: uint256, end: uint256, most: uint256) -> (uint256, uint256, uint256):
    return attendance._misses(operator, first, end, most)


@external
@view
def tally(
    operator: address, cursor: uint256, end: uint256, missed: uint256, period: uint256, limit: uint256
) -> (uint256, uint256, uint256):
    return lifetime._tally(operator, records._settled(0, cursor, end, missed), period, limit)


@external
@view
def standing(
    operator: address, cursor: uint256, end: uint256, missed: uint256, period: uint256, limit: uint256
) -> (bool, bool, bool):
    word: uint256 = records._settled(0, cursor, end, missed)
    return (
        lifetime._is_spared(operator, word, period, limit),
        lifetime._is_live(operator, word, period, limit),
        lifetime._lives_on(operator, word, period, limit),
    )
