# pragma version 0.4.3
"""
@title Proof tree
@license AGPL-3.0-only
@notice The RFC 6962 tree: SHA-256, 0x00 before a leaf of 256 bytes, 0x01 before a node's two children,
        a lonely right node is promoted. Where a leaf stands and how many there are give the path's shape.
"""


MAX_WORDS: constant(uint256) = 432
LEAF_WORDS: constant(uint256) = 8
MAX_DEPTH: constant(uint256) = 25
MAX_LEAF_WORDS: constant(uint256) = 33  # of the deepest leaf with its path


@internal
@pure
def _climb(
    words: DynArray[bytes32, MAX_WORDS], at: uint256, index: uint256, leaves: uint256
) -> (bytes32, uint256):
    """
    @notice Climbs from a leaf to the root.
    @param words Among others, eight words of leaf and its path bottom up.
    @param at Where they begin.
    @param index Which leaf.
    @param leaves How many there are, at most 2^25.
    @return bytes32 The root.
    @return uint256 Where the path ends.
    """
    node: bytes32 = sha256(
        concat(
            0x00,
            words[at],
            words[unsafe_add(at, 1)],
            words[unsafe_add(at, 2)],
            words[unsafe_add(at, 3)],
            words[unsafe_add(at, 4)],
            words[unsafe_add(at, 5)],
            words[unsafe_add(at, 6)],
            words[unsafe_add(at, 7)],
        )
    )
    next: uint256 = unsafe_add(at, LEAF_WORDS)
    own: uint256 = index
    last: uint256 = unsafe_sub(leaves, 1)  # index of the level's last node
    for _: uint256 in range(MAX_DEPTH):
        if last == 0:
            break
        if own & 1 != 0:
            node = sha256(concat(0x01, words[next], node))
            next = unsafe_add(next, 1)  # below MAX_WORDS, since words[next] was there
        elif own != last:
            node = sha256(concat(0x01, node, words[next]))
            next = unsafe_add(next, 1)
        own >>= 1
        last >>= 1
    return node, next
