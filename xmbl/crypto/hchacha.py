"""HChaCha20, by which XChaCha20 makes a key of its own out of a key and the first 16 bytes of a nonce.

Where those bytes stay the same, as for all chunks of a replica, the key is made once, and ChaCha20-Poly1305
does the rest: the same bytes as XChaCha20-Poly1305 gives, several times as fast.
"""

import struct

_WORDS = struct.Struct("<8I")
_CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")
_COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
_DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
_MASK = 0xFFFFFFFF


def hchacha20(key: bytes, nonce: bytes) -> bytes:
    """The 32 bytes that come out of a key of 32 and a nonce of 16."""
    state = [*_CONSTANTS, *_WORDS.unpack(key), *struct.unpack("<4I", nonce)]
    for _ in range(10):
        for quarter in (*_COLUMNS, *_DIAGONALS):
            _quarter_round(state, *quarter)
    return _WORDS.pack(*state[:4], *state[12:])


def _quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for first, second, third, turn in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[first] = (state[first] + state[second]) & _MASK
        mixed = state[third] ^ state[first]
        state[third] = (mixed << turn | mixed >> (32 - turn)) & _MASK
