"""The client's side of storage: plan, put, get, watch, repair, extend, verify, settle, back up.

`plan` asks the market and moves nothing; `put` writes the sealed manifest, uploads each replica under a key
of its own and opens its deal; `resume` goes on after any interruption. What needs the network is async;
what reads the chain runs in a thread.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import BinaryIO

import trio

from xmbl.chain.call import Call
from xmbl.chain.outbox import Receipt
from xmbl.config import checked_name
from xmbl.errors import ChainError, InsufficientFunds, Reverted, UsageError
from xmbl.storage import extending, planning, pricing, sources
from xmbl.storage.client_events import ReplicaLost, ReplicaRepaired
from xmbl.storage.extending import Consent, Upkeep, together
from xmbl.storage.manifest import Manifest, Replica, ReplicaState
from xmbl.storage.placement import Placement
from xmbl.storage.planning import Order, Plan
from xmbl.storage.pricing import Priced
from xmbl.storage.retrieval import Retrieval
from xmbl.storage.standing import DealStanding, standings
from xmbl.storage.verification import Checked, verified
from xmbl.storage.wallet import Wallet
from xmbl.units import format_amount


class StorageClient:
    """Stores and fetches for one wallet."""

    def __init__(self, wallet: Wallet) -> None:
        self._wallet = wallet
        wallet.spool.mkdir(parents=True, exist_ok=True, mode=0o700)

    # storing

    async def plan(self, source: Path | BinaryIO, order: Order) -> Plan:
        """Prepare a file, a folder or a stream and ask the market; nothing moves.

        `UsageError` for a name that is taken, `Refused` where too few operators offer. A plan that won't be
        put leaves what was packed for it in the spool: `planning.tidy` deletes it.
        """
        self._require_free(order)
        return await planning.plan(self._wallet, source, order)

    async def put(self, plan: Plan) -> Manifest:
        """Store as planned; when this returns, every replica's deal is open.

        `InsufficientFunds`, `Busy`, or `UsageError` for a name that was taken since, before anything moves.
        On any later failure `resume` goes on.
        """
        await self._require_funds(plan.cost)
        with self._wallet.manifests.locked(plan.manifest.name):
            self._require_new(plan.manifest.name)
            manifest = await Placement(self._wallet, plan.manifest, plan.source.path, plan.offers).run()
        planning.tidy(self._wallet.spool, manifest)
        return manifest

    async def resume(self, name: str) -> Manifest:
        """Go on with a `put` or a `repair` that was interrupted; does nothing where all is done.

        `Busy` while another process works on it.
        """
        with self._wallet.manifests.locked(name):
            return await self._resumed(self._own(name))

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

    async def prices(self, name: str) -> list[Priced]:
        """What each holder of `name` asks for giving it back; the wallet needs a purse for that."""
        return await pricing.priced(self._wallet, self.load(name))

    async def verify(self, name: str, leaves: int = 8) -> list[Checked]:
        """Ask every operator for `leaves` random leaves of its replica and check them against the root."""
        replicas = [one for one in self.load(name).standing() if one.deal]
        return [await verified(self._wallet, replica, leaves) for replica in replicas]

    # looking after

    def names(self) -> list[str]:
        """The names of what is stored."""
        return self._wallet.manifests.names()

    def load(self, name: str) -> Manifest:
        """The manifest of `name`."""
        return self._wallet.manifests.load(name)

    async def show(self, name: str) -> list[DealStanding]:
        """How the deals of `name` stand."""
        return await self._standings(self.load(name))

    async def settle(self, name: str) -> list[Receipt]:
        """Settle every deal of `name` that has something to settle."""
        manifest, standing = self._own(name), await self.show(name)
        due = [one for one in standing if one.is_due]
        receipts = [await self._settled(manifest, one) for one in due]
        return [receipt for receipt in receipts if receipt]

    async def repair(self, name: str, misses: int | None = None) -> Manifest:
        """Replace replicas whose deal ended early or won't last, or that missed `misses` periods, by new ones
        elsewhere.

        A new replica has a number, a key and an operator of its own, and the same end. What ended early is
        settled first, since its refund pays for most of it. `Busy` while another process works on it.
        """
        with self._wallet.manifests.locked(name):
            return await self._repaired(self._own(name), misses)

    async def consents(self, name: str, end: int) -> list[Consent]:
        """What the operators of `name` say to deals that last until period `end`; nothing moves.

        `UsageError` for an end that no deal can have now.
        """
        manifest, standing = self._own(name), await self.show(name)
        extending.check_end(end, await trio.to_thread.run_sync(self._wallet.market.period))
        late = extending.behind(standing, end)
        return await together([partial(extending.asked, self._wallet, manifest, one, end) for one in late])

    async def extend(self, name: str, consents: Sequence[Consent]) -> list[Consent]:
        """Extend the deals of `name` to which there is consent; those that couldn't be come back with their
        trouble. The account in Payments must hold and allow the cost. `Busy` while another process works on
        it."""
        with self._wallet.manifests.locked(name):
            return [await self._extended(name, consent) for consent in consents]

    async def keep_up(self, name: str, upkeep: Upkeep) -> list[Consent]:
        """Extend what is about to expire and the budget allows, with what it takes in Payments; those that
        couldn't be come back with their trouble. `Busy` while another process works on it."""
        with self._wallet.manifests.locked(name):
            picked = upkeep.chosen(await self._standings(self._own(name)))
            return [await self._kept_up(name, one, end) for one, end in picked]

    async def cost_to_mend(self, name: str, misses: int | None = None) -> int:
        """What `resume` and `repair` may cost in all, in wei, at the price limit of the file."""
        manifest, standing = self.load(name), await self.show(name)
        waiting = [one.part for one in manifest.standing() if one.state is not ReplicaState.OPEN]
        lost = [one.part for one in standing if one.is_lost(misses)]
        period = await trio.to_thread.run_sync(self._wallet.market.period)
        return sum(planning.most(self._wallet, manifest, part) for part in waiting + lost) * (
            manifest.end - period - 1
        )

    def backup(self, name: str, target: Path) -> None:
        """Copy the sealed manifest of `name` to `target`."""
        self._wallet.manifests.backup(name, target)

    def restore(self, source: Path, *, replace: bool = False) -> Manifest:
        """Take a manifest's backup in; `UsageError` over something else of that name, unless told to replace
        it."""
        return self._wallet.manifests.restore(source, replace=replace)

    # parts

    def _own(self, name: str) -> Manifest:
        """The manifest of `name`; `UsageError` if somebody else shared it."""
        manifest = self.load(name)
        manifest.require_of(self._wallet.address)
        return manifest

    async def _standings(self, manifest: Manifest) -> list[DealStanding]:
        return await trio.to_thread.run_sync(standings, self._wallet.market, manifest)

    async def _kept_up(self, name: str, standing: DealStanding, end: int) -> Consent:
        consent = await extending.asked(self._wallet, self._own(name), standing, end)
        try:
            if not consent.trouble:
                await self.fund(consent.cost)
            return await self._extended(name, consent)
        except ChainError as error:
            return replace(consent, trouble=str(error))

    async def _extended(self, name: str, consent: Consent) -> Consent:
        manifest, block = self._own(name), await trio.to_thread.run_sync(self._wallet.market.block_number)
        if not consent.trouble and block + 2 >= consent.deadline:
            standing = {one.number: one for one in await self._standings(manifest)}
            consent = await extending.asked(self._wallet, manifest, standing[consent.number], consent.new_end)
        if consent.trouble:
            return consent
        try:
            await extending.extended(self._wallet, manifest, consent)
        except Reverted as error:
            return replace(consent, trouble=str(error))
        return consent

    async def _repaired(self, manifest: Manifest, misses: int | None) -> Manifest:
        lost = [one for one in await self._standings(manifest) if one.is_lost(misses)]
        highest = manifest.next_number() - 1
        for one in lost:
            self._wallet.emit(ReplicaLost(manifest.name, one.number, one.operator, len(one.missed)))
            if one.ended_early and one.settled:
                with suppress(Reverted):  # whatever hinders the refund, the bytes come first
                    await self._settled(manifest, one)
            manifest = _replaced(manifest, one)
        self._wallet.manifests.save(manifest)
        repaired = await self._resumed(manifest)
        fresh = [one for one in repaired.standing() if one.number > highest]
        for one in lost:
            new = next(each for each in fresh if each.part == one.part)
            fresh.remove(new)
            self._wallet.emit(ReplicaRepaired(manifest.name, new.number, new.operator, one.number))
        return repaired

    async def _resumed(self, manifest: Manifest) -> Manifest:
        waiting = [one for one in manifest.standing() if one.state is not ReplicaState.OPEN]
        if not waiting:
            return manifest
        source = await self._source(manifest)
        offers = await planning.offers_for(self._wallet, manifest, sorted({one.part for one in waiting}))
        manifest = await Placement(self._wallet, manifest, source, offers).run()
        planning.tidy(self._wallet.spool, manifest)
        return manifest

    async def _require_funds(self, cost: int) -> None:
        if missing := await self.funding(cost):
            first = missing[0].sentence
            raise InsufficientFunds(
                f"The deals cost up to {format_amount(cost)}; Payments lacks it or its allowance: {first}"
            )

    def _require_free(self, order: Order) -> None:
        if order.copies < 1 or order.periods < 1:
            raise UsageError("Ask for at least one copy and one period.")
        self._require_new(checked_name(order.name, "stored file"))

    def _require_new(self, name: str) -> None:
        if name in self.names():
            raise UsageError(
                f"{name!r} is stored already; `xmbl deal repair {name}` goes on with it, else choose another"
                " name."
            )

    async def _source(self, manifest: Manifest) -> Path:
        """The plain bytes: where they came from if they are still the same, else back from the operators."""
        path = Path(manifest.source)
        if await trio.to_thread.run_sync(_is_same, path, manifest):
            return path
        spool = self._wallet.spool / manifest.tag()
        await Retrieval(self._wallet, manifest).plain(spool)
        return spool

    async def _settled(self, manifest: Manifest, due: DealStanding) -> Receipt | None:
        """The receipt; None where somebody else was faster."""
        deals = self._wallet.market.deals
        # a key is spent even where its transaction failed: the next period has another
        key = f"settle:{due.id.hex()}:{due.settled}:{due.period}"
        try:
            return await self._wallet.send(deals.settle(manifest.replica(due.number).promised()), key)
        except Reverted:
            record = await trio.to_thread.run_sync(self._wallet.market.record, due.id)
            if record.cursor == due.settled:
                raise
            return None

    async def _send(self, call: Call) -> Receipt:
        # what is still pending isn't sent twice; a need that comes up later is another one
        block = await trio.to_thread.run_sync(self._wallet.market.block_number)
        return await self._wallet.send(call, f"{call.action}:{call.data.hex()}:{block}")


def _replaced(manifest: Manifest, standing: DealStanding) -> Manifest:
    lost = replace(manifest.replica(standing.number), state=ReplicaState.LOST)
    fresh = Replica(manifest.next_number(), standing.part)
    return manifest.with_replica(lost).with_replica(fresh)


def _is_same(path: Path, manifest: Manifest) -> bool:
    if not path.is_file() or path.stat().st_size != manifest.size:
        return False
    return sources.reopened(path, manifest.folder).parts == manifest.parts
