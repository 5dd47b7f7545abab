# pragma version 0.4.3
"""
@title RingsHarness
@license AGPL-3.0-only
@notice Lets tests call the functions of `rings` on the caller's ring.
"""


from contracts.modules import rings
initializes: rings


exports: rings.ring


@external
def set_cap(cap: uint256):
    rings.words[msg.sender] = rings._with_cap(rings.words[msg.sender], cap)


@external
def set_bounds(period: uint256, tail: uint256, head: uint256):
    rings.words[msg.sender] = rings._with_bounds(rings.words[msg.sender], period, tail, head)


@external
def lengthen(period: uint256, length: uint256):
    rings.words[msg.sender] = rings._longer(rings.words[msg.sender], period, length)


@external
@view
def frozen(operator: address, period: uint256) -> (uint256, uint256):
    bounds: uint256 = rings._frozen(rings.words[operator], period)
    return rings._tail(bounds), rings._head(bounds)
