"""Amounts: the one place where a person's text becomes integers and back.

Money is an integer of wei everywhere else; nothing here ever is a float.
"""

import re
from typing import NewType

from xmbl.errors import UsageError

Wei = NewType("Wei", int)
"""An amount in the token's smallest part, 10^-18."""

WHOLE = 10**18
"""Wei in one XMBL, and in one ether."""

STAKE_UNIT = 10**9
"""Wei in one unit of stake and collateral, as `Staking` counts them."""

MOST_STAKE = (2**60 - 1) * STAKE_UNIT
"""The most that `Staking` can count, in wei."""

_AMOUNTS = {"wei": 1, "gwei": 10**9, "": WHOLE, "xmbl": WHOLE, "eth": WHOLE}
_SIZES = {"": 1, "b": 1, "kib": 2**10, "mib": 2**20, "gib": 2**30, "tib": 2**40,
          "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}  # fmt: skip
_NUMBER = re.compile(r"([0-9]{1,40})(?:\.([0-9]{1,40}))?\s*([A-Za-z]*)")


def _scaled(text: str, scales: dict[str, int], what: str, example: str) -> int:
    found = _NUMBER.fullmatch(text.strip().replace("_", ""))
    if found is None:
        raise UsageError(f"{text!r} is not {what}; write it like {example}.")
    whole, fraction, unit = found[1], found[2] or "", found[3].lower()
    if unit not in scales:
        raise UsageError(f"{text!r} has no unit that I know for {what}; write it like {example}.")
    scaled, rest = divmod(int(whole + fraction) * scales[unit], 10 ** len(fraction))
    if rest:
        raise UsageError(f"{text!r} is not a whole number of the smallest unit; check its digits.")
    return int(scaled)


def parse_amount(text: str) -> Wei:
    """Wei from `"1.5"` or `"1.5 XMBL"` (whole tokens), `"3 gwei"` or `"10 wei"`; `UsageError` otherwise."""
    return Wei(_scaled(text, _AMOUNTS, "an amount", "1.5 XMBL or 10 wei"))


def parse_size(text: str) -> int:
    """Bytes from `"512"`, `"10 MiB"` or `"2 GB"`; `UsageError` otherwise."""
    return _scaled(text, _SIZES, "a size", "10 GiB")


def format_amount(wei: int, unit: str = "XMBL") -> str:
    """The amount with its unit: whole tokens where that is readable, else wei; nothing is rounded away."""
    if 0 < abs(wei) < 10**6:
        return f"{wei} wei" if unit == "XMBL" else f"{wei} wei of {unit}"
    sign, digits = ("-" if wei < 0 else ""), str(abs(wei)).rjust(19, "0")
    fraction = digits[-18:].rstrip("0")
    return f"{sign}{int(digits[:-18]):,}{'.' + fraction if fraction else ''} {unit}"


def format_size(count: int) -> str:
    """Bytes for people: `"1.5 GiB"`, one digit after the point."""
    for unit, scale in (("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= scale:
            return f"{count * 10 // scale / 10:g} {unit}"
    return f"{count} B"
