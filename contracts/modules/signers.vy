# pragma version 0.4.3
"""
@title Signers
@license AGPL-3.0-only
@notice Hot keys that sign vouchers for an account whose own key stays cold. A payee that relies on a signer
        reads until when it lives: that block only rises, or falls to a fixed delay from now.
"""


from contracts.interfaces import IPayments


_LAST_BLOCK: constant(uint256) = 2**64 - 1


# by payer, signer: the first block in which it is dead
signer_until: public(HashMap[address, HashMap[address, uint256]])


@internal
def _authorize(payer: address, signer: address, until: uint256):
    """
    @notice Lets `signer` sign for `payer`, or for longer.
    @param payer Whose money it may promise.
    @param signer The key; not zero.
    @param until The first block in which it is dead; a lower one than before changes nothing.
    """
    assert until <= _LAST_BLOCK, "payments: until"
    self._set_until(payer, signer, max(self.signer_until[payer][signer], until))


@internal
def _revoke(payer: address, signer: address, delay: uint256):
    """
    @notice Ends what `signer` may sign for `payer`, after the delay.
    @param payer Whose money it could promise.
    @param signer The key.
    @param delay Blocks that payees have to redeem what it signed.
    """
    self._set_until(payer, signer, min(self.signer_until[payer][signer], block.number + delay))


@internal
@view
def _require_live(payer: address, signer: address):
    """
    @notice Refuses who may not sign for `payer` now.
    @param payer Whose money is promised.
    @param signer Who signed.
    """
    assert block.number < self.signer_until[payer][signer], "payments: signer"


@internal
def _set_until(payer: address, signer: address, until: uint256):
    """
    @notice Writes until when a signer lives.
    @param payer Whose signer it is.
    @param signer The key.
    @param until The first block in which it is dead.
    """
    self.signer_until[payer][signer] = until
    log IPayments.SignerSet(payer=payer, signer=signer, until=until)
