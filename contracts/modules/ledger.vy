# pragma version 0.4.3
"""
@title Ledger
@license AGPL-3.0-only
@notice The accounts of one asset, one slot an account. Mechanism only: who may move what is the
        business of the contract that initializes it. That contract keeps the sum of all balances below
        2^112, so a credit can't overflow into the field above.
@dev Low bits first: balance 112 | reserved 112 (for lanes, still unused) | phase 20 | rest 12. Phase and
     rest belong to splits, see `split_shares`.
"""


_BALANCE: constant(uint256) = 2**112 - 1
_PHASE: constant(uint256) = 2**20 - 1
_PHASE_AT: constant(uint256) = 224
_REST_AT: constant(uint256) = 244


_accounts: HashMap[address, uint256]


@internal
@view
def _balance(holder: address) -> uint256:
    """
    @notice What an account owns.
    @param holder The account.
    @return uint256 The balance in wei.
    """
    return self._accounts[holder] & _BALANCE


@internal
@view
def _account(holder: address) -> (uint256, uint256, uint256):
    """
    @notice An account with its memory of distributions.
    @param holder The account.
    @return uint256 The balance in wei.
    @return uint256 The phase: wei distributed so far, modulo 10^6.
    @return uint256 The rest: wei of the balance that the last distribution left.
    """
    word: uint256 = self._accounts[holder]
    return word & _BALANCE, (word >> _PHASE_AT) & _PHASE, word >> _REST_AT


@internal
def _debit(holder: address, amount: uint256):
    """
    @notice Takes money from an account.
    @param holder The account.
    @param amount The amount in wei.
    """
    word: uint256 = self._accounts[holder]
    assert amount <= word & _BALANCE, "payments: balance"
    # the lowest field covers the amount: nothing is borrowed from the fields above
    self._accounts[holder] = unsafe_sub(word, amount)


@internal
def _credit(holder: address, amount: uint256):
    """
    @notice Gives money to an account.
    @param holder The account.
    @param amount The amount in wei.
    """
    # all balances together stay below 2^112: nothing is carried into the fields above
    self._accounts[holder] = unsafe_add(self._accounts[holder], amount)


@internal
def _close_distribution(split: address, rest: uint256, phase: uint256):
    """
    @notice Writes what a distribution leaves: only the rest. Nobody can sign as a split, so nothing of
            it is ever reserved.
    @param split The split's account.
    @param rest What stays, in wei; fewer wei than recipients.
    @param phase Wei distributed so far, modulo 10^6.
    """
    self._accounts[split] = rest | (phase << _PHASE_AT) | (rest << _REST_AT)
