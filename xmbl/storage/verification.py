"""Looking whether an operator still has what it was paid to keep, leaf by leaf."""

import secrets
from dataclasses import dataclass

import trio

from xmbl.crypto.typed_data import Deal
from xmbl.errors import BytesError, Crowded, NetworkError, PeerUnreachable
from xmbl.storage import quotes
from xmbl.storage.manifest import Replica
from xmbl.storage.quotes import Candidate
from xmbl.storage.transfer import verify_leaf
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import STREAM

STREAMS = 32
"""How often an operator is come back to where strangers crowd it: then a stream may last for a leaf only."""

PAUSE = 1.0
"""Seconds between two of them."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at one replica's bytes gave: `trouble` is empty where all leaves asked for fit the root,
    else it says why no more than `leaves` did. An operator that is `busy` has no room at present, as it says:
    that proves no loss."""

    number: int
    operator: str
    leaves: int
    trouble: str
    busy: bool = False


async def verified(wallet: Wallet, replica: Replica, leaves: int) -> Checked:
    """Ask the replica's operator for random leaves, until one is wrong or enough were right."""
    deal, trouble = replica.promised(), None
    # drawn once: who comes back asks for those that it didn't get, so that none can be dodged
    left = [secrets.randbelow(deal.terms.leaves) for _ in range(leaves)]
    try:
        peer = await trio.to_thread.run_sync(quotes.find, wallet.market, deal.operator)
        await _insisting(wallet, peer, deal, left)
    except (NetworkError, BytesError) as error:
        trouble = error
    busy = isinstance(trouble, Crowded)
    return Checked(replica.number, deal.operator, leaves - len(left), str(trouble or ""), busy)


async def _insisting(wallet: Wallet, peer: Candidate, deal: Deal, left: list[int]) -> None:
    for _ in range(STREAMS - 1):
        before = len(left)
        try:
            return await _over_one_stream(wallet, peer, deal, left)
        except Crowded:
            pass
        except PeerUnreachable:
            if len(left) == before:
                raise
        await trio.sleep(PAUSE)
    return await _over_one_stream(wallet, peer, deal, left)


async def _over_one_stream(wallet: Wallet, peer: Candidate, deal: Deal, left: list[int]) -> None:
    """Those that fit aren't `left` any more."""
    async with quotes.reach(wallet.host, peer, STREAM) as channel:
        while left:
            await verify_leaf(channel, peer, deal, left[-1])
            left.pop()
