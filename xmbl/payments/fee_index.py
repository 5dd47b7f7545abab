"""How fees reach everybody who staked: one index, wei that a unit of stake has earned so far.

A stake is due its present units times the gap between the index and what it was paid up to.
"""

from dataclasses import dataclass

INDEX_BITS = 112
"""The index is kept modulo 2^112; gaps stay right when it runs over."""

_INDEX = (1 << INDEX_BITS) - 1
_ACCOUNTED = 2**84 - 1
_SCALE = 64
_LEAST = 2**30
_RATE = 40


@dataclass(frozen=True, slots=True)
class FeeIndex:
    """The index, in wei a unit of stake times 2^64, and the wei that it shared out and nobody fetched."""

    accounted: int = 0
    index: int = 0

    def learnt(self, balance: int, total: int) -> "FeeIndex":
        """After what came in was shared out among `total` units; `balance` is what there is for stakers.

        Waits below 2^30 units, else the first one staked would get all; and so does what no field holds.
        """
        if balance <= self.accounted or total < _LEAST:
            return self
        fresh = min(balance - self.accounted, _ACCOUNTED - self.accounted, total << _RATE)
        index = (self.index + (fresh << _SCALE) // total) & _INDEX
        return FeeIndex(self.accounted + fresh, index)

    def fetched(self, amount: int) -> "FeeIndex":
        """After somebody was paid `amount` wei that it was due."""
        return FeeIndex(self.accounted - amount, self.index)

    def due(self, paid: int, units: int) -> int:
        """What a stake has earned since it was paid up to `paid`, in wei."""
        return units * self._gap(paid) >> _SCALE

    def blended(self, paid: int, units: int, more: int) -> int:
        """Up to where a stake that grows by `more` counts as paid, so that it is due what it was before."""
        return (self.index - self._gap(paid) * units // (units + more)) & _INDEX

    def _gap(self, paid: int) -> int:
        return (self.index - paid) & _INDEX
