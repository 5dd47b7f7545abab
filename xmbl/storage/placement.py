"""Brings every replica of a manifest to an operator and its deal on chain, and resumes where it stopped.

    planned ── sending ── signed ── open
                  ▲          │
                  └──────────┘ another operator, under a new number

The manifest is saved before each step that another could see: before bytes leave, before money moves. A
deal that may still be on its way is never signed for twice: only when its deadline has passed without it
being on chain is there a new one.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import trio

from xmbl.crypto.envelope import new_salt, sealed_size
from xmbl.errors import (
    BytesError,
    InsufficientFunds,
    NetworkError,
    PeerUnreachable,
    Refused,
    Reverted,
    XmblError,
)
from xmbl.storage import quotes
from xmbl.storage.client_events import DealOpened, ManifestSaved, OperatorPassed, Uploaded, Uploading
from xmbl.storage.manifest import Manifest, Replica, ReplicaState
from xmbl.storage.quotes import Offer, Wanted
from xmbl.storage.transfer import Signed, Upload, sign_again
from xmbl.storage.wallet import Wallet

SENT_AT_ONCE = 2
"""Uploads side by side: they share a line, and operators give up what comes too slowly."""


class Placement:
    """Places the replicas of one manifest, whose plain bytes lie in `source`."""

    def __init__(
        self, wallet: Wallet, manifest: Manifest, source: Path, offers: Mapping[int, Sequence[Offer]]
    ) -> None:
        self.manifest = manifest
        self._wallet = wallet
        self._source = source
        self._pool = {part: list(found) for part, found in offers.items()}
        self._failures: list[XmblError] = []
        self._lanes = trio.CapacityLimiter(SENT_AT_ONCE)

    async def run(self) -> Manifest:
        """Place what isn't placed; raises the first failure once all replicas were tried."""
        self._save()
        async with trio.open_nursery() as nursery:
            for replica in self.manifest.standing():
                if replica.state is not ReplicaState.OPEN:
                    nursery.start_soon(self._place, replica)
        if self._failures:
            raise self._failures[0]
        return self.manifest

    async def _place(self, replica: Replica) -> None:
        try:
            if replica.state is ReplicaState.SIGNED and await self._finished(replica):
                return
            await self._placed_anew(replica)
        except XmblError as error:
            self._failures.append(error)

    async def _placed_anew(self, replica: Replica) -> None:
        while True:
            # the offer is asked for when it is this one's turn: it expires
            async with self._lanes:
                offer = await self._next_offer(replica.part)
                replica = self._numbered(replica)
                with self._passing(offer.candidate.operator):
                    replica = await self._uploaded(replica, offer)
            if replica.state is ReplicaState.SIGNED:
                with self._passing(replica.operator):
                    return await self._opened(replica)

    @contextmanager
    def _passing(self, operator: str) -> Iterator[None]:
        """Where this operator fails, another one is next."""
        try:
            yield
        except (NetworkError, BytesError) as error:
            self._passed(operator, error)

    def _passed(self, operator: str, error: XmblError) -> None:
        if isinstance(error, PeerUnreachable):
            self.manifest = self.manifest.shunning(operator)
            self._save()
        self._wallet.emit(OperatorPassed(operator, str(error)))

    # one replica, step by step

    def _numbered(self, replica: Replica) -> Replica:
        """The replica, sending, under a number and a key that no byte was sent under: no two operators get
        the same bytes, and no key seals two contents, even where an old manifest was restored."""
        if replica.state is ReplicaState.SIGNED:
            self.manifest = self.manifest.with_replica(replace(replica, state=ReplicaState.LOST))
        if replica.state is ReplicaState.SENDING:
            self.manifest = self.manifest.without(replica.number)
        fresh = replica.state is ReplicaState.PLANNED
        number = replica.number if fresh else max(replica.number + 1, self.manifest.next_number())
        sending = Replica(number, replica.part, ReplicaState.SENDING, salt=new_salt())
        self._put(sending)
        return sending

    async def _uploaded(self, replica: Replica, offer: Offer) -> Replica:
        part = self.manifest.parts[replica.part]
        upload = Upload(self._source, part, self.manifest.replica_key(replica))
        place = self.manifest.name, replica.number, offer.candidate.operator

        def progress(sent: int) -> None:
            self._wallet.emit(Uploading(*place, sent, upload.size))

        signed, cid = await upload.send(self._wallet.host, self._wallet.market, offer, progress)
        self._wallet.emit(Uploaded(*place, signed[0].root))
        return self._signed(replace(replica, cid=cid), signed)

    def _signed(self, replica: Replica, signed: Signed) -> Replica:
        deal, signature = signed
        replica = replace(replica, state=ReplicaState.SIGNED, deal=deal, signature=signature)
        self._put(replica)
        return replica

    async def _opened(self, replica: Replica) -> None:
        call = self._wallet.market.deals.open(replica.promised(), replica.signature)
        key = f"open:{replica.promised().id().hex()}"
        try:
            receipt = await self._wallet.send(call, key)
        except Reverted as error:
            raise _why(error) from error
        first = receipt.block // self._wallet.market.parameters.period + 1
        self._put(replace(replica, state=ReplicaState.OPEN, first=first))
        place = self.manifest.name, replica.number, replica.operator
        self._wallet.emit(DealOpened(*place, replica.promised().id(), receipt.gas_used, receipt.hash))

    async def _finished(self, replica: Replica) -> bool:
        """Go on with a deal that was signed before an interruption; False if its operator can't any more."""
        market = self._wallet.market
        if first := await trio.to_thread.run_sync(market.first_period, replica.promised()):
            self._put(replace(replica, state=ReplicaState.OPEN, first=first))
            return True
        block = await trio.to_thread.run_sync(market.block_number)
        try:
            if block > replica.promised().terms.deadline:
                replica = self._signed(replica, await self._signed_again(replica))
            await self._opened(replica)
        except (NetworkError, BytesError) as error:
            self._wallet.emit(OperatorPassed(replica.operator, str(error)))
            return False
        return True

    async def _signed_again(self, replica: Replica) -> Signed:
        wanted = self._wanted(replica.part)
        peer = await trio.to_thread.run_sync(quotes.find, self._wallet.market, replica.operator)
        offer = await quotes.ask(self._wallet.host, self._wallet.market, peer, wanted)
        return await sign_again(
            self._wallet.host, self._wallet.market, offer, wanted.size, replica.promised().root
        )

    # whom to ask next

    async def _next_offer(self, part: int) -> Offer:
        """The cheapest offer of an operator that has nothing of this part yet, still good; of one that failed
        an upload only where no other is left."""
        while pool := self._pool.get(part):
            offer = min(pool, key=lambda one: one.candidate.operator in self.manifest.shunned)
            pool.remove(offer)
            if offer.candidate.operator in self._taken(part):
                continue
            block = await trio.to_thread.run_sync(self._wallet.market.block_number)
            if offer.quote.expiry > block:
                return offer
            try:
                wanted = self._wanted(part)
                return await quotes.ask(self._wallet.host, self._wallet.market, offer.candidate, wanted)
            except (NetworkError, BytesError) as error:
                self._wallet.emit(OperatorPassed(offer.candidate.operator, str(error)))
        raise Refused(
            f"No further operator takes a replica of {self.manifest.name}; raise the price limit, ask for"
            " fewer copies, or resume later."
        )

    def _taken(self, part: int) -> set[str]:
        return {replica.operator for replica in self.manifest.holders(part)}

    def _wanted(self, part: int) -> Wanted:
        size = sealed_size(self.manifest.parts[part].size)
        return Wanted(self._wallet.address, size, self.manifest.end, self.manifest.per_gib)

    def _put(self, replica: Replica) -> None:
        self.manifest = self.manifest.with_replica(replica)
        self._save()

    def _save(self) -> None:
        path = self._wallet.manifests.save(self.manifest)
        self._wallet.emit(ManifestSaved(self.manifest.name, str(path)))


def _why(error: Reverted) -> XmblError:
    """Ours to mend where it is about money, else the operator's."""
    if error.reason.startswith("payments:"):
        return InsufficientFunds(
            "Payments doesn't hold or allow what the deal costs; deposit and approve first, then resume."
        )
    return Refused(f"The deal can't be opened: {error}")
