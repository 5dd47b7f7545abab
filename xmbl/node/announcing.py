"""Where clients find a node: what the registry says of it, set right at its start."""

from collections.abc import Sequence
from dataclasses import dataclass

import trio

from xmbl.events import Event
from xmbl.storage.agent import FAILURES
from xmbl.storage.desk import Desk
from xmbl.storage.events import Trouble


@dataclass(frozen=True, slots=True)
class Announced(Event):
    """The registry now says where the node is."""

    addresses: list[str]


@dataclass(frozen=True, slots=True)
class NoNewDeals(Event):
    """The operator's cap in this deployment of the market is nothing; how it comes back."""

    market: str
    remedy: str


async def announce(desk: Desk, addresses: Sequence[str]) -> None:
    """Tell the registry where the node is, if it says otherwise, unless its operator has left the market."""

    def tell() -> None:
        _announce(desk, [_without_peer(each) for each in addresses])

    # it is in the outbox: a node that stops meanwhile loses nothing (the stubs are older than trio)
    await trio.to_thread.run_sync(tell, abandon_on_cancel=True)  # type: ignore[call-arg]


def _announce(desk: Desk, addresses: list[str]) -> None:
    try:
        known = list(desk.market.node(desk.operator).multiaddrs)
        takes_deals = bool(desk.market.ring(desk.operator).cap)
        if not takes_deals:
            desk.emit(NoNewDeals(desk.market.deals.address, _way_back(bool(known))))
        # whoever drained it took the addresses out: only the operator's own word brings them back
        if known != addresses and (known or takes_deals):
            _send(desk, addresses)
    except FAILURES as error:
        # the agent works without it; clients find the node where it was
        desk.emit(Trouble(f"The node's addresses aren't announced: {error}"))
    else:
        if known or takes_deals:
            desk.emit(Announced(addresses))


def _send(desk: Desk, addresses: Sequence[str]) -> None:
    call = desk.market.registry.announce(desk.operator, addresses)
    desk.outbox.send(call, desk.key("announce", ",".join(addresses), desk.market.block_number()), 60.0)


def _way_back(is_announced: bool) -> str:
    if is_announced:
        return "The deals are kept to their end and no new ones taken; `xmbl node cap AMOUNT` allows them."
    return (
        "The operator has left: no address is announced and no deal taken. `xmbl node cap AMOUNT` and"
        " `xmbl stake add` bring it back, when the node starts again."
    )


def _without_peer(address: str) -> str:
    return address.split("/p2p/", maxsplit=1)[0]
