"""A contract's storage read without a call: what a random machine compares after every move."""

from typing import Any

import boa
from eth_utils import keccak, to_canonical_address

Key = str | bytes | int


def _word(key: Key) -> bytes:
    if isinstance(key, int):
        return key.to_bytes(32, "big")
    return (key if isinstance(key, bytes) else to_canonical_address(key)).rjust(32, b"\0")


class Slots:
    """One state variable: `Slots(staking, "stakes", "_locks")[operator, market]` is the word in its slot.

    Keys are addresses, hashes or numbers.
    """

    def __init__(self, contract: Any, *path: str) -> None:
        found = contract.compiler_data.storage_layout["storage_layout"]
        for name in path:
            found = found[name]
        self._address = contract.address
        self._slot = found["slot"].to_bytes(32, "big")
        self._places: dict[tuple[Key, ...], int] = {}

    def __getitem__(self, keys: Key | tuple[Key, ...]) -> int:
        return boa.env.evm.get_storage(self._address, self._place(keys))

    def __setitem__(self, keys: Key | tuple[Key, ...], word: int) -> None:
        """Make it as if the contract had written this word."""
        boa.env.evm.set_storage(self._address, self._place(keys), word)

    def words(self, keys: Key | tuple[Key, ...], count: int, skip: int = 0) -> list[int]:
        """So many words of a struct, without the first `skip`."""
        first = self._place(keys) + skip
        return [boa.env.evm.get_storage(self._address, first + at) for at in range(count)]

    def _place(self, keys: Key | tuple[Key, ...]) -> int:
        keys = keys if isinstance(keys, tuple) else (keys,)
        if keys not in self._places:
            self._places[keys] = self._hashed(keys)
        return self._places[keys]

    def _hashed(self, keys: tuple[Key, ...]) -> int:
        slot = self._slot
        for key in keys:
            slot = keccak(slot + _word(key))
        return int.from_bytes(slot, "big")
