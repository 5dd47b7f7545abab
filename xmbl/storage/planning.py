"""What storing something would take: who offers, what it costs. Nothing moves."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import trio

from xmbl.crypto.envelope import new_key, sealed_size
from xmbl.crypto.merkle import leaf_count
from xmbl.errors import Refused
from xmbl.storage import quotes, sources
from xmbl.storage.manifest import Manifest, Replica
from xmbl.storage.policy import price_of
from xmbl.storage.quotes import Offer, Wanted
from xmbl.storage.rules import escrow
from xmbl.storage.sources import Source
from xmbl.storage.wallet import Wallet


@dataclass(frozen=True, slots=True)
class Order:
    """What a client wants: `copies` replicas for `periods` periods from the next one on, a GiB for at most
    `per_gib` wei a period."""

    name: str
    copies: int
    periods: int
    per_gib: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What `put` will do: `offers` for each part, cheapest first; `cost` in wei with those, at most."""

    manifest: Manifest
    source: Source
    offers: Mapping[int, Sequence[Offer]]
    cost: int

    def chosen(self) -> list[Offer]:
        """The offers that are taken first."""
        copies = len(self.manifest.replicas) // len(self.manifest.parts)
        return [offer for part in self.offers.values() for offer in part[:copies]]


async def plan(wallet: Wallet, source: Path | BinaryIO, order: Order) -> Plan:
    """Prepare a file, a folder or a stream and ask the market; `Refused` where too few operators offer."""
    spool = wallet.spool / secrets.token_hex(8)
    try:
        prepared = await trio.to_thread.run_sync(_prepared, source, spool)
        period = await trio.to_thread.run_sync(wallet.market.period)
        manifest = _drafted(wallet, prepared, order, period + 1 + order.periods)
        offers = await offers_for(wallet, manifest, [part.index for part in prepared.parts])
        _require_enough(offers, order.copies)
    except BaseException:
        # also when interrupted: plain bytes are never left behind
        spool.unlink(missing_ok=True)
        raise
    chosen = [offer for found in offers.values() for offer in found[: order.copies]]
    cost = sum(escrow(offer.quote.terms, period, wallet.market.parameters) for offer in chosen)
    return Plan(manifest, prepared, offers, cost)


async def offers_for(wallet: Wallet, manifest: Manifest, parts: Sequence[int]) -> dict[int, Sequence[Offer]]:
    """What operators offer for these parts, cheapest first."""
    peers = await trio.to_thread.run_sync(quotes.candidates, wallet.market)
    found: dict[int, Sequence[Offer]] = {}
    for part in parts:
        size = sealed_size(manifest.parts[part].size)
        wanted = Wanted(wallet.address, size, manifest.end, manifest.per_gib)
        # as many again as have or need it: a choice of prices, and some to fall back on
        enough = 2 * len([one for one in manifest.replicas if one.part == part]) + 2
        found[part] = await quotes.ask_all(
            wallet.host, wallet.market, peers, wanted, wallet.emit, enough=enough
        )
    return found


def most(wallet: Wallet, manifest: Manifest, part: int) -> int:
    """The most that a period of one replica of a part may cost, in wei."""
    parameters = wallet.market.parameters
    leaves = leaf_count(sealed_size(manifest.parts[part].size))
    return price_of(manifest.per_gib, parameters, leaves) * parameters.price_unit


def tidy(spool: Path, manifest: Manifest) -> None:
    """Delete what was spooled for a file: stored, or given up, nobody reads it any more."""
    for path in (Path(manifest.source), spool / manifest.tag()):
        if path.is_relative_to(spool.absolute()):
            path.unlink(missing_ok=True)


def _prepared(source: Path | BinaryIO, spool: Path) -> Source:
    if isinstance(source, Path):
        return sources.from_path(source, spool)
    return sources.from_stream(source, spool)


def _drafted(wallet: Wallet, source: Source, order: Order, end: int) -> Manifest:
    parts, market = len(source.parts), wallet.market
    replicas = tuple(Replica(number, number % parts) for number in range(order.copies * parts))
    return Manifest(
        name=order.name,
        chain_id=market.chain.chain_id,
        market=market.deals.address,
        client=wallet.address,
        key=new_key(),
        end=end,
        per_gib=order.per_gib,
        folder=source.folder,
        source=str(source.path.absolute()),
        size=source.size,
        parts=source.parts,
        replicas=replicas,
    )


def _require_enough(offers: Mapping[int, Sequence[Offer]], copies: int) -> None:
    fewest = min(len(found) for found in offers.values())
    if fewest < copies:
        raise Refused(
            f"Too few operators offer at this price: {fewest}, where each copy needs its own ({copies});"
            " raise the price limit, wait for more operators, or ask for fewer copies."
        )
