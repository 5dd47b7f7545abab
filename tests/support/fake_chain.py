"""Chains as some nodes show them: with other numbers than the headers have, or without their events."""

from collections.abc import Iterator
from typing import Any

from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.logs import Log


class StrangeChain:
    """`real`, except that contracts see the number or the hash of another chain's block."""

    def __init__(self, real: Chain, lie: str) -> None:
        self._real = real
        self._lie = lie

    def simulate(self, call: Call, sender: str, block: int) -> bytes:
        """What the contract sees, with the lie."""
        seen = self._real.simulate(call, sender, block)
        other = (int.from_bytes(seen[:32], "big") + 1_000).to_bytes(32, "big")
        return other + seen[32:] if self._lie == "number" else seen[:32] + bytes(32)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


class ForgetfulChain:
    """`real`, except that no events are found: the node's index lags behind its blocks."""

    def __init__(self, real: Chain) -> None:
        self._real = real

    def logs(self, *_: Any) -> Iterator[Log]:
        """Nothing."""
        return iter(())

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)
