# pragma version 0.4.3
"""
@title Approvals
@license AGPL-3.0-only
@notice Allowances by signature: each is good once, for its owner's present nonce. A key signs with 65 bytes
        r, s, v and a low s; a contract answers for itself (ERC-1271), which is safe here, since an approval
        is used up when it is shown.
"""


_APPROVE: constant(bytes32) = keccak256(
    "Approve(address owner,address spender,uint256 amount,uint256 nonce,uint256 deadline)"
)
_HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168
# isValidSignature(bytes32,bytes) is both what is asked and the answer
_ASK: constant(Bytes[4]) = x"1626ba7e"
_YES: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000


nonces: public(HashMap[address, uint256])


@internal
def _use(
    domain: bytes32,
    owner: address,
    spender: address,
    amount: uint256,
    deadline: uint256,
    signature: Bytes[1024],
):
    """
    @notice Uses an approval up, or refuses what the owner didn't sign.
    @param domain The EIP-712 domain.
    @param owner Whose money it is about.
    @param spender Who may move it.
    @param amount How much, in wei.
    @param deadline The last block in which it is good.
    @param signature The owner's.
    """
    assert block.number <= deadline, "payments: deadline"
    nonce: uint256 = self.nonces[owner]
    self.nonces[owner] = unsafe_add(nonce, 1)  # never counts so far
    approval: bytes32 = keccak256(abi_encode(_APPROVE, owner, spender, amount, nonce, deadline))
    digest: bytes32 = keccak256(concat(b"\x19\x01", domain, approval))
    if not self._is_signed(owner, digest, signature):
        assert self._is_accepted(owner, digest, signature), "payments: signature"


@internal
@pure
def _is_signed(owner: address, digest: bytes32, signature: Bytes[1024]) -> bool:
    """
    @notice Whether the owner's key signed.
    @param owner The owner.
    @param digest What is to be signed.
    @param signature The signature.
    @return bool True if it recovers to the owner, who isn't zero.
    """
    if len(signature) != 65:
        return False
    s: uint256 = extract32(signature, 32, output_type=uint256)
    if s > _HALF_ORDER:
        return False
    r: uint256 = extract32(signature, 0, output_type=uint256)
    signer: address = ecrecover(digest, convert(slice(signature, 64, 1), uint256), r, s)
    return signer != empty(address) and signer == owner


@internal
@view
def _is_accepted(owner: address, digest: bytes32, signature: Bytes[1024]) -> bool:
    """
    @notice Whether the owner is a contract that calls the signature its own.
    @param owner The owner.
    @param digest What is to be signed.
    @param signature The signature.
    @return bool True if it says so; a contract that fails says no.
    """
    answered: bool = False
    answer: Bytes[32] = b""
    answered, answer = raw_call(
        owner,
        concat(_ASK, abi_encode(digest, signature)),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    # a key answers too, with nothing
    return answered and len(answer) == 32 and convert(answer, bytes32) == _YES
