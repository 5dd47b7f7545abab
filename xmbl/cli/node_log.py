"""A running node's events for people: the start as the command's result, the others as lines on stderr."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import facts
from xmbl.cli.sending import ETHER
from xmbl.units import STAKE_UNIT, format_amount, format_size

if TYPE_CHECKING:
    from xmbl.cli.session import Session
    from xmbl.events import Emit, Event
    from xmbl.node.config import NodeConfig

_AMOUNTS: dict[tuple[str, str], Callable[[Any], str]] = {
    ("LowBalance", "wei"): lambda wei: format_amount(wei, ETHER),
    ("DealSettled", "paid"): format_amount,
    ("DealSettled", "fee"): format_amount,
    ("DealSettled", "refunded"): format_amount,
    ("DealClosed", "slashed"): lambda units: format_amount(units * STAKE_UNIT),
    ("DealClosed", "unlocked"): lambda units: format_amount(units * STAKE_UNIT),
    ("LimitNear", "locked"): format_amount,
    ("LimitNear", "limit"): format_amount,
    ("CoverLow", "locked"): format_amount,
    ("CoverLow", "covered"): format_amount,
    ("BytesReceived", "size"): format_size,
    ("BytesServed", "length"): format_size,
    ("VoucherHeld", "cumulative"): format_amount,
    ("VoucherHeld", "amount"): format_amount,
    ("VouchersRedeemed", "paid"): format_amount,
    ("VoucherLapsed", "lost"): format_amount,
}
"""How the fields that are amounts are written, by event and field."""

_PRICES = {("Quoted", "price"), ("CapNear", "left"), ("CapNear", "cap")}
"""The fields that are counted in price units."""

_NAMES = {("LowBalance", "wei"): "balance", ("Quoted", "price"): "a period"}


def event_line(record: dict[str, Any], price_unit: Callable[[], int]) -> str:
    """An event's record as a line, every amount with its unit; `price_unit` in wei is asked for if needed."""
    name = record["event"]

    def written(field: str, value: Any) -> str:
        if (name, field) in _PRICES:
            return format_amount(value * price_unit())
        return str(_AMOUNTS.get((name, field), str)(value))

    fields = [(field, value) for field, value in record.items() if field != "event" and value != ""]
    told = "  ".join(f"{_NAMES.get((name, field), field)} {written(field, value)}" for field, value in fields)
    return f"{name}  {told}".rstrip()


def teller(session: "Session", settings: "NodeConfig") -> "Emit":
    """Tells the events of the node of these settings."""
    unit: list[int] = []

    def price_unit() -> int:
        if not unit:
            unit.append(_price_unit(settings))
        return unit[0]

    def tell(event: "Event") -> None:
        record = event.record()
        if record["event"] == "Started":
            del record["event"]
            addresses = [("address", each) for each in record["addresses"]]
            session.out.result(record, facts([("operator", record["operator"]), *addresses]))
            return
        session.out.note(f"{time.strftime('%H:%M:%S')}  {event_line(record, price_unit)}")

    return tell


def _price_unit(settings: "NodeConfig") -> int:
    from xmbl.chain.client import Chain
    from xmbl.node.node import deployment_of
    from xmbl.storage.market import open_market

    network = settings.network
    chain = Chain(network.rpc, network.chain_id, timeout=10.0, patience=3.0)
    return open_market(chain, deployment_of(network)).parameters.price_unit
