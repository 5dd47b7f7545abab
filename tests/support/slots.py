"""A contract's storage read without a call: what a random machine compares after every move."""

from typing import Any

import boa
from eth_utils import keccak, to_canonical_address


class Slots:
    """One state variable: `Slots(staking, "stakes", "_locks")[operator, market]` is the word in its slot."""

    def __init__(self, contract: Any, *path: str) -> None:
        found = contract.compiler_data.storage_layout["storage_layout"]
        for name in path:
            found = found[name]
        self._address = contract.address
        self._slot = found["slot"].to_bytes(32, "big")
        self._places: dict[tuple[str, ...], int] = {}

    def __getitem__(self, keys: str | tuple[str, ...]) -> int:
        keys = keys if isinstance(keys, tuple) else (keys,)
        if keys not in self._places:
            self._places[keys] = self._place(keys)
        return boa.env.evm.get_storage(self._address, self._places[keys])

    def _place(self, keys: tuple[str, ...]) -> int:
        slot = self._slot
        for key in keys:
            slot = keccak(slot + to_canonical_address(key).rjust(32, b"\0"))
        return int.from_bytes(slot, "big")
