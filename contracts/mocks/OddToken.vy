# pragma version 0.4.3
"""
@title OddToken
@license AGPL-3.0-only
@notice A test token with every vice that Payments has to survive, each switched on by the test: it
        takes a fee from what arrives, takes more than was asked from the sender, answers false, or
        calls somebody in the middle of a transfer or a permit. It mints to anyone.
"""


balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
totalSupply: public(uint256)


_receiver_fee: uint256
_sender_fee: uint256
_refuses: bool
_hook_target: address
_hook_data: Bytes[1024]


@external
def mint(to: address, amount: uint256):
    """
    @notice Makes tokens.
    @param to Who gets them.
    @param amount How many.
    """
    self.balanceOf[to] += amount
    self.totalSupply += amount


@external
def set_fees(receiver_fee: uint256, sender_fee: uint256):
    """
    @notice From now on each transfer loses some.
    @param receiver_fee What doesn't arrive.
    @param sender_fee What leaves besides the amount.
    """
    self._receiver_fee = receiver_fee
    self._sender_fee = sender_fee


@external
def refuse():
    """
    @notice From now on transfers do nothing and answer false.
    """
    self._refuses = True


@external
def set_hook(target: address, data: Bytes[1024]):
    """
    @notice The next transfer or permit calls somebody before it does anything.
    @param target Who is called, by this token.
    @param data With what.
    """
    self._hook_target = target
    self._hook_data = data


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice As in ERC-20.
    @param spender Who may move.
    @param amount How much.
    @return bool True.
    """
    self.allowance[msg.sender][spender] = amount
    return True


@external
def approve_own(spender: address):
    """
    @notice Lets `spender` move what this token itself holds.
    @param spender Who may move.
    """
    self.allowance[self][spender] = max_value(uint256)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice As in ERC-20, but for the vices.
    @param to The receiver.
    @param amount How much.
    @return bool Whether it moved.
    """
    return self._move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice As in ERC-20, but for the vices.
    @param owner The sender.
    @param to The receiver.
    @param amount How much.
    @return bool Whether it moved.
    """
    self.allowance[owner][msg.sender] -= amount
    return self._move(owner, to, amount)


@external
def burn(amount: uint256):
    """
    @notice Destroys tokens of the caller.
    @param amount How many.
    """
    self.balanceOf[msg.sender] -= amount
    self.totalSupply -= amount


@external
def permit(
    owner: address, spender: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32
):
    """
    @notice As in EIP-2612, but for the vices; any signature will do.
    @param owner Whose tokens.
    @param spender Who may move them.
    @param amount How many.
    @param deadline Ignored.
    @param v Ignored.
    @param r Ignored.
    @param s Ignored.
    """
    self._call_hook()
    self.allowance[owner][spender] = amount


@internal
def _move(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice Moves tokens as the vices have it.
    @param owner The sender.
    @param to The receiver.
    @param amount How much.
    @return bool Whether it moved.
    """
    if self._refuses:
        return False
    self._call_hook()
    self.balanceOf[owner] -= amount + self._sender_fee
    self.balanceOf[to] += amount - self._receiver_fee
    return True


@internal
def _call_hook():
    """
    @notice Calls whom the test wants called, once.
    """
    target: address = self._hook_target
    if target != empty(address):
        self._hook_target = empty(address)
        raw_call(target, self._hook_data)
