# pragma version 0.4.3
"""
@title Vouchers
@license AGPL-3.0-only
@notice Signed promises of a cumulative amount from one payer to one payee for one subject. What was paid is
        kept for each of these, so a voucher that is shown again, or after a later one, pays nothing more.
        Only ECDSA counts, of the payer or of a signer that it authorized: a contract could take its
        word back after it was served.
"""


from contracts.interfaces import IPayments
from contracts.modules import lanes
uses: lanes
from contracts.modules import signers
uses: signers


_VOUCHER: constant(bytes32) = keccak256(
    "Voucher(address payer,address payee,uint256 cumulative,bytes32 subject,uint256 expiry)"
)


_redeemed: HashMap[bytes32, uint256]  # by keccak256(abi_encode(payer, payee, subject))


@external
@view
def redeemed(payer: address, payee: address, subject: bytes32) -> uint256:
    """
    @notice What vouchers of one subject have brought.
    @param payer Who paid.
    @param payee Who was paid.
    @param subject What for.
    @return uint256 The amount in wei; it never falls.
    """
    return self._redeemed[self._key(payer, payee, subject)]


@internal
def _redeem(domain: bytes32, payee: address, voucher: IPayments.SignedVoucher) -> uint256:
    """
    @notice Takes from the payer what a voucher promises, was not paid yet and is there.
    @param domain The EIP-712 domain.
    @param payee Whom it is promised to; gets nothing yet.
    @param voucher The voucher.
    @return uint256 What was taken, in wei.
    """
    assert block.number <= voucher.expiry, "payments: expired"
    promise: bytes32 = keccak256(
        abi_encode(_VOUCHER, voucher.payer, payee, voucher.cumulative, voucher.subject, voucher.expiry)
    )
    vs: uint256 = convert(voucher.vs, uint256)
    # a second signature of the same promise pays nothing more, so a high s does no harm
    signer: address = ecrecover(
        keccak256(concat(b"\x19\x01", domain, promise)),
        unsafe_add(vs >> 255, 27),
        convert(voucher.r, uint256),
        vs & convert(max_value(int256), uint256),
    )
    assert signer != empty(address), "payments: signature"
    if signer != voucher.payer:
        signers._require_live(voucher.payer, signer)
    key: bytes32 = keccak256(abi_encode(voucher.payer, payee, voucher.subject))
    before: uint256 = self._redeemed[key]
    if voucher.cumulative <= before:
        return 0
    paid: uint256 = lanes._draw(voucher.payer, payee, unsafe_sub(voucher.cumulative, before))
    if paid != 0:
        self._redeemed[key] = unsafe_add(before, paid)  # at most the cumulative amount
        log IPayments.Redeemed(payer=voucher.payer, payee=payee, subject=voucher.subject, amount=paid)
    return paid


@internal
@pure
def _key(payer: address, payee: address, subject: bytes32) -> bytes32:
    """
    @notice Where it is kept what a payee got for a subject.
    @param payer Who pays.
    @param payee Who is paid.
    @param subject What for.
    @return bytes32 The key.
    """
    return keccak256(abi_encode(payer, payee, subject))
