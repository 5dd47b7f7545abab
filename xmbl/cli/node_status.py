"""One screen about a node: what it last wrote itself, and what the chain says of its operator."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from xmbl.cli import paying
from xmbl.cli.node_warnings import sentence
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
    held = paying.book(session, settings.operator).open()
    owed = sum(each.owed for each in held)
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
        ("vouchers", f"{format_amount(owed)} to be redeemed, by {counted(len(held), 'voucher')}"),
        *_state(found, price_unit),
        *(row for each in found["older"] for row in _older(each, price_unit)),
    ]
    money = {
        "ether_wei": found.pop("balance"),
        "staked_wei": stake.own,
        "locked_wei": stake.locked,
        "delegated_wei": stake.delegated,
        "vouchers_wei": owed,
    }
    document = {**found, **money, "payee": payee, "income_wei": income}
    session.out.result(document, facts(shown))


def _state(found: Mapping[str, Any], price_unit: int) -> Iterator[tuple[str, str]]:
    """What is wrong, or near to it, in one market."""
    yield "trouble", found["trouble"] or "none"
    for each in found["warnings"]:
        yield "warning", sentence(each, price_unit)


def _older(found: Mapping[str, Any], price_unit: int) -> Iterator[tuple[str, str]]:
    yield "older market", f"{found['market']}, {counted(found['deals'], 'deal')}, period {found['period']}"
    yield from _state(found, price_unit)
