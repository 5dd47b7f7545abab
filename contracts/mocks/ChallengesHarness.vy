# pragma version 0.4.3
"""
@title ChallengesHarness
@license AGPL-3.0-only
@notice Lets tests call the functions of `challenges` on one deal.
"""


from contracts.modules import challenges
initializes: challenges


exports: challenges.challenge_of


_ID: constant(bytes32) = empty(bytes32)


@external
def pose(leaf: uint256, window: uint256) -> uint256:
    return challenges._pose(_ID, leaf, window)


@external
def take_in_time() -> uint256:
    return challenges._take_in_time(_ID)


@external
def take_overdue():
    challenges._take_overdue(_ID)


@external
@view
def is_open() -> bool:
    return challenges._is_open(_ID)
