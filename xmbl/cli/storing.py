"""Opens the client's side of storage for a command: its manifests, its network, its narration."""

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xmbl.cli.narrator import Narrator
from xmbl.cli.sending import Step, enough, prepare, transmit
from xmbl.cli.session import Session
from xmbl.config import Folders
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from xmbl.chain.client import Chain
    from xmbl.network.host import Host
    from xmbl.storage.client import StorageClient
    from xmbl.storage.events import Emit
    from xmbl.storage.manifest import Manifest, Manifests
    from xmbl.storage.quotes import Offer
    from xmbl.storage.standing import DealStanding
    from xmbl.storage.wallet import Wallet

T = TypeVar("T")

OPEN_GAS = 130_000
"""What opening one deal takes at most; it can be estimated only once an operator has signed."""


def manifests_of(folders: Folders, chain: "Chain", account: "LocalAccount") -> "Manifests":
    """The manifests of a wallet on one chain; a restarted devnet is another chain."""
    from xmbl.crypto.envelope import wallet_key
    from xmbl.storage.manifest import Manifests

    name = f"{chain.chain_id}-{chain.header(0).hash.hex()[:8]}-{account.address.lower()}"
    return Manifests(folders.data / "manifests" / name, wallet_key(bytes(account.key), "manifest"))


def spool_of(folders: Folders) -> Path:
    """Where streams, packed folders and repairs wait until they are stored."""
    return folders.data / "spool"


def manifests(session: Session) -> "Manifests":
    """The manifests of the session's wallet; asks for its password."""
    return manifests_of(session.folders, session.chain(), session.account())


def run(session: Session, emit: "Emit", action: "Callable[[StorageClient], Awaitable[T]]") -> T:
    """Open the network, do `action`, close the network."""
    import trio

    from xmbl.network.host import open_host
    from xmbl.storage.client import StorageClient

    wallet = _opened(session, emit)

    async def main() -> T:
        # a client needs no lasting identity: a new one each time says nothing about it
        async with open_host(secrets.token_bytes(32)) as host:
            return await action(StorageClient(wallet(host)))

    return trio.run(main)


def _opened(session: Session, emit: "Emit") -> "Callable[[Host], Wallet]":
    from xmbl.storage.wallet import Wallet

    found, market, outbox = manifests(session), session.market(), session.outbox()
    spool = spool_of(session.folders)
    return lambda host: Wallet(session.address(), market, outbox, host, found, spool, emit)


def ask(session: Session, size: int, periods: int, per_gib: int) -> "list[Offer]":
    """What operators take for a file of `size` bytes (of more than a deal holds: for one deal's worth)."""
    import trio

    from xmbl.crypto.envelope import sealed_size
    from xmbl.network.host import open_host
    from xmbl.storage import quotes
    from xmbl.storage.sources import PART_PLAIN

    market = session.market()
    end = market.period() + 1 + periods
    wanted = quotes.Wanted(session.address(), sealed_size(min(size, PART_PLAIN)), end, per_gib)
    peers = quotes.candidates(market)

    async def main() -> "list[Offer]":
        async with open_host(secrets.token_bytes(32)) as host:
            return await quotes.ask_all(host, market, peers, wanted, Narrator(session.out))

    return trio.run(main)


def standings(session: Session, manifest: "Manifest") -> "list[DealStanding]":
    """How the deals of a manifest stand now."""
    from xmbl.storage.standing import standings

    return standings(session.market(), manifest)


def lost(session: Session, manifest: "Manifest", misses: int | None) -> "list[DealStanding]":
    """The replicas that a repair replaces: ended early, or with so many misses."""
    from xmbl.storage.manifest import ReplicaState

    stands = [each for each in standings(session, manifest) if each.state is ReplicaState.OPEN]
    return [each for each in stands if each.ended_early or (misses and len(each.missed) >= misses)]


def unplaced(manifest: "Manifest") -> list[int]:
    """The parts of replicas whose deals aren't open yet."""
    from xmbl.storage.manifest import ReplicaState

    return [each.part for each in manifest.standing() if each.state is not ReplicaState.OPEN]


def most(session: Session, manifest: "Manifest", parts: Sequence[int]) -> int:
    """The most that a new replica of each of `parts` can cost by the manifest's price limit, in wei."""
    from xmbl.crypto.envelope import sealed_size
    from xmbl.crypto.merkle import leaf_count
    from xmbl.storage.policy import price_of

    market = session.market()
    periods = max(0, manifest.end - market.period() - 1)
    sizes = [leaf_count(sealed_size(manifest.parts[part].size)) for part in parts]
    prices = [price_of(manifest.per_gib, market.parameters, leaves) for leaves in sizes]
    return sum(prices) * market.parameters.price_unit * periods


def fund(session: Session, cost: int, deals: int, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show what `deals` new deals do and cost, ask, and bring `cost` wei where the market can take it."""
    payments, token, address = session.payments(), session.token(), session.address()
    calls = session.market().funding(address, cost)
    held = payments.balance_of(address) + token.balance_of(address)
    check = enough(
        "XMBL, in Payments and the wallet", held, cost, "Get more, or ask for fewer copies or periods."
    )
    session.out.note(f"{deals} deals cost at most {format_amount(cost)}; missed periods come back.")
    opened = Step("deal_open", f"Open {deals} deals, once their operators hold the bytes.", deals * OPEN_GAS)
    prepare(session, calls, [check], [opened], document)
    return transmit(session, calls)
