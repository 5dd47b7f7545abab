"""Looking whether an operator still has what it was paid to keep, leaf by leaf."""

import secrets
from dataclasses import dataclass

import trio

from xmbl.errors import BytesError, NetworkError
from xmbl.storage import quotes
from xmbl.storage.manifest import Replica
from xmbl.storage.transfer import verify_leaf
from xmbl.storage.wallet import Wallet
from xmbl.storage.wire import STREAM


@dataclass(frozen=True, slots=True)
class Checked:
    """What a look at one replica's bytes gave: `trouble` is empty where all `leaves` fit the root."""

    number: int
    operator: str
    leaves: int
    trouble: str


async def verified(wallet: Wallet, replica: Replica, leaves: int) -> Checked:
    """Ask the replica's operator for random leaves, until one is wrong or enough were right."""
    deal, good, trouble = replica.promised(), 0, ""
    try:
        peer = await trio.to_thread.run_sync(quotes.find, wallet.market, deal.operator)
        async with quotes.reach(wallet.host, peer, STREAM) as channel:
            for _ in range(leaves):
                await verify_leaf(channel, peer, deal, secrets.randbelow(deal.terms.leaves))
                good += 1
    except (NetworkError, BytesError) as error:
        trouble = str(error)
    return Checked(replica.number, deal.operator, good, trouble)
