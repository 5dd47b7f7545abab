"""Shares of what others have delegated to an operator: one price for all, which only a slash lowers."""

from dataclasses import dataclass, replace

ONE = 2**63
"""The price of a share that is worth a unit of stake."""

CLOSED = ONE >> 8
"""Below this price nobody joins: who comes late shall not die of a small slash."""

WORTHLESS = ONE >> 16
"""Below this price a new generation starts: what is left backs locks and is nobody's."""


@dataclass(frozen=True, slots=True)
class Pool:
    """What an operator's delegators share, and the operator's commission in basis points."""

    commission: int
    price: int = ONE
    generation: int = 0
    thawing: int = 0

    def worth(self, shares: int) -> int:
        """What shares are worth, in units."""
        return shares * self.price >> 63

    def bought(self, units: int) -> int:
        """The shares for `units`."""
        return (units << 63) // self.price

    def slashed(self, lost: int, before: int) -> "Pool":
        """After the tranche lost `lost` of `before` units."""
        price = self.price * (before - lost) // before
        if price < WORTHLESS:
            return Pool(self.commission, generation=self.generation + 1)
        return replace(self, price=price)

    def divided(self, due: int) -> tuple[int, int]:
        """What a delegator has earned as its part and the operator's commission, in wei."""
        commission = due * self.commission // 10_000
        return due - commission, commission


@dataclass(frozen=True, slots=True)
class Delegation:
    """A delegator's shares, their generation, and the fee index up to which they were paid."""

    shares: int = 0
    generation: int = 0
    paid: int = 0


@dataclass(frozen=True, slots=True)
class Exit:
    """A delegator's shares that may leave from block `until` on."""

    shares: int = 0
    generation: int = 0
    until: int = 0
