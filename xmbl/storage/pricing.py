"""What it costs to bring a stored file back, asked of every holder before anything is paid."""

from collections.abc import Sequence
from dataclasses import dataclass

import trio

from xmbl.crypto.envelope import sealed_size
from xmbl.errors import BytesError, ChainError, NetworkError, UsageError
from xmbl.payments.client import Purse
from xmbl.storage import quotes, reading
from xmbl.storage.manifest import Manifest, Replica
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import STREAM


@dataclass(frozen=True, slots=True)
class Priced:
    """What a holder asks for the whole of its part: `egress` in wei for a MiB, `cost` in wei; `trouble` says
    why it gives none, `window` wei are what it can take and give nothing for."""

    number: int
    part: int
    operator: str
    payee: str
    egress: int
    cost: int
    trouble: str = ""
    window: int = 0


async def priced(wallet: Wallet, manifest: Manifest) -> list[Priced]:
    """What every holder of a file asks, in the order in which they would be asked for the bytes.

    `UsageError` for a wallet without a purse.
    """
    if (purse := wallet.purse) is None:
        raise UsageError("Prices are asked for by who can pay them; open the wallet with a purse.")
    found: dict[int, Priced] = {}
    holders = [one for part in manifest.parts for one in manifest.holders(part.index)]

    async def ask(replica: Replica) -> None:
        found[replica.number] = await _priced(wallet, manifest, replica, purse)

    async with trio.open_nursery() as nursery:
        for replica in holders:
            nursery.start_soon(ask, replica)
    return [found[replica.number] for replica in holders]


def cost_of(prices: Sequence[Priced]) -> int:
    """The most that a file costs if every part comes from the dearest of those who give it, in wei."""
    parts = {one.part for one in prices}
    return sum(max((one.cost for one in prices if one.part == part), default=0) for part in parts)


def bound_of(prices: Sequence[Priced]) -> int:
    """The same if all holders of a part but the last break off after a window was paid, in wei."""
    lost = 0
    for part in {one.part for one in prices}:
        windows = [one.window for one in prices if one.part == part and not one.trouble]
        lost += sum(windows) - min(windows, default=0)
    return cost_of(prices) + lost


def fair(manifest: Manifest, most: int) -> int:
    """Wei for a MiB at which all of a file costs `most` wei."""
    return most * 2**20 // sum(sealed_size(part.size) for part in manifest.parts)


async def _priced(wallet: Wallet, manifest: Manifest, replica: Replica, purse: Purse) -> Priced:
    deal, size = replica.promised(), sealed_size(manifest.parts[replica.part].size)
    payee = deal.terms.payee
    try:
        node = await trio.to_thread.run_sync(wallet.market.node, deal.operator)
        peer = quotes.candidate(deal.operator, node)
        async with quotes.reach(wallet.host, peer, STREAM) as channel:
            quote = await reading.ask_price(channel, wallet.market, peer, deal, purse)
    except (NetworkError, BytesError, ChainError) as error:
        return Priced(replica.number, replica.part, deal.operator, payee, 0, 0, str(error))
    way = reading.Paid(purse, quote)
    window = way.cost(min(size, way.ahead * way.step))
    return Priced(
        replica.number, replica.part, deal.operator, payee, quote.egress, way.cost(size), window=window
    )
