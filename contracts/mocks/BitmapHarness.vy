# pragma version 0.4.3
"""
@title BitmapHarness
@license AGPL-3.0-only
@notice Lets tests call the functions of `bitmap`.
"""


from contracts.modules import bitmap


@external
@pure
def run(first: uint256, count: uint256) -> uint256:
    return bitmap._run(first, count)


@external
@pure
def count(word: uint256) -> uint256:
    return bitmap._count(word)


@external
@pure
def nth(word: uint256, n: uint256) -> uint256:
    return bitmap._nth(word, n)
