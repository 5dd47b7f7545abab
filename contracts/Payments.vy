# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Payments
@license AGPL-3.0-only
@notice One ledger of one asset (any plain ERC-20): the only place where the money of services rests.
        Markets keep their escrow as accounts here, so one deposit serves every service.
        Who may: everyone deposits for itself and moves, approves, withdraws and burns what is its own; a
        spender moves what it was approved; anyone distributes a split to its recipients.
        Nobody can stop it: there is no owner, no fee, no pause and no parameter to set.
@dev Invariants, with D all that was deposited and W all that was withdrawn:
       asset.balanceOf(self) >= sum of balances + burnt, equal unless someone sent the asset unasked
       sum of balances + burnt = D - W < 2^112, and burnt never falls
       a balance falls only by its owner's call, allowance or, of a split, by `distribute`
       for a split with income X in all: recipient i got X * w_i // 10^6 at its last distribution,
       rest = X - sum of these < number of recipients, phase = X mod 10^6
     Not for assets that rebase: a holding that shrinks by itself isn't noticed. Views may be read while
     a call runs: money that arrives is credited last, money that leaves is debited first.
"""


from ethereum.ercs import IERC20


from contracts.interfaces import IPayments
implements: IPayments


from contracts.modules import ledger
initializes: ledger
from contracts.modules import split_shares


_MOST: constant(uint256) = 2**112 - 1  # wei that the ledger can hold
_RECIPIENTS: constant(uint256) = 200


asset: public(immutable(address))


allowance: reentrant(public(HashMap[address, HashMap[address, uint256]]))
burnt: reentrant(public(uint256))


@deploy
def __init__(asset_: address):
    """
    @notice Chooses the asset.
    @param asset_ A plain ERC-20.
    """
    self._require_account(asset_)
    asset = asset_


# Everyone, for itself


@external
def deposit(amount: uint256):
    """
    @notice Pulls the asset from the caller and credits what arrived.
    @param amount What to pull, in wei.
    """
    before: uint256 = self._holding()
    assert extcall IERC20(asset).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "payments: transfer"
    holding: uint256 = self._holding()
    assert holding <= _MOST, "payments: full"
    arrived: uint256 = holding - before
    ledger._credit(msg.sender, arrived)
    log IPayments.Deposited(account=msg.sender, amount=arrived)


@external
def withdraw(amount: uint256):
    """
    @notice Sends the asset to the caller; exactly `amount` leaves.
    @param amount What to send, in wei.
    """
    ledger._debit(msg.sender, amount)
    before: uint256 = self._holding()
    assert extcall IERC20(asset).transfer(msg.sender, amount, default_return_value=True), "payments: transfer"
    assert self._holding() == before - amount, "payments: amount"
    log IPayments.Withdrawn(account=msg.sender, amount=amount)


@external
def transfer(to: address, amount: uint256):
    """
    @notice Moves money of the caller to another account.
    @param to The account that gets it.
    @param amount The amount in wei.
    """
    self._move(msg.sender, to, amount)
    log IPayments.Transferred(sender=msg.sender, receiver=to, amount=amount)


@external
def approve(spender: address, amount: uint256):
    """
    @notice Sets what `spender` may move of the caller's.
    @param spender Who may move; usually a market.
    @param amount The amount in wei; 2^256 - 1 for any.
    """
    self._require_account(spender)
    self.allowance[msg.sender][spender] = amount
    log IPayments.Approved(owner=msg.sender, spender=spender, amount=amount)


@external
def pay(
    first: address,
    first_amount: uint256,
    second: address,
    second_amount: uint256,
    third: address,
    third_amount: uint256,
):
    """
    @notice One debit of the caller, up to three credits. Logs nothing: the caller logs what it means.
    @param first The first account; any account is ignored whose amount is 0.
    @param first_amount Its amount in wei.
    @param second The second account.
    @param second_amount Its amount in wei.
    @param third The third account.
    @param third_amount Its amount in wei.
    """
    assert (first_amount | second_amount | third_amount) <= _MOST, "payments: balance"
    # three amounts below 2^112
    ledger._debit(msg.sender, unsafe_add(unsafe_add(first_amount, second_amount), third_amount))
    self._credit_some(first, first_amount)
    self._credit_some(second, second_amount)
    self._credit_some(third, third_amount)


@external
def burn(amount: uint256):
    """
    @notice Gives money of the caller up for ever. The asset stays here, since it may not be burnable.
    @param amount The amount in wei.
    """
    ledger._debit(msg.sender, amount)
    # it was a part of the holding, which is below 2^112
    self.burnt = unsafe_add(self.burnt, amount)
    log IPayments.Burnt(account=msg.sender, amount=amount)


# Spenders


@external
def transfer_from(owner: address, to: address, amount: uint256):
    """
    @notice Moves the owner's money out of the caller's allowance.
    @param owner Whose money moves.
    @param to The account that gets it.
    @param amount The amount in wei.
    """
    allowed: uint256 = self.allowance[owner][msg.sender]
    if allowed != max_value(uint256):
        assert amount <= allowed, "payments: allowance"
        self.allowance[owner][msg.sender] = unsafe_sub(allowed, amount)
    self._move(owner, to, amount)
    if to != msg.sender:  # a market that takes what is due logs what for
        log IPayments.Transferred(sender=owner, receiver=to, amount=amount)


# Anyone


@external
def distribute(recipients: DynArray[address, _RECIPIENTS], weights: DynArray[uint256, _RECIPIENTS]):
    """
    @notice Pays what a split has received since the last time to its recipients.
    @param recipients Strictly ascending accounts; one may be a split.
    @param weights Their parts of a million, each at least 1, together 1,000,000.
    """
    digest: bytes32 = keccak256(abi_encode(split_shares._TAG, recipients, weights))
    split: address = split_shares._account(digest)
    balance: uint256 = 0
    phase: uint256 = 0
    rest: uint256 = 0
    balance, phase, rest = ledger._account(split)
    assert balance != rest, "payments: nothing"
    assert len(recipients) == len(weights), "payments: weights"
    total: uint256 = unsafe_add(phase, unsafe_sub(balance, rest))  # the rest is a part of the balance
    rest = balance
    last: uint256 = 0
    sum: uint256 = 0
    i: uint256 = 0
    for recipient: address in recipients:
        assert convert(recipient, uint256) > last, "payments: recipients"
        last = convert(recipient, uint256)
        weight: uint256 = weights[i]
        i = unsafe_add(i, 1)
        assert unsafe_sub(weight, 1) < split_shares._WHOLE, "payments: weights"  # a 0 wraps
        sum = unsafe_add(sum, weight)  # 200 weights of at most 10^6
        # written out, it saves a hundredth of the gas: see `split_shares`. total * weight < 2^133
        part: uint256 = unsafe_sub(
            unsafe_div(unsafe_mul(total, weight), split_shares._WHOLE),
            unsafe_div(unsafe_mul(phase, weight), split_shares._WHOLE),
        )
        rest = unsafe_sub(rest, part)  # parts of the income, as the weights make one whole
        ledger._credit(recipient, part)
    assert sum == split_shares._WHOLE, "payments: weights"
    ledger._close_distribution(split, rest, total % split_shares._WHOLE)
    log IPayments.Distributed(split=split, amount=unsafe_sub(balance, rest))


# Views


@external
@view
@reentrant
def balance_of(holder: address) -> uint256:
    """
    @notice What an account owns.
    @param holder The account.
    @return uint256 The balance in wei.
    """
    return ledger._balance(holder)


@external
@view
@reentrant
def account(holder: address) -> IPayments.Account:
    """
    @notice An account with what it remembers as a split.
    @param holder The account.
    @return Account Balance, phase and rest.
    """
    balance: uint256 = 0
    phase: uint256 = 0
    rest: uint256 = 0
    balance, phase, rest = ledger._account(holder)
    return IPayments.Account(balance=balance, phase=phase, rest=rest)


@external
@pure
@reentrant
def split_account(
    recipients: DynArray[address, _RECIPIENTS], weights: DynArray[uint256, _RECIPIENTS]
) -> address:
    """
    @notice The account of a split. It exists only in this ledger: a token sent to that address is lost.
    @param recipients Strictly ascending accounts; one may be a split.
    @param weights Their parts of a million, each at least 1, together 1,000,000.
    @return address The account.
    """
    return split_shares._account(keccak256(abi_encode(split_shares._TAG, recipients, weights)))


@internal
@view
def _holding() -> uint256:
    """
    @notice What this contract holds of the asset.
    @return uint256 The amount in wei.
    """
    return staticcall IERC20(asset).balanceOf(self)


@internal
@pure
def _require_account(account: address):
    """
    @notice Refuses the zero address, which nobody owns.
    @param account The account.
    """
    assert account != empty(address), "payments: zero address"


@internal
def _move(sender: address, receiver: address, amount: uint256):
    """
    @notice Debits one account and credits another.
    @param sender Who pays.
    @param receiver Who is paid; not zero.
    @param amount The amount in wei.
    """
    self._require_account(receiver)
    ledger._debit(sender, amount)
    ledger._credit(receiver, amount)


@internal
def _credit_some(account: address, amount: uint256):
    """
    @notice Credits an account unless there is nothing to credit.
    @param account Who is paid; not zero if anything is.
    @param amount The amount in wei.
    """
    if amount != 0:
        self._require_account(account)
        ledger._credit(account, amount)
