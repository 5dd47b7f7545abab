"""Amounts as arguments of commands."""

from xmbl.errors import UsageError
from xmbl.units import Wei, parse_amount


def parse_some(text: str) -> Wei:
    """An amount above 0, for what would else be a transaction for nothing."""
    amount = parse_amount(text)
    if not amount:
        raise UsageError(f"{text} is nothing; give an amount above 0.")
    return amount
