# pragma version 0.4.3
"""
@title Seeds
@license AGPL-3.0-only
@notice Numbers that nobody could foresee before a block was there. A block's hash is read when it is needed:
        from the last 256 blocks, else from the history of EIP-2935, which reaches 8,191 blocks back.
"""


from snekmate.utils import block_hash


_NATIVE: constant(uint256) = 256  # blocks
_HISTORIC: constant(uint256) = 8_000  # blocks, with a margin


@internal
@view
def _is_readable(blocks: uint256) -> bool:
    """
    @notice Whether this chain tells the hash of a block for that long.
    @param blocks How many blocks later it is asked at most.
    @return bool Whether it answers.
    """
    return blocks <= _NATIVE or (blocks <= _HISTORIC and self._has_history())


@internal
@view
def _has_history() -> bool:
    """
    @notice Whether the history contract is there, as `block_hash` will ask for it.
    @return bool Whether it is.
    """
    return block_hash._HISTORY_STORAGE_ADDRESS.codehash == block_hash._HISTORY_STORAGE_RUNTIME_BYTECODE_HASH


@internal
@view
def _seed(number: uint256, operator: address) -> bytes32:
    """
    @notice The seed of an operator's draws.
    @param number The block whose hash it comes from.
    @param operator The operator.
    @return bytes32 The seed.
    """
    hash: bytes32 = block_hash._block_hash(number)
    # zero is what everybody knows beforehand: the block isn't over, or the chain has forgotten it
    assert hash != empty(bytes32), "deals: seed"
    return keccak256(abi_encode(hash, operator))


@internal
@pure
def _draw(seed: bytes32, number: uint256) -> uint256:
    """
    @notice One of the numbers that follow from a seed.
    @param seed The seed.
    @param number Which one.
    @return uint256 256 bits.
    """
    return convert(keccak256(abi_encode(seed, number)), uint256)
