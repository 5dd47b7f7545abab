# pragma version 0.4.3
"""
@title SeedsHarness
@license AGPL-3.0-only
@notice Lets tests call the functions of `seeds`.
"""


from contracts.modules import seeds


@external
@view
def is_readable(blocks: uint256) -> bool:
    return seeds._is_readable(blocks)


@external
@view
def seed(number: uint256, operator: address) -> bytes32:
    return seeds._seed(number, operator)


@external
@pure
def draw(seed: bytes32, number: uint256) -> uint256:
    return seeds._draw(seed, number)
