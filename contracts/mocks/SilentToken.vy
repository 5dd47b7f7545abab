# pragma version 0.4.3
"""
@title SilentToken
@license AGPL-3.0-only
@notice A test token of the old kind: its transfers revert or work, and answer nothing; whatever call it
        doesn't know works too.
"""


balanceOf: public(HashMap[address, uint256])


@external
def mint(to: address, amount: uint256):
    """
    @notice Makes tokens.
    @param to Who gets them.
    @param amount How many.
    """
    self.balanceOf[to] += amount


@external
def transfer(to: address, amount: uint256):
    """
    @notice Moves tokens of the caller.
    @param to The receiver.
    @param amount How many.
    """
    self.balanceOf[msg.sender] -= amount
    self.balanceOf[to] += amount


@external
def transferFrom(owner: address, to: address, amount: uint256):
    """
    @notice Moves tokens of anybody.
    @param owner The sender.
    @param to The receiver.
    @param amount How many.
    """
    self.balanceOf[owner] -= amount
    self.balanceOf[to] += amount


@external
@payable
def __default__():
    """
    @notice Knows no permit, and doesn't say so.
    """
    pass
