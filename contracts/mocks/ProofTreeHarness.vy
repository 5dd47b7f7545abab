# pragma version 0.4.3
"""
@title ProofTreeHarness
@license AGPL-3.0-only
@notice Lets tests climb a proof tree.
"""


from contracts.modules import proof_tree


@external
@pure
def climb(
    words: DynArray[bytes32, proof_tree.MAX_WORDS], at: uint256, index: uint256, leaves: uint256
) -> (bytes32, uint256):
    return proof_tree._climb(words, at, index, leaves)
