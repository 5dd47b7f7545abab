"""A stored file handed to another person: where it lies and its key, sealed for them.

Who has it can bring the file back, look at its deals and ask for leaves, and hand it on; the deals stay their
client's, who alone can challenge, extend or end them. It can't be taken back. What it tells besides the file:
its name, size and hash, its operators, and the terms of its deals, with the client's address. It doesn't tell
where the file lay on the client's machine, what the client would pay, or which operators it avoids.

Whoever wrote one is unknown, so nothing in it is believed that the chain or the bytes don't confirm.
"""

from dataclasses import astuple, replace

from xmbl.codec import require
from xmbl.config import checked_name
from xmbl.crypto.envelope import KEY_BYTES, sealed_size
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal
from xmbl.errors import Corrupt, UsageError
from xmbl.payments.wire import ADDRESS
from xmbl.storage.manifest import Manifest, Part, Replica, ReplicaState, decode, encode
from xmbl.storage.market import Market
from xmbl.storage.sources import PART_PLAIN

_DAMAGED = "This isn't a whole shared file; ask for it again."


def shared(manifest: Manifest) -> bytes:
    """What another person needs of a stored file, in plain; `UsageError` while a part has no open deal."""
    replicas = tuple(
        replace(one, signature=b"") for one in manifest.replicas if one.state is ReplicaState.OPEN
    )
    if {one.part for one in replicas} != {part.index for part in manifest.parts}:
        raise UsageError(
            f"Not every part of {manifest.name} has an open deal; `xmbl deal repair {manifest.name}` first."
        )
    return encode(replace(manifest, replicas=replicas, source="", per_gib=0, shunned=()))


def taken_in(plain: bytes, market: Market, name: str | None) -> Manifest:
    """The manifest of what somebody shared, under another `name` if one is given; reads the chain.

    `Corrupt` for what `shared` didn't write or the chain contradicts, `UsageError` for another market's.
    """
    try:
        manifest = decode(plain)
        _check(manifest)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError, UsageError):
        raise Corrupt(_DAMAGED) from None
    if (manifest.chain_id, manifest.market) != (market.chain.chain_id, market.deals.address):
        raise UsageError(
            f"It lies in the market {manifest.market} of chain {manifest.chain_id}; choose that network."
        )
    replicas = tuple(_confirmed(market, one) for one in manifest.replicas)
    return replace(
        manifest, name=checked_name(name or manifest.name, "stored file"), replicas=replicas, source="",
        per_gib=0, shunned=(),
    )  # fmt: skip


def _confirmed(market: Market, replica: Replica) -> Replica:
    """The replica as the chain knows it."""
    first = market.first_period(replica.promised())
    if not first:
        raise Corrupt("The chain doesn't know a deal of this shared file; ask for it again.")
    return replace(replica, first=first)


def _check(manifest: Manifest) -> None:
    checked_name(manifest.name, "stored file")
    require(type(manifest.folder) is bool and len(manifest.key) == KEY_BYTES)
    require(_is_number(manifest.end))
    at = 0
    for index, part in enumerate(manifest.parts):
        require(_is_part(part, index, at))
        at += part.size
    require(bool(manifest.parts) and manifest.size == at)
    require(len({one.number for one in manifest.replicas}) == len(manifest.replicas))
    for replica in manifest.replicas:
        _check_replica(manifest, replica)
    require(len({one.part for one in manifest.replicas}) == len(manifest.parts))


def _is_part(part: Part, index: int, at: int) -> bool:
    numbers = all(type(each) is int for each in (part.index, part.offset, part.size))
    in_place = (part.index, part.offset) == (index, at) and 0 <= part.size <= PART_PLAIN
    return numbers and in_place and len(bytes.fromhex(part.sha256)) == KEY_BYTES


def _check_replica(manifest: Manifest, replica: Replica) -> None:
    deal = replica.promised()
    _check_deal(deal)
    require(_is_number(replica.number) and replica.state is ReplicaState.OPEN)
    require(_is_number(replica.end) and type(replica.terminated) is bool)
    require(type(replica.cid) is str and deal.terms.client == manifest.client and len(deal.id()) == KEY_BYTES)
    require(replica.part in range(len(manifest.parts)))
    require(leaf_count(sealed_size(manifest.parts[replica.part].size)) == deal.terms.leaves)
    manifest.replica_key(replica)


def _check_deal(deal: Deal) -> None:
    """Its id doesn't tell an amount from a text with the same bytes, but whoever works with it does."""
    client, payee, *numbers = astuple(deal.terms)
    for account in (deal.operator, client, payee):
        require(type(account) is str and ADDRESS.unpack(ADDRESS.pack(account)) == account)
    require(all(_is_number(each) for each in numbers))


def _is_number(found: object) -> bool:
    return type(found) is int and 0 <= found < 2**64
