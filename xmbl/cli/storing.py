"""Opens the client's side of storage for a command: its manifests, its network, its narration."""

import secrets
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from xmbl.cli.narrator import Narrator
from xmbl.cli.output import counted
from xmbl.cli.sending import Step, enough, prepare, transmit
from xmbl.cli.session import Session
from xmbl.config import Folders
from xmbl.errors import Refused, UsageError
from xmbl.units import format_amount

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from xmbl.chain.client import Chain
    from xmbl.events import Emit
    from xmbl.network.host import Host
    from xmbl.payments.client import Purse
    from xmbl.storage.client import StorageClient
    from xmbl.storage.manifest import Manifest, Manifests
    from xmbl.storage.quotes import Offer, Wanted
    from xmbl.storage.standing import DealStanding
    from xmbl.storage.wallet import Wallet

T = TypeVar("T")

OPEN_GAS = 130_000
"""What opening one deal takes at most; it can be estimated only once an operator has signed."""


def manifests_of(folders: Folders, chain: "Chain", account: "LocalAccount") -> "Manifests":
    """The manifests of a wallet on one chain."""
    from xmbl.chain.outbox import owned_name
    from xmbl.crypto.envelope import wallet_key
    from xmbl.storage.manifest import Manifests

    name = owned_name(chain, account.address)
    return Manifests(folders.data / "manifests" / name, wallet_key(bytes(account.key), "manifest"))


def spool_of(folders: Folders) -> Path:
    """Where streams, packed folders and repairs wait until they are stored."""
    return folders.data / "spool"


def manifests(session: Session) -> "Manifests":
    """The manifests of the session's wallet; asks for its password."""
    return manifests_of(session.folders, session.chain(), session.account())


def load(session: Session, name: str) -> "Manifest":
    """The manifest of `name`; `UsageError` where its deals are in another market than this network's."""
    manifest, deals = manifests(session).load(name), session.deployment().deals
    if manifest.market != deals:
        raise UsageError(
            f"{name} is stored in the market {manifest.market}, not in this network's, {deals};"
            " choose its network with --network."
        )
    return manifest


def load_own(session: Session, name: str) -> "Manifest":
    """The same for who acts on its deals: `UsageError` where it was shared by somebody else."""
    manifest = load(session, name)
    manifest.require_of(session.address())
    return manifest


def run(
    session: Session,
    emit: "Emit",
    action: "Callable[[StorageClient], Awaitable[T]]",
    purse: "Purse | None" = None,
) -> T:
    """Open the network, do `action`, close the network; reads are paid out of the purse, if there is one."""
    import trio

    from xmbl.network.host import open_host
    from xmbl.storage.client import StorageClient

    wallet = _opened(session, emit, purse)

    async def main() -> T:
        # a client needs no lasting identity: a new one each time says nothing about it
        async with open_host(secrets.token_bytes(32)) as host:
            return await action(StorageClient(wallet(host)))

    return trio.run(main)


def _opened(session: Session, emit: "Emit", purse: "Purse | None") -> "Callable[[Host], Wallet]":
    from xmbl.storage.wallet import Wallet

    found, market, outbox = manifests(session), session.market(), session.outbox()
    spool = spool_of(session.folders)
    return lambda host: Wallet(session.address(), market, outbox, host, found, spool, emit, purse)


def wanted(session: Session, size: int, end: int, per_gib: int) -> "Wanted":
    """What to ask operators for: a deal for `size` plain bytes until period `end`."""
    from xmbl.crypto.envelope import sealed_size
    from xmbl.storage.quotes import Wanted

    return Wanted(session.address(), sealed_size(size), end, per_gib)


def ask(session: Session, *questions: "Wanted") -> "list[list[Offer]]":
    """What operators answer to each question, cheapest first."""
    import trio

    from xmbl.network.host import open_host
    from xmbl.storage import quotes

    market, narrator = session.market(), Narrator(session.out)
    peers = quotes.candidates(market)

    async def main() -> "list[list[Offer]]":
        async with open_host(secrets.token_bytes(32)) as host:
            return [await quotes.ask_all(host, market, peers, each, narrator) for each in questions]

    with session.out.waiting("asking the operators"):
        return trio.run(main)


def standings(session: Session, manifest: "Manifest") -> "list[DealStanding]":
    """How the deals of a manifest stand now."""
    from xmbl.storage.standing import standings

    return standings(session.market(), manifest)


def cost_of_repair(
    session: Session, manifest: "Manifest", missing: "Sequence[DealStanding]"
) -> tuple[int, int]:
    """How many deals a repair opens, and what they cost at the prices of today, in wei.

    `missing` are the replicas that it replaces; those that an interrupted put left behind are added.
    """
    from xmbl.storage.manifest import ReplicaState
    from xmbl.storage.rules import escrow

    market = session.market()
    waiting = [each for each in manifest.standing() if each.state is not ReplicaState.OPEN]
    signed = [each.promised().terms for each in waiting if each.state is ReplicaState.SIGNED]
    parts = [each.part for each in missing]
    parts += [each.part for each in waiting if each.state is not ReplicaState.SIGNED]
    terms = [*signed, *(offer.quote.terms for offer in _replacements(session, manifest, Counter(parts)))]
    return len(terms), sum(escrow(each, market.period(), market.parameters) for each in terms)


def _replacements(session: Session, manifest: "Manifest", parts: Mapping[int, int]) -> "list[Offer]":
    """The cheapest offers for so many new replicas of each part, of operators that have none of it."""
    from xmbl.storage import quotes

    sizes = [manifest.parts[part].size for part in parts]
    found = ask(session, *(wanted(session, size, manifest.end, manifest.per_gib) for size in sizes))
    chosen: list[Offer] = []
    for (part, count), offers in zip(parts.items(), found, strict=True):
        fresh = quotes.distinct(offers, {holder.operator for holder in manifest.holders(part)})
        if len(fresh) < count:
            raise Refused(
                f"{len(fresh)} further operators take a replica, for {count} to be placed; try later."
            )
        chosen += fresh[:count]
    return chosen


def fund(session: Session, cost: int, deals: int, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show what `deals` new deals do and cost, ask, and bring `cost` wei where the market can take it."""
    many = counted(deals, "deal")
    session.out.note(f"{many} for {format_amount(cost)} at most; missed periods come back.")
    opened = Step("deal_open", f"Open {many}, each once its operator holds the bytes.", deals * OPEN_GAS)
    return bring(session, cost, opened, document)


def bring(session: Session, cost: int, later: Step, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Show what it takes to bring `cost` wei where the market can take it, and what is sent `later`; ask,
    and bring it."""
    payments, token, address = session.payments(), session.token(), session.address()
    calls = session.market().funding(address, cost)
    held = payments.balance_of(address) + token.balance_of(address)
    check = enough(
        "XMBL, in Payments and the wallet", held, cost, "Get more, or ask for fewer copies or periods."
    )
    prepare(session, calls, [check], [later], document)
    return transmit(session, calls)
