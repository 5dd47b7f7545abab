"""A running node's warnings as people read them: what is near or in the way, and the remedy."""

from collections.abc import Callable, Mapping
from typing import Any

from xmbl.cli.output import counted
from xmbl.cli.sending import ETHER
from xmbl.units import format_amount

Record = Mapping[str, Any]


def sentence(record: Record, price_unit: int) -> str:
    """The warning in an event's record; `price_unit` in wei."""
    return _SENTENCES[record["event"]](record, price_unit)


def _leaf_asked(record: Record, _: int) -> str:
    return (
        f"Leaf {record['leaf']} of deal {_deal(record)} is due on chain until block {record['due']}: the node"
        " shows it by itself while it runs."
    )


def _proof_delayed(record: Record, _: int) -> str:
    return f"Period {record['period']} isn't proven yet: {record['reason']}"


def _low_balance(record: Record, _: int) -> str:
    return (
        f"The agent has {format_amount(record['wei'], ETHER)}, for {counted(record['proofs'], 'proof')} more:"
        f" `xmbl wallet send {record['account']} AMOUNT --ether`."
    )


def _limit_near(record: Record, _: int) -> str:
    locked, limit = format_amount(record["locked"]), format_amount(record["limit"])
    return f"Deals lock {locked} of the {limit} that they may: `xmbl stake authorize deals` allows more."


def _cover_low(record: Record, _: int) -> str:
    locked, covered = format_amount(record["locked"]), format_amount(record["covered"])
    return (
        f"{locked} are locked, and your own stake that doesn't thaw covers {covered}: nothing new can be"
        " locked until `xmbl stake add`."
    )


def _cap_near(record: Record, price_unit: int) -> str:
    left, cap = (format_amount(record[name] * price_unit) for name in ("left", "cap"))
    return f"New deals may bring {left} more in this period, of {cap}: `xmbl node cap` raises that."


def _misses_near(record: Record, _: int) -> str:
    if record["missed"] >= record["limit"]:
        return f"Deal {_deal(record)} is over by {record['missed']} misses: its collateral goes at the close."
    return (
        f"Deal {_deal(record)} has missed {record['missed']} of the {record['limit']} periods that end it and"
        " cost its collateral: it has to be proven in the next."
    )


def _deal(record: Record) -> str:
    return str(record["id"])[:10]


_SENTENCES: dict[str, Callable[[Record, int], str]] = {
    "LeafAsked": _leaf_asked,
    "ProofDelayed": _proof_delayed,
    "LowBalance": _low_balance,
    "LimitNear": _limit_near,
    "CoverLow": _cover_low,
    "CapNear": _cap_near,
    "MissesNear": _misses_near,
}
"""By the event that warns."""
