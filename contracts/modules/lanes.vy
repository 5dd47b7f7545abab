# pragma version 0.4.3
"""
@title Lanes
@license AGPL-3.0-only
@notice Money that an account has set aside for one payee, whatever the subject: nothing but this payee's
        vouchers takes from a lane, until it is released. An account's lanes together are what its slot in
        the ledger says is reserved.
@dev lane: amount 112 | until 64, low bits first.
"""


from contracts.interfaces import IPayments
from contracts.modules import ledger
uses: ledger


_AMOUNT: constant(uint256) = 2**112 - 1
_UNTIL_AT: constant(uint256) = 112
_LAST_BLOCK: constant(uint256) = 2**64 - 1


_lanes: HashMap[address, HashMap[address, uint256]]  # by payer, payee


@external
@view
def lane(payer: address, payee: address) -> IPayments.Lane:
    """
    @notice What a payer has set aside for a payee.
    @param payer Whose money it is.
    @param payee Whom it waits for.
    @return Lane The amount, and the block from which the payer may release it.
    """
    word: uint256 = self._lanes[payer][payee]
    return IPayments.Lane(amount=word & _AMOUNT, until=word >> _UNTIL_AT)


@internal
def _reserve(payer: address, payee: address, amount: uint256, until: uint256):
    """
    @notice Sets more aside, or for longer.
    @param payer Whose money it is; has as much that is free.
    @param payee Whom it waits for; not zero.
    @param amount What comes on top, in wei.
    @param until From which block on the payer may release it; a lower one than before changes nothing.
    """
    assert until <= _LAST_BLOCK, "payments: until"
    ledger._reserve(payer, amount)
    word: uint256 = self._lanes[payer][payee]
    # a part of the payer's balance, as all its lanes together
    held: uint256 = unsafe_add(word & _AMOUNT, amount)
    last: uint256 = max(word >> _UNTIL_AT, until)
    self._lanes[payer][payee] = held | (last << _UNTIL_AT)
    log IPayments.Reserved(payer=payer, payee=payee, amount=held, until=last)


@internal
@view
def _require_over(payer: address, payee: address):
    """
    @notice Refuses while the payer has promised not to release a lane.
    @param payer Whose money it is.
    @param payee Whom it waits for.
    """
    assert block.number >= self._lanes[payer][payee] >> _UNTIL_AT, "payments: reserved"


@internal
def _release(payer: address, payee: address):
    """
    @notice Ends a lane: what is left in it is free again.
    @param payer Whose money it is.
    @param payee Whom it waited for.
    """
    word: uint256 = self._lanes[payer][payee]
    assert word != 0, "payments: nothing"
    self._lanes[payer][payee] = 0
    ledger._unreserve(payer, word & _AMOUNT)
    log IPayments.Released(payer=payer, payee=payee, amount=word & _AMOUNT)


@internal
def _draw(payer: address, payee: address, due: uint256) -> uint256:
    """
    @notice Takes what is due from a payer, from the payee's lane first and then from what is free.
    @param payer Who owes.
    @param payee Whom.
    @param due The most that is taken, in wei.
    @return uint256 What was there, in wei.
    """
    word: uint256 = ledger._accounts[payer]
    free: uint256 = unsafe_sub(word, word >> ledger._RESERVED_AT) & ledger._BALANCE
    paid: uint256 = min(due, free)
    if (word >> ledger._RESERVED_AT) & ledger._BALANCE != 0:
        line: uint256 = self._lanes[payer][payee]
        held: uint256 = min(due, line & _AMOUNT)
        # a part of the lane, which is a part of what is reserved, which is a part of the balance
        self._lanes[payer][payee] = unsafe_sub(line, held)
        word = unsafe_sub(word, held << ledger._RESERVED_AT)
        paid = unsafe_add(held, min(unsafe_sub(due, held), free))
    ledger._accounts[payer] = unsafe_sub(word, paid)
    return paid
