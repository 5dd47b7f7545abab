# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title Staking
@license AGPL-3.0-only
@notice XMBL bonded behind operators, by themselves and by delegators, the parts of it that markets hold as
        collateral, and the fees that all stakers share.
        Who may: an operator bonds, authorises, thaws and withdraws its own stake, lowers its commission and
        claims its fees, and its delegators' for them; a delegator delegates, thaws, withdraws and claims; a
        market (chosen at deployment) locks within its limit, and unlocks and slashes only what it holds; who
        was wronged collects; anyone burns what was slashed and shares out fees that came in.
        Nobody can stop it: there is no owner, no pause, no new market and no parameter to set.
@dev Invariants, with sums over all operators o and markets m:
       token.balanceOf(self) >= total + sum owed + sum to_burn, equal unless tokens came unasked
       total = sum own + sum delegated, and the shares of o are worth at most delegated(o)
       sum_m locked(o, m) = locked(o) <= own(o) + delegated(o), locked(o) <= leverage * own(o)
       came in = withdrawn + collected + burnt + sum owed + sum to_burn + total
       collected + sum owed <= half of what was slashed of own stake, so who slashes itself loses, and nobody
       gains what delegators lose
       right after a lock: locked(o) <= what doesn't thaw and <= leverage * own stake that doesn't thaw
       what thaws can leave in the time for it, now or after another thaw, once the locks before have ended
       Payments.balance_of(self) >= accounted >= sum of fees that can be claimed
     Stake is counted, never read from the token's balance. A slash only looks up a balance in Payments.
"""


from contracts.interfaces import IStaking
implements: IStaking
from contracts.interfaces import IToken


from contracts.modules import thaws
initializes: thaws
from contracts.modules import delegations
initializes: delegations[thaws := thaws]
from contracts.modules import fee_index
initializes: fee_index
from contracts.modules import markets
initializes: markets
from contracts.modules import stakes
initializes: stakes[thaws := thaws]
from contracts.modules import collateral
initializes: collateral[delegations := delegations, stakes := stakes]


exports: (markets.is_market, collateral.leverage, collateral.lock_of, collateral.owed)
exports: (delegations.pool_of, fee_index.total, thaws.thaw_blocks, thaws.withdraw_blocks)


interface Payments:
    def balance_of(holder: address) -> uint256: view
    def pay(a: address, to_a: uint256, b: address, to_b: uint256, c: address, to_c: uint256): nonpayable


token: public(immutable(address))
payments: public(immutable(address))


@deploy
def __init__(token_: address, payments_: address, markets_: address[4], leverage: uint256, thaw: uint256):
    """
    @notice Fixes token, ledger, markets and numbers for ever.
    @param token_ XMBL; its supply has to be below 2^60 units.
    @param payments_ Where fees come in, on the account of this contract.
    @param markets_ The contracts that may lock stake; zero for fewer than four.
    @param leverage How many units of locks one unit of an operator's own stake may carry.
    @param thaw How long stake thaws, in blocks.
    """
    assert staticcall IToken(token_).totalSupply() <= stakes._wei(stakes._MOST), "staking: supply"
    collateral.__init__(leverage)
    markets.__init__(markets_)
    thaws.__init__(thaw)
    token = token_
    payments = payments_


# Operators


@external
def stake(amount: uint256, commission: uint256):
    """
    @notice Bonds XMBL of the caller behind itself. The first time fixes its commission.
    @param amount The amount in wei, a multiple of 10^9.
    @param commission What the caller gets of its delegators' fees, in basis points; later what it is.
    """
    units: uint256 = stakes._some_units(amount)
    delegations._open(msg.sender, commission)
    fees: uint256 = self._learnt()
    stakes._bond(msg.sender, units, fees)
    fee_index.word = fee_index._grown(fees, units)
    self._pull(amount)
    log IStaking.Staked(operator=msg.sender, amount=amount)


@external
def set_commission(commission: uint256):
    """
    @notice Lowers the caller's commission, also on fees that aren't claimed yet.
    @param commission The new one in basis points.
    """
    delegations._lower_commission(msg.sender, commission)
    log IStaking.CommissionSet(operator=msg.sender, commission=commission)


@external
def authorize(market: address, limit: uint256):
    """
    @notice Sets how much of the stake behind the caller a market may hold in all.
    @param market The market.
    @param limit The most in wei, a multiple of 10^9; what is locked already may exceed it.
    """
    markets._require_market(market)
    collateral._authorize(msg.sender, market, stakes._units(limit))
    log IStaking.Authorized(operator=msg.sender, market=market, limit=limit)


@external
def thaw(amount: uint256):
    """
    @notice Starts the way out for a part of the caller's own stake. A second thaw restarts its clock.
    @param amount What shall leave besides what thaws already, in wei, a multiple of 10^9; 0 for that alone.
    """
    fee_index.word = self._learnt()
    until: uint256 = thaws._until()
    thawing: uint256 = stakes._thaw(msg.sender, stakes._units(amount), until)
    log IStaking.Thawing(operator=msg.sender, amount=stakes._wei(thawing), until=until)


@external
def withdraw():
    """
    @notice Claims the caller's fees and sends it all that has thawed, if what stays covers the locks.
    """
    fees: uint256 = self._learnt()
    due: uint256 = stakes._claim(msg.sender, fees)
    units: uint256 = stakes._leave(msg.sender, collateral.leverage)
    fee_index.word = fee_index._fetched(fee_index._shrunk(fees, units), due)
    self._pay(msg.sender, msg.sender, due, 0)
    self._send(stakes._wei(units))
    log IStaking.Withdrawn(operator=msg.sender, amount=stakes._wei(units))


@external
def claim():
    """
    @notice Pays the caller what its own stake has earned, into its account in Payments.
    """
    fees: uint256 = self._learnt()
    due: uint256 = stakes._claim(msg.sender, fees)
    assert due != 0, "staking: nothing"
    fee_index.word = fee_index._fetched(fees, due)
    self._pay(msg.sender, msg.sender, due, 0)


# Delegators


@external
def delegate(operator: address, amount: uint256):
    """
    @notice Puts XMBL of the caller behind an operator. Slashes of the operator can take from it.
    @param operator The operator; it has staked before.
    @param amount The amount in wei, a multiple of 10^9.
    """
    units: uint256 = stakes._some_units(amount)
    fees: uint256 = self._learnt()
    shares: uint256 = delegations._join(operator, msg.sender, units, fees)
    stakes._join(operator, units)
    fee_index.word = fee_index._grown(fees, units)
    self._pull(amount)
    log IStaking.Delegated(operator=operator, holder=msg.sender, amount=amount, shares=shares)


@external
def thaw_delegated(operator: address, shares: uint256):
    """
    @notice Starts the way out for some of the caller's shares. A second thaw restarts their clock.
    @param operator The operator.
    @param shares How many shall leave besides those that thaw already; 0 for these alone.
    """
    fee_index.word = self._learnt()
    until: uint256 = thaws._until()
    thawing: uint256 = delegations._thaw(operator, msg.sender, shares, until)
    stakes._mark_thawing(operator)
    log IStaking.ThawingDelegated(operator=operator, holder=msg.sender, shares=thawing, until=until)


@external
def withdraw_delegated(operator: address):
    """
    @notice Claims the caller's fees and sends what its thawed shares are worth, if the rest covers the locks.
    @param operator The operator.
    """
    fees: uint256 = self._learnt()
    due: uint256 = 0
    commission: uint256 = 0
    due, commission = delegations._claim(operator, msg.sender, fees)
    units: uint256 = delegations._leave(operator, msg.sender)
    stakes._part(operator, units, delegations._thawing_shares(operator) != 0)
    fee_index.word = fee_index._fetched(fee_index._shrunk(fees, units), due + commission)
    self._pay(operator, msg.sender, due, commission)
    self._send(stakes._wei(units))
    log IStaking.WithdrawnDelegated(operator=operator, holder=msg.sender, amount=stakes._wei(units))


@external
def claim_delegated(operator: address, holder: address):
    """
    @notice Pays a delegator what its shares have earned, and the operator its commission, into their
            accounts in Payments. By either of them: else each could withhold the other's.
    @param operator The operator.
    @param holder The delegator.
    """
    assert msg.sender == holder or msg.sender == operator, "staking: sender"
    fees: uint256 = self._learnt()
    due: uint256 = 0
    commission: uint256 = 0
    due, commission = delegations._claim(operator, holder, fees)
    assert due + commission != 0, "staking: nothing"
    fee_index.word = fee_index._fetched(fees, due + commission)
    self._pay(operator, holder, due, commission)


# Who was wronged, and anyone


@external
def collect():
    """
    @notice Sends the caller what it is owed of slashed stake.
    """
    amount: uint256 = stakes._wei(collateral._take_owed(msg.sender))
    self._send(amount)
    log IStaking.Collected(account=msg.sender, amount=amount)


@external
def burn(operator: address, market: address):
    """
    @notice Burns what a market slashed of the stake behind an operator.
    @param operator Whose stake it was.
    @param market The market that slashed it.
    """
    amount: uint256 = stakes._wei(collateral._take_burnt(operator, market))
    extcall IToken(token).burn(amount)
    log IStaking.Burnt(operator=operator, market=market, amount=amount)


@external
def sync():
    """
    @notice Shares out the fees that have come in. Never needed: whatever changes stake does it first.
    """
    fee_index.word = self._learnt()


# Markets


@external
def lock(operator: address, units: uint256):
    """
    @notice Takes free stake as collateral of the calling market. With 0 it only makes the checks.
    @param operator The operator.
    @param units How much, in units of 10^9 wei.
    """
    markets._require_market(msg.sender)
    stakes._require_units(units)
    collateral._hold(operator, msg.sender, units)


@external
def unlock(operator: address, units: uint256):
    """
    @notice Frees a part of what the calling market holds.
    @param operator The operator.
    @param units How much, in units of 10^9 wei.
    """
    self._release(operator, 0, units, empty(address))


@external
def slash(operator: address, units: uint256, unlocked: uint256, beneficiary: address):
    """
    @notice Takes `units` of what the calling market holds, and frees `unlocked` more of it. Half of what is
            taken of own stake is booked for the beneficiary, the rest to be burnt.
    @param operator The operator.
    @param units What is lost, in units of 10^9 wei.
    @param unlocked What is freed besides, in units of 10^9 wei.
    @param beneficiary Who was wronged; the zero address for nobody, then all is burnt.
    """
    self._release(operator, units, unlocked, beneficiary)


# Views


@external
@view
@reentrant
def stake_of(operator: address) -> IStaking.Stake:
    """
    @notice What stands behind an operator.
    @param operator The operator.
    @return Stake Its stake, in wei.
    """
    stake: stakes.Stake = stakes._stake(operator)
    return IStaking.Stake(
        own=stakes._wei(stake.own),
        delegated=stakes._wei(stake.delegated),
        locked=stakes._wei(stake.locked),
        thawing=stakes._wei(stake.thawing),
        thaw_until=stakes._thaw_until(operator),
        delegated_thawing=stakes._wei(delegations._thawing(operator)),
        commission=delegations._commission(operator),
    )


@external
@view
@reentrant
def delegation_of(operator: address, holder: address) -> IStaking.Delegation:
    """
    @notice What a delegator has with an operator.
    @param operator The operator.
    @param holder The delegator.
    @return Delegation Its shares, what they are worth and what they have earned.
    """
    return delegations._delegation(operator, holder, self._learnt())


@external
@view
@reentrant
def fees_of(operator: address) -> uint256:
    """
    @notice What an operator's own stake has earned and `claim` would pay.
    @param operator The operator.
    @return uint256 The amount in wei of what Payments holds.
    """
    return stakes._due(operator, self._learnt())


@internal
@view
def _learnt() -> uint256:
    """
    @notice The word of the fee index with all that has come in.
    @return uint256 The word.
    """
    return fee_index._learnt(fee_index.word, staticcall Payments(payments).balance_of(self))


@internal
def _release(operator: address, slashed: uint256, unlocked: uint256, beneficiary: address):
    """
    @notice Ends a part of the caller's lock.
    @param operator The operator.
    @param slashed What is lost, in units.
    @param unlocked What is free again, in units.
    @param beneficiary Who gets half of the own stake that is lost; zero for nobody.
    """
    markets._require_market(msg.sender)
    stakes._require_units(slashed | unlocked)
    if slashed != 0:
        fee_index.word = fee_index._shrunk(self._learnt(), slashed)
    collateral._release(operator, slashed, unlocked, beneficiary)


@internal
def _pay(operator: address, holder: address, due: uint256, commission: uint256):
    """
    @notice Pays fees, if there are any.
    @param operator The operator.
    @param holder Whose stake earned them.
    @param due The holder's part, in wei.
    @param commission The operator's part, in wei.
    """
    if due | commission != 0:
        extcall Payments(payments).pay(holder, due, operator, commission, empty(address), 0)
        log IStaking.Claimed(operator=operator, holder=holder, amount=due, commission=commission)


@internal
def _pull(amount: uint256):
    """
    @notice Takes tokens from the caller.
    @param amount The amount in wei.
    """
    assert extcall IToken(token).transferFrom(msg.sender, self, amount), "staking: transfer"


@internal
def _send(amount: uint256):
    """
    @notice Sends the caller tokens.
    @param amount The amount in wei.
    """
    assert extcall IToken(token).transfer(msg.sender, amount), "staking: transfer"
