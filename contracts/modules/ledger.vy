# pragma version 0.4.3
"""
@title Ledger
@license AGPL-3.0-only
@notice The accounts of one asset, one slot an account. Mechanism only: who may move what is the
        business of the contract that initializes it. That contract keeps the sum of all balances below
        2^112, so a credit can't overflow into the field above.
@dev Low bits first: balance 112 | reserved 112 | phase 20 | rest 12. What is reserved for lanes is a part of
     the balance, so what is free, their difference, is (word - (word >> 112)) mod 2^112. Phase and rest
     belong to splits, see `split_shares`.
"""


from contracts.interfaces import IPayments


_BALANCE: constant(uint256) = 2**112 - 1
_RESERVED_AT: constant(uint256) = 112
_PHASE: constant(uint256) = 2**20 - 1
_PHASE_AT: constant(uint256) = 224
_REST_AT: constant(uint256) = 244


_accounts: HashMap[address, uint256]


@external
@view
def balance_of(holder: address) -> uint256:
    """
    @notice What an account owns.
    @param holder The account.
    @return uint256 The balance in wei.
    """
    return self._accounts[holder] & _BALANCE


@external
@view
def account(holder: address) -> IPayments.Account:
    """
    @notice An account with what lanes hold of it, and what it remembers as a split.
    @param holder The account.
    @return Account Balance, reserved, phase and rest.
    """
    word: uint256 = self._accounts[holder]
    return IPayments.Account(
        balance=word & _BALANCE,
        reserved=(word >> _RESERVED_AT) & _BALANCE,
        phase=(word >> _PHASE_AT) & _PHASE,
        rest=word >> _REST_AT,
    )


@internal
@view
def _split(account: address) -> (uint256, uint256, uint256):
    """
    @notice What a split owns and remembers.
    @param account Its account.
    @return uint256 The balance in wei.
    @return uint256 The phase: wei distributed so far, modulo 10^6.
    @return uint256 The rest: wei of the balance that the last distribution left.
    """
    word: uint256 = self._accounts[account]
    return word & _BALANCE, (word >> _PHASE_AT) & _PHASE, word >> _REST_AT


@internal
def _debit(holder: address, amount: uint256):
    """
    @notice Takes money from an account, none that is reserved.
    @param holder The account.
    @param amount The amount in wei.
    """
    word: uint256 = self._accounts[holder]
    assert amount <= unsafe_sub(word, word >> _RESERVED_AT) & _BALANCE, "payments: balance"
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
def _move(sender: address, receiver: address, amount: uint256):
    """
    @notice Debits one account and credits another.
    @param sender Who pays.
    @param receiver Who is paid; not zero.
    @param amount The amount in wei.
    """
    self._require_account(receiver)
    self._debit(sender, amount)
    self._credit(receiver, amount)


@internal
@pure
def _require_account(account: address):
    """
    @notice Refuses the zero address, which nobody owns.
    @param account The account.
    """
    assert account != empty(address), "payments: zero address"


@internal
def _reserve(holder: address, amount: uint256):
    """
    @notice Sets money of an account aside.
    @param holder The account.
    @param amount The amount in wei.
    """
    word: uint256 = self._accounts[holder]
    assert amount <= unsafe_sub(word, word >> _RESERVED_AT) & _BALANCE, "payments: balance"
    # reserved stays at most the balance
    self._accounts[holder] = unsafe_add(word, amount << _RESERVED_AT)


@internal
def _unreserve(holder: address, amount: uint256):
    """
    @notice Frees money that was set aside.
    @param holder The account.
    @param amount The amount in wei, a part of what is reserved.
    """
    self._accounts[holder] = unsafe_sub(self._accounts[holder], amount << _RESERVED_AT)


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
