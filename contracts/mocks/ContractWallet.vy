# pragma version 0.4.3
"""
@title ContractWallet
@license AGPL-3.0-only
@notice A test account that is a contract: it does what it is told, signs by answering ERC-1271, and can
        take its word back or answer nonsense.
"""


_YES: constant(bytes32) = 0x1626ba7e00000000000000000000000000000000000000000000000000000000


_signed: HashMap[bytes32, bool]
_nonsense: Bytes[64]
_fails: bool


@external
def sign(digest: bytes32, yes: bool):
    """
    @notice From now on calls signatures of a digest its own, or not.
    @param digest What is signed.
    @param yes Whether they are.
    """
    self._signed[digest] = yes


@external
def answer_with(nonsense: Bytes[64]):
    """
    @notice From now on answers this, whatever is asked.
    @param nonsense The answer.
    """
    self._nonsense = nonsense
    self._signed[empty(bytes32)] = True


@external
def fail_with(nonsense: Bytes[64]):
    """
    @notice From now on fails with this, whatever is asked.
    @param nonsense What it reverts with.
    """
    self._nonsense = nonsense
    self._fails = True


@external
@view
@raw_return
def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> Bytes[64]:
    """
    @notice As in ERC-1271; the signature itself doesn't matter.
    @param digest What is signed.
    @param signature Ignored.
    @return Bytes The magic word, or four bytes of 255.
    """
    if self._fails:
        raw_revert(self._nonsense)
    if self._signed[empty(bytes32)]:
        return self._nonsense
    answer: bytes32 = _YES if self._signed[digest] else convert(x"ffffffff", bytes32)
    return slice(answer, 0, 32)


@external
def act(target: address, data: Bytes[2048]):
    """
    @notice Calls somebody as this account.
    @param target Whom.
    @param data With what.
    """
    raw_call(target, data)
