"""One screen about a node: what it last wrote itself, and what the chain says of its operator."""

from typing import TYPE_CHECKING

from xmbl.cli.node_log import event_line
from xmbl.cli.output import counted, facts
from xmbl.cli.sending import ETHER
from xmbl.units import format_amount, format_size

if TYPE_CHECKING:
    from xmbl.cli.session import Session
    from xmbl.node.config import NodeConfig


def show(session: "Session", settings: "NodeConfig") -> None:
    """Show how the node of these settings stands."""
    from xmbl.node.node import status as status_of

    found = status_of(settings)
    stake = session.staking().stake_of(settings.operator)
    _, payee = session.registry().agent_and_payee(settings.operator)
    income = session.payments().balance_of(payee)
    price_unit = session.market().parameters.price_unit
    shown = [
        ("node", f"{'running' if found['running'] else 'not running'}, process {found['pid']}"),
        ("operator", settings.operator),
        ("agent", f"{found['agent']}, {format_amount(found['balance'], ETHER)} for gas"),
        ("period", f"{found['period']}, {found['phase'].lower()}, block {found['block']}"),
        (
            "deals",
            f"{found['deals']}, {format_size(found['bytes'])} of {format_size(settings.storage.capacity)}",
        ),
        ("stake", f"{format_amount(stake.own)}, {format_amount(stake.delegated)} delegated"),
        ("locked", f"{format_amount(stake.locked)} of both"),
        ("income", f"{format_amount(income)} in Payments at {payee}"),
        ("trouble", found["trouble"] or "none"),
        *(("warning", event_line(each, lambda: price_unit)) for each in found["warnings"]),
        *(("older market", f"{each['market']}, {counted(each['deals'], 'deal')}") for each in found["older"]),
    ]
    money = {
        "ether_wei": found.pop("balance"),
        "staked_wei": stake.own,
        "locked_wei": stake.locked,
        "delegated_wei": stake.delegated,
    }
    document = {**found, **money, "payee": payee, "income_wei": income}
    session.out.result(document, facts(shown))
