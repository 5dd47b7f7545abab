"""The client's side of storage: plan, put, get, watch, repair, verify, settle, back up.

`plan` asks the market and moves nothing; `put` writes the sealed manifest, uploads each replica under a key
of its own and opens its deal; `resume` goes on after any interruption. What needs the network is async;
what reads the chain runs in a thread.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import trio

from xmbl.chain.call import Call
from xmbl.chain.outbox import Receipt
from xmbl.config import checked_name
from xmbl.crypto.envelope import new_key, sealed_size
from xmbl.crypto.merkle import leaf_count
from xmbl.errors import BytesError, InsufficientFunds, NetworkError, Refused, Reverted, UsageError
from xmbl.storage import quotes, sources, transfer
from xmbl.storage.events import ReplicaLost, ReplicaRepaired
from xmbl.storage.manifest import Manifest, Replica, ReplicaState
from xmbl.storage.placement import Placement
from xmbl.storage.policy import price_of
from xmbl.storage.quotes import Offer, Wanted
from xmbl.storage.retrieval import Retrieval
from xmbl.storage.rules import escrow
from xmbl.storage.sources import Source
from xmbl.storage.standing import DealStanding, standings
from xmbl.storage.wallet import Wallet
from xmbl.units import format_amount


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
    """What `put` will do: nothing has moved yet. `cost` in wei, at most, with the cheapest operators."""

    manifest: Manifest
    source: Source
    offers: dict[int, Sequence[Offer]]
    cost: int

    def chosen(self) -> list[Offer]:
        """The offers that are taken first."""
        copies = len(self.manifest.replicas) // len(self.manifest.parts)
        return [offer for part in self.offers.values() for offer in part[:copies]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at one replica's bytes gave: `trouble` is empty where all leaves fit the root."""

    number: int
    operator: str
    leaves: int
    trouble: str


class StorageClient:
    """Stores and fetches for one wallet."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet
        wallet.spool.mkdir(parents=True, exist_ok=True, mode=0o700)

    # storing

    async def plan(self, source: Path | BinaryIO, order: Order) -> Plan:
        """Prepare a file, a folder or a stream and ask the market; nothing moves.

        `UsageError` for a name that is taken, `Refused` where too few operators offer.
        """
        self._require_free(order)
        key = new_key()
        spool = self._wallet.spool / secrets.token_hex(8)
        prepared = await trio.to_thread.run_sync(_prepared, source, spool)
        period = await trio.to_thread.run_sync(self._wallet.market.period)
        manifest = self._drafted(prepared, order, key, period + 1 + order.periods)
        offers = await self._offers(manifest, [part.index for part in prepared.parts])
        _require_enough(offers, order.copies)
        return Plan(manifest, prepared, offers, self._cost(offers, order.copies, period))

    async def put(self, plan: Plan) -> Manifest:
        """Store as planned; when this returns, every replica's deal is open.

        `InsufficientFunds` before anything moves. On any later failure `resume` goes on.
        """
        await self._require_funds(plan.cost)
        manifest = await Placement(self._wallet, plan.manifest, plan.source.path, plan.offers).run()
        self._tidy(manifest)
        return manifest

    async def resume(self, name: str) -> Manifest:
        """Go on with a `put` or a `repair` that was interrupted; does nothing where all is done."""
        manifest = self.load(name)
        waiting = [one for one in manifest.standing() if one.state is not ReplicaState.OPEN]
        if not waiting:
            return manifest
        source = await self._source(manifest)
        offers = await self._offers(manifest, sorted({replica.part for replica in waiting}))
        manifest = await Placement(self._wallet, manifest, source, offers).run()
        self._tidy(manifest)
        return manifest

    async def funding(self, amount: int) -> list[Call]:
        """What has to be sent before deals can take `amount` wei; empty where all is ready."""
        market, address = self._wallet.market, self._wallet.address
        return await trio.to_thread.run_sync(market.funding, address, amount)

    async def fund(self, amount: int) -> list[Receipt]:
        """Deposit and approve what is missing for deals of `amount` wei."""
        return [await self._send(call) for call in await self.funding(amount)]

    # fetching

    async def get(self, name: str, target: Path) -> None:
        """The stored file or folder at `target`, from whoever answers; goes on where it was interrupted."""
        await Retrieval(self._wallet, self.load(name)).to(target)

    async def verify(self, name: str, leaves: int = 8) -> list[Checked]:
        """Ask every operator for `leaves` random leaves of its replica and check them against the root."""
        replicas = [one for one in self.load(name).standing() if one.deal]
        return [await self._verified(replica, leaves) for replica in replicas]

    # looking after

    def names(self) -> list[str]:
        """The names of what is stored."""
        return self._wallet.manifests.names()

    def load(self, name: str) -> Manifest:
        """The manifest of `name`."""
        return self._wallet.manifests.load(name)

    async def show(self, name: str) -> list[DealStanding]:
        """How the deals of `name` stand."""
        return await trio.to_thread.run_sync(standings, self._wallet.market, self.load(name))

    async def settle(self, name: str) -> list[Receipt]:
        """Settle every deal of `name` that has something to settle."""
        manifest, standing = self.load(name), await self.show(name)
        due = [one for one in standing if one.is_due]
        receipts = [await self._settled(manifest.replica(one.number), one.settled) for one in due]
        return [receipt for receipt in receipts if receipt]

    async def repair(self, name: str, misses: int | None = None) -> Manifest:
        """Replace replicas whose deal ended early, or that missed `misses` periods, by new ones elsewhere.

        A new replica has a number, a key and an operator of its own, and the same end. What ended early is
        settled first, since its refund pays for most of it.
        """
        manifest = self.load(name)
        lost = [one for one in await self.show(name) if one.is_lost(misses)]
        highest = manifest.next_number() - 1
        for one in lost:
            self._wallet.emit(ReplicaLost(name, one.number, one.operator, len(one.missed)))
            if one.ended_early and one.settled:
                await self._settled(manifest.replica(one.number), one.settled)
            manifest = _replaced(manifest, one)
        self._wallet.manifests.save(manifest)
        repaired = await self.resume(name)
        fresh = [one for one in repaired.standing() if one.number > highest]
        for one in lost:
            new = next(each for each in fresh if each.part == one.part)
            fresh.remove(new)
            self._wallet.emit(ReplicaRepaired(name, new.number, new.operator, one.number))
        return repaired

    async def cost_to_mend(self, name: str, misses: int | None = None) -> int:
        """What `resume` and `repair` may cost in all, in wei, at the price limit of the file."""
        manifest, standing = self.load(name), await self.show(name)
        waiting = [one.part for one in manifest.standing() if one.state is not ReplicaState.OPEN]
        lost = [one.part for one in standing if one.is_lost(misses)]
        period = await trio.to_thread.run_sync(self._wallet.market.period)
        return sum(self._most(manifest, part) for part in waiting + lost) * (manifest.end - period - 1)

    def backup(self, name: str, target: Path) -> None:
        """Copy the sealed manifest of `name` to `target`."""
        self._wallet.manifests.backup(name, target)

    def restore(self, source: Path) -> Manifest:
        """Take a manifest's backup in."""
        return self._wallet.manifests.restore(source)

    # parts

    def _drafted(self, source: Source, order: Order, key: bytes, end: int) -> Manifest:
        replicas = [
            Replica(number, number % len(source.parts)) for number in range(order.copies * len(source.parts))
        ]
        market = self._wallet.market
        return Manifest(
            order.name, market.chain.chain_id, market.deals.address, self._wallet.address, key, end,
            order.per_gib, source.folder, str(source.path.absolute()), source.size, source.parts,
            tuple(replicas),
        )  # fmt: skip

    async def _offers(self, manifest: Manifest, parts: Sequence[int]) -> dict[int, Sequence[Offer]]:
        wallet = self._wallet
        peers = await trio.to_thread.run_sync(quotes.candidates, wallet.market)
        found: dict[int, Sequence[Offer]] = {}
        for part in parts:
            size = sealed_size(manifest.parts[part].size)
            wanted = Wanted(wallet.address, size, manifest.end, manifest.per_gib)
            found[part] = await quotes.ask_all(wallet.host, wallet.market, peers, wanted, wallet.emit)
        return found

    def _cost(self, offers: dict[int, Sequence[Offer]], copies: int, period: int) -> int:
        chosen = [offer for found in offers.values() for offer in found[:copies]]
        parameters = self._wallet.market.parameters
        return sum(escrow(offer.quote.terms, period, parameters) for offer in chosen)

    def _most(self, manifest: Manifest, part: int) -> int:
        """Wei that a period of one replica may cost."""
        parameters = self._wallet.market.parameters
        leaves = leaf_count(sealed_size(manifest.parts[part].size))
        return price_of(manifest.per_gib, parameters, leaves) * parameters.price_unit

    async def _require_funds(self, cost: int) -> None:
        if missing := await self.funding(cost):
            first = missing[0].sentence
            raise InsufficientFunds(
                f"The deals cost up to {format_amount(cost)}; Payments lacks it or its allowance: {first}"
            )

    def _require_free(self, order: Order) -> None:
        if order.copies < 1 or order.periods < 1:
            raise UsageError("Ask for at least one copy and one period.")
        if checked_name(order.name, "stored file") in self.names():
            raise UsageError(f"{order.name!r} is stored already; resume it or choose another name.")

    async def _source(self, manifest: Manifest) -> Path:
        """The plain bytes: where they came from if they are still the same, else back from the operators."""
        path = Path(manifest.source)
        if await trio.to_thread.run_sync(_is_same, path, manifest):
            return path
        spool = self._wallet.spool / manifest.tag()
        await Retrieval(self._wallet, manifest).plain(spool)
        return spool

    def _tidy(self, manifest: Manifest) -> None:
        for path in (Path(manifest.source), self._wallet.spool / manifest.tag()):
            if path.is_relative_to(self._wallet.spool.absolute()):
                path.unlink(missing_ok=True)

    async def _settled(self, replica: Replica, cursor: int) -> Receipt | None:
        """The receipt; None where somebody else was faster."""
        deal, market = replica.promised(), self._wallet.market
        try:
            return await self._wallet.send(market.deals.settle(deal), f"settle:{deal.id().hex()}:{cursor}")
        except Reverted:
            record = await trio.to_thread.run_sync(market.record, deal.id())
            if record.cursor == cursor:
                raise
            return None

    async def _send(self, call: Call) -> Receipt:
        # what is still pending isn't sent twice; a need that comes up later is another one
        block = await trio.to_thread.run_sync(self._wallet.market.block_number)
        return await self._wallet.send(call, f"{call.action}:{call.data.hex()}:{block}")

    async def _verified(self, replica: Replica, leaves: int) -> Checked:
        deal = replica.promised()
        node = await trio.to_thread.run_sync(self._wallet.market.node, deal.operator)
        peer = quotes.candidate(deal.operator, node)
        for good in range(leaves):
            try:
                index = secrets.randbelow(deal.terms.leaves)
                await transfer.verify_leaf(self._wallet.host, peer, deal, index)
            except (NetworkError, BytesError) as error:
                return Checked(replica.number, deal.operator, good, str(error))
        return Checked(replica.number, deal.operator, leaves, "")


def _prepared(source: Path | BinaryIO, spool: Path) -> Source:
    if isinstance(source, Path):
        return sources.from_path(source, spool)
    return sources.from_stream(source, spool)


def _require_enough(offers: dict[int, Sequence[Offer]], copies: int) -> None:
    fewest = min(len(found) for found in offers.values())
    if fewest < copies:
        raise Refused(
            f"{fewest} operators offer at this price, for {copies} copies; raise the price limit, wait for"
            " more operators, or ask for fewer copies."
        )


def _replaced(manifest: Manifest, standing: DealStanding) -> Manifest:
    lost = replace(manifest.replica(standing.number), state=ReplicaState.LOST)
    fresh = Replica(manifest.next_number(), standing.part)
    return manifest.with_replica(lost).with_replica(fresh)


def _is_same(path: Path, manifest: Manifest) -> bool:
    if not path.is_file() or path.stat().st_size != manifest.size:
        return False
    return sources.reopened(path, manifest.folder).parts == manifest.parts
