"""The client's side of longer deals: each operator is asked for its consent, and who gives it is paid.

Every replica stands for itself: where one operator refuses, the others' deals still last longer, and whoever
extends again asks only those that are behind.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import trio

from xmbl.chain.outbox import Receipt
from xmbl.crypto.typed_data import Deal, recover
from xmbl.errors import BytesError, NetworkError, PeerUnreachable, Refused, UsageError
from xmbl.storage import quotes
from xmbl.storage.client_events import DealExtended, ExtensionRefused
from xmbl.storage.manifest import Manifest
from xmbl.storage.standing import DealStanding, Ending, latest_end
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import QUOTE, ExtendRequest, SignedExtension

ASKED_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Consent:
    """What an operator said to a deal of replica `number` that lasts from `old_end` to `new_end` for `cost`
    wei: its `signature`, good up to block `deadline`, or `trouble`."""

    number: int
    deal: Deal
    old_end: int
    new_end: int
    cost: int
    deadline: int = 0
    signature: bytes = b""
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Upkeep:
    """How a file is kept from expiring: each deal gets `periods` more once `before` or fewer are left, while
    all extensions of the file, those made before included, cost `budget` wei at most."""

    before: int
    periods: int
    budget: int

    def chosen(self, found: Sequence[DealStanding]) -> list[tuple[DealStanding, int]]:
        """The deals that get more now, and until when; what the budget doesn't cover is left out."""
        left, picked = self.budget - sum(one.price * one.extended for one in found), []
        for one, end in self._expiring(found):
            cost = one.price * (end - one.end)
            if cost <= left:
                picked.append((one, end))
                left -= cost
        return picked

    def beyond(self, found: Sequence[DealStanding]) -> list[DealStanding]:
        """The deals that are about to expire, and that the budget doesn't cover."""
        picked = self.chosen(found)
        return [one for one, end in self._expiring(found) if (one, end) not in picked]

    def _expiring(self, found: Sequence[DealStanding]) -> Iterator[tuple[DealStanding, int]]:
        """The deals that shall get more, those first that end first, and until when."""
        for one in sorted(found, key=lambda one: one.over):
            end = min(one.end + self.periods, latest_end(one.period))
            wanted = one.is_extendable and one.ending is Ending.AGREED and one.left <= self.before
            if wanted and end > one.end and one.price:
                yield one, end


def behind(found: Sequence[DealStanding], end: int) -> list[DealStanding]:
    """The deals that could last until `end` and don't."""
    return [one for one in found if one.is_extendable and one.end < end]


def check_end(end: int, period: int) -> None:
    """`UsageError` for an end that no deal can have in the present period."""
    if end > latest_end(period):
        raise UsageError(
            f"A deal can't be extended beyond period {latest_end(period)} now; ask for less, and later again."
        )


async def together(questions: Sequence[Callable[[], Awaitable[Consent]]]) -> list[Consent]:
    """What all answer, asked side by side."""
    answers: dict[int, Consent] = {}
    lanes = trio.CapacityLimiter(ASKED_AT_ONCE)

    async def ask(place: int, question: Callable[[], Awaitable[Consent]]) -> None:
        async with lanes:
            answers[place] = await question()

    async with trio.open_nursery() as nursery:
        for place, question in enumerate(questions):
            nursery.start_soon(ask, place, question)
    return [answers[place] for place in range(len(questions))]


async def asked(wallet: Wallet, manifest: Manifest, standing: DealStanding, end: int) -> Consent:
    """The operator's answer, checked; nothing is sent to the chain."""
    deal = manifest.replica(standing.number).promised()
    wanted = Consent(standing.number, deal, standing.end, end, standing.price * (end - standing.end))
    try:
        return await _asked(wallet, wanted)
    except (NetworkError, BytesError) as error:
        wallet.emit(ExtensionRefused(manifest.name, standing.number, standing.operator, str(error)))
        return replace(wanted, trouble=str(error))


async def extended(wallet: Wallet, manifest: Manifest, consent: Consent) -> Manifest:
    """The manifest with a deal that lasts longer, saved; `ChainError` where the chain has it otherwise."""
    receipt = await _sent(wallet, consent)
    changed = replace(manifest.replica(consent.number), end=consent.new_end, terminated=False)
    manifest = replace(manifest.with_replica(changed), end=max(manifest.end, consent.new_end))
    wallet.manifests.save(manifest)
    wallet.emit(
        DealExtended(
            manifest.name, consent.number, consent.deal.operator, consent.new_end, consent.cost,
            receipt.gas_used, receipt.hash,
        )
    )  # fmt: skip
    return manifest


async def _asked(wallet: Wallet, wanted: Consent) -> Consent:
    market, operator = wallet.market, wanted.deal.operator
    peer = await trio.to_thread.run_sync(quotes.find, market, operator)
    request = ExtendRequest(wanted.deal.id(), wanted.new_end)
    with trio.move_on_after(quotes.ASK_SECONDS):
        async with quotes.reach(wallet.host, peer, QUOTE) as channel:
            await channel.send(request.encode())
            reply = SignedExtension.decode(await channel.receive())
        signed = reply.extension(request)
        if reply.old_end != wanted.old_end:
            raise Refused(f"It sees an end of {reply.old_end}, the chain one of {wanted.old_end}; try again.")
        if recover(market.digest(signed.hash()), reply.signature) != peer.agent:
            raise Refused("Not used, since its agent didn't sign the extension.")
        return replace(wanted, deadline=reply.deadline, signature=reply.signature)
    raise PeerUnreachable(f"{operator} didn't answer in {quotes.ASK_SECONDS:g} s.")


async def _sent(wallet: Wallet, consent: Consent) -> Receipt:
    call = wallet.market.deals.extend(consent.deal, consent.new_end, consent.deadline, consent.signature)
    period = await trio.to_thread.run_sync(wallet.market.period)
    # one at a time for a deal; what failed on chain is tried again in another period, or to another end
    key = f"extend:{consent.deal.id().hex()}:{consent.old_end}:{consent.new_end}:{period}"
    return await wallet.send(call, key)
