# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Payments
@license AGPL-3.0-only
@notice One ledger of one asset (any plain ERC-20): the only place where the money of services rests.
        Markets keep their escrow as accounts here, so one deposit serves every service.
        Who may: everyone deposits for itself, moves, approves, withdraws, burns and reserves what is its
        own, and says who signs vouchers for it; a spender moves what it was approved; anyone redeems a
        voucher for its payee, shows an approval, and distributes a split to its recipients.
        Nobody can stop it: there is no owner, no fee, no pause and no parameter to set.
@dev Invariants, with D all that was deposited and W all that was withdrawn:
       asset.balanceOf(self) >= sum of balances + burnt, equal unless someone sent the asset unasked
       sum of balances + burnt = D - W < 2^112, and burnt never falls
       a balance falls only by its owner's call, allowance or voucher, or, of a split, by `distribute`
       for every account: reserved = sum of its lanes <= balance
       for every payer, payee, subject: redeemed = all that these vouchers brought <= the highest
       cumulative amount that the payer or a live signer of it signed, and never falls
       a lane falls only by what its payee gets, until it is released: by the payer from `until` on
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
from contracts.modules import lanes
initializes: lanes[ledger := ledger]
from contracts.modules import signers
initializes: signers
from contracts.modules import vouchers
initializes: vouchers[lanes := lanes, signers := signers]
from contracts.modules import approvals
initializes: approvals
from contracts.modules import split_shares
from snekmate.utils import eip712_domain_separator as domain
initializes: domain


exports: (
    ledger.balance_of,
    ledger.account,
    lanes.lane,
    signers.signer_until,
    vouchers.redeemed,
    approvals.nonces,
    split_shares.split_account,
    domain.eip712Domain,
)


_VOUCHERS: constant(uint256) = 32  # redeemed at once; room for more costs every call
_RECIPIENTS: constant(uint256) = split_shares.RECIPIENTS


asset: public(immutable(address))
delay: public(immutable(uint256))


allowance: reentrant(public(HashMap[address, HashMap[address, uint256]]))
burnt: reentrant(public(uint256))


@deploy
def __init__(asset_: address, delay_: uint256):
    """
    @notice Chooses the asset and how long payees may rely on a signer.
    @param asset_ A plain ERC-20.
    @param delay_ Blocks that a revoked signer lives on, below 2^32.
    """
    ledger._require_account(asset_)
    assert delay_ < 2**32, "payments: delay"
    domain.__init__("XMBL Payments", "1")
    asset = asset_
    delay = delay_


# Everyone, for itself


@external
def deposit(amount: uint256):
    """
    @notice Pulls the asset from the caller and credits what arrived.
    @param amount What to pull, in wei.
    """
    self._deposit(amount)


@external
def deposit_with_permit(amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice As `deposit`, after showing the asset the caller's permit (EIP-2612). That the permit fails
            doesn't matter: somebody may have shown it before.
    @param amount What to allow and to pull, in wei.
    @param deadline The permit's, in seconds.
    @param v The permit's signature.
    @param r The same.
    @param s The same.
    """
    permit: Bytes[228] = abi_encode(
        msg.sender, self, amount, deadline, v, r, s,
        method_id=method_id("permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"),
    )
    permitted: bool = raw_call(asset, permit, revert_on_failure=False)
    self._deposit(amount)


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
    ledger._move(msg.sender, to, amount)
    log IPayments.Transferred(sender=msg.sender, receiver=to, amount=amount)


@external
def approve(spender: address, amount: uint256):
    """
    @notice Sets what `spender` may move of the caller's.
    @param spender Who may move; usually a market.
    @param amount The amount in wei; 2^256 - 1 for any.
    """
    self._approve(msg.sender, spender, amount)


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
    assert (first_amount | second_amount | third_amount) <= ledger._BALANCE, "payments: balance"
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


@external
def reserve(payee: address, amount: uint256, until: uint256):
    """
    @notice Sets money of the caller aside for one payee: only its vouchers take from this lane. A lane only
            grows, and pays until it is released.
    @param payee Whom it waits for.
    @param amount What comes on top, in wei; 0 to raise `until` alone.
    @param until From which block on the caller may release it, below 2^64; it only rises.
    """
    ledger._require_account(payee)
    lanes._reserve(msg.sender, payee, amount, until)


@external
def authorize_signer(signer: address, until: uint256):
    """
    @notice Lets a key sign vouchers for the caller, or for longer.
    @param signer The key's address.
    @param until The first block in which it is dead, below 2^64; it only rises.
    """
    ledger._require_account(signer)
    signers._authorize(msg.sender, signer, until)


@external
def revoke_signer(signer: address):
    """
    @notice Ends what a key may sign for the caller, `delay` blocks from now, so that payees can redeem.
    @param signer The key's address.
    """
    signers._revoke(msg.sender, signer, delay)


# Payers and payees


@external
def release(payer: address, payee: address):
    """
    @notice Ends a lane and frees what is left in it: by the payer from its `until` on, by the payee always.
    @param payer Whose money it is.
    @param payee Whom it waited for.
    """
    if msg.sender != payee:
        assert msg.sender == payer, "payments: sender"
        lanes._require_over(payer, payee)
    lanes._release(payer, payee)


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
    ledger._move(owner, to, amount)
    if to != msg.sender:  # a market that takes what is due logs what for
        log IPayments.Transferred(sender=owner, receiver=to, amount=amount)


# Anyone


@external
def redeem(payee: address, voucher: IPayments.SignedVoucher) -> uint256:
    """
    @notice Pays the payee what is new in a voucher and there: from its lane first, then from what the payer
            has free. What isn't there yet can be redeemed later.
    @param payee Whom the voucher names.
    @param voucher The voucher.
    @return uint256 What was paid, in wei.
    """
    assert payee != empty(address), "payments: zero address"
    paid: uint256 = vouchers._redeem(domain._domain_separator_v4(), payee, voucher)
    assert paid != 0, "payments: nothing"
    ledger._credit(payee, paid)
    return paid


@external
def redeem_many(payee: address, signed: DynArray[IPayments.SignedVoucher, _VOUCHERS]) -> uint256:
    """
    @notice As `redeem`, skipping what brings nothing, since somebody may have redeemed it before.
    @param payee Whom all vouchers name.
    @param signed The vouchers.
    @return uint256 What was paid, in wei.
    """
    assert payee != empty(address), "payments: zero address"
    separator: bytes32 = domain._domain_separator_v4()
    paid: uint256 = 0
    for voucher: IPayments.SignedVoucher in signed:
        # balances of payers, below 2^112 together
        paid = unsafe_add(paid, vouchers._redeem(separator, payee, voucher))
    ledger._credit(payee, paid)  # after all debits, since a payer may be the payee
    return paid


@external
def approve_by_sig(
    owner: address, spender: address, amount: uint256, deadline: uint256, signature: Bytes[1024]
):
    """
    @notice Sets what `spender` may move of the owner's, by the owner's signature.
    @param owner Whose money it is; a key, or a contract that answers ERC-1271.
    @param spender Who may move; usually a market.
    @param amount The amount in wei; 2^256 - 1 for any.
    @param deadline The last block in which the signature counts.
    @param signature 65 bytes r, s, v of a key; whatever a contract wants.
    """
    approvals._use(domain._domain_separator_v4(), owner, spender, amount, deadline, signature)
    self._approve(owner, spender, amount)


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
    balance, phase, rest = ledger._split(split)
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


@internal
@view
def _holding() -> uint256:
    """
    @notice What this contract holds of the asset.
    @return uint256 The amount in wei.
    """
    return staticcall IERC20(asset).balanceOf(self)


@internal
def _deposit(amount: uint256):
    """
    @notice Pulls the asset from the caller and credits what arrived.
    @param amount What to pull, in wei.
    """
    before: uint256 = self._holding()
    assert extcall IERC20(asset).transferFrom(
        msg.sender, self, amount, default_return_value=True
    ), "payments: transfer"
    holding: uint256 = self._holding()
    assert holding <= ledger._BALANCE, "payments: full"
    arrived: uint256 = holding - before
    ledger._credit(msg.sender, arrived)
    log IPayments.Deposited(account=msg.sender, amount=arrived)


@internal
def _approve(owner: address, spender: address, amount: uint256):
    """
    @notice Sets an allowance.
    @param owner Whose money it is.
    @param spender Who may move it.
    @param amount The amount in wei.
    """
    ledger._require_account(spender)
    self.allowance[owner][spender] = amount
    log IPayments.Approved(owner=owner, spender=spender, amount=amount)


@internal
def _credit_some(account: address, amount: uint256):
    """
    @notice Credits an account unless there is nothing to credit.
    @param account Who is paid; not zero if anything is.
    @param amount The amount in wei.
    """
    if amount != 0:
        ledger._require_account(account)
        ledger._credit(account, amount)
