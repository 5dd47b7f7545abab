"""What a transaction offers for its gas (EIP-1559)."""

from dataclasses import dataclass

from xmbl.errors import FeeCeiling

_GWEI = 10**9


@dataclass(frozen=True)
class Fees:
    """Wei per gas: at most `max_fee` in all, of which `tip` goes to whoever builds the block."""

    max_fee: int
    tip: int


def suggested(base_fee: int, tip: int, ceiling: int) -> Fees:
    """Fees that stay good while the base fee doubles; `FeeCeiling` where `ceiling` is below today's price."""
    if base_fee + tip > ceiling:
        raise FeeCeiling(
            f"Gas costs {_gwei(base_fee + tip)} gwei now, above the ceiling of {_gwei(ceiling)} gwei; "
            "wait for a cheaper hour or raise the ceiling."
        )
    return Fees(min(2 * base_fee + tip, ceiling), tip)


def bumped(old: Fees, fresh: Fees) -> Fees:
    """Fees for which nodes replace a waiting transaction: an eighth more of both, or what is asked now."""
    return Fees(max(_eighth_more(old.max_fee), fresh.max_fee), max(_eighth_more(old.tip), fresh.tip))


def _eighth_more(amount: int) -> int:
    return amount + amount // 8 + 1


def _gwei(wei: int) -> str:
    return f"{wei / _GWEI:.3g}"
