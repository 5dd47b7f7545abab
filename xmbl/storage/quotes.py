"""How a client finds operators, asks them for terms and chooses. Nothing that they say is taken on trust."""

import secrets
from collections.abc import AsyncIterator, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import trio

from xmbl.chain.registry import STORAGE, Node
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Quote, Terms, recover
from xmbl.errors import BytesError, ChainError, NetworkError, PeerUnreachable, Refused, Reverted, UsageError
from xmbl.events import Emit
from xmbl.network.addresses import parse_address, peer_id_of
from xmbl.storage import policy
from xmbl.storage.client_events import OperatorPassed, QuoteReceived
from xmbl.storage.market import Market
from xmbl.storage.rules import check_terms
from xmbl.storage.wire import QUOTE, QuoteRequest, SignedQuote
from xmbl.units import format_amount

if TYPE_CHECKING:
    from xmbl.network.channel import Channel
    from xmbl.network.host import Host

DIAL_SECONDS = 5.0
ASK_SECONDS = 10.0
ASK_ALL_SECONDS = 30.0
LINGER_SECONDS = 2.0
"""What those who answer later than enough others still get."""

ASKED_AT_ONCE = 64

READ_AT_ONCE, READ_SECONDS = 16, 20.0
"""How many records of the registry are read side by side, and how long in all."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operator as the registry knows it; `addresses` name the peer that must answer there."""

    operator: str
    agent: str
    payee: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """A checked quote."""

    candidate: Candidate
    quote: Quote
    signature: bytes


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client asks for: `size` sealed bytes until period `end`, at `per_gib` wei a GiB and period at
    most."""

    client: str
    size: int
    end: int
    per_gib: int


def candidate(operator: str, node: Node) -> Candidate:
    """The operator with those of its addresses that can be dialled."""
    peer = peer_id_of(node.node_key)
    named = [_named(text, peer) for text in node.multiaddrs]
    return Candidate(operator, node.agent, node.payee, tuple(address for address in named if address))


def find(market: Market, operator: str) -> Candidate:
    """One operator, to be dialled about what it holds; `Refused` says why that can't be. Reads the chain."""
    node = market.node(operator)
    if int(node.agent, 16) == 0:
        raise Refused(f"{operator} isn't in this network's registry; choose the network where it stores.")
    found = candidate(operator, node)
    if not found.addresses:
        raise Refused(f"{operator} says in the registry nowhere that it can be dialled; ask it to announce.")
    return found


def candidates(market: Market) -> list[Candidate]:
    """Every operator that stores and says where, as far as the registry can be read in `READ_SECONDS`.

    Anybody can register, so they are read side by side, in an order that nobody can choose.
    """
    pool = ThreadPoolExecutor(READ_AT_ONCE, "registry")
    reading = {pool.submit(market.node, each): each for each in _shuffled(market.operators())}
    read, _ = wait(reading, READ_SECONDS)
    # what is still being read ends within the chain's patience
    pool.shutdown(wait=False, cancel_futures=True)
    nodes = [(reading[each], each.result()) for each in read]
    found = [candidate(operator, node) for operator, node in nodes if node.services & STORAGE]
    return [one for one in found if one.addresses]


@asynccontextmanager
async def reach(host: "Host", peer: Candidate, protocol: str) -> "AsyncIterator[Channel]":
    """A channel to the operator, by the first of its addresses that answers."""
    async with AsyncExitStack() as stack:
        yield await _dialled(host, peer, protocol, stack)


async def ask(host: "Host", market: Market, peer: Candidate, wanted: Wanted) -> Offer:
    """The operator's offer, checked; `Refused` with its reason, or with ours if it isn't what was asked."""
    with trio.move_on_after(ASK_SECONDS):
        async with reach(host, peer, QUOTE) as channel:
            await channel.send(QuoteRequest(wanted.client, wanted.size, wanted.end).encode())
            reply = SignedQuote.decode(await channel.receive())
        block = await trio.to_thread.run_sync(market.block_number)
        check(market, peer, wanted, reply, block)
        return Offer(peer, reply.quote, reply.signature)
    raise PeerUnreachable(f"{peer.operator} didn't answer in {ASK_SECONDS:g} s.")


async def ask_all(
    host: "Host",
    market: Market,
    peers: Sequence[Candidate],
    wanted: Wanted,
    emit: Emit,
    *,
    enough: int | None = None,
) -> list[Offer]:
    """The offers of whoever answers in time, cheapest first; equal ones in an order that nobody can choose.

    Anybody can register peers that are silent, so the whole is bounded, nobody is asked before others by
    right, and `enough` offers end the waiting a little later.
    """
    offers: list[Offer] = []
    limiter = trio.CapacityLimiter(ASKED_AT_ONCE)

    async def ask_one(peer: Candidate) -> None:
        async with limiter:
            try:
                offer = await ask(host, market, peer, wanted)
            except (NetworkError, BytesError, ChainError) as error:
                emit(OperatorPassed(peer.operator, str(error)))
                return
        emit(QuoteReceived(peer.operator, offer.quote.terms.price, offer.quote.terms.collateral))
        offers.append(offer)
        if len(offers) == enough:
            scope.deadline = min(scope.deadline, trio.current_time() + LINGER_SECONDS)

    with trio.move_on_after(ASK_ALL_SECONDS) as scope:
        async with trio.open_nursery() as nursery:
            for peer in _shuffled(peers):
                nursery.start_soon(ask_one, peer)
    return sorted(_shuffled(offers), key=lambda offer: offer.quote.terms.price)


def check(market: Market, peer: Candidate, wanted: Wanted, reply: SignedQuote, block: int) -> None:
    """Raise `Refused` with what is wrong unless the quote is what was asked for and could be opened."""
    quote, terms = reply.quote, reply.quote.terms
    most = policy.price_of(wanted.per_gib, market.parameters, leaf_count(wanted.size))
    _require(quote.operator == peer.operator, "it quotes for another operator")
    _require(terms.client == wanted.client, "it quotes for another client")
    _require(terms.payee == peer.payee, "it wants to be paid elsewhere than the registry says")
    _require(terms.leaves == leaf_count(wanted.size), "it quotes for another size")
    _require(terms.end == wanted.end, "it quotes for another time")
    _require(terms.price <= most, _too_dear(market, terms.price, most))
    _require(quote.expiry >= block, "its quote has expired")
    ours = _signer(market, quote.hash(), reply.signature) == peer.agent
    _require(ours, "its agent didn't sign the quote for this market; maybe it takes another's deals only")
    check_openable(market, replace(terms, deadline=block), block)


def _too_dear(market: Market, price: int, most: int) -> str:
    asked, limit = (format_amount(each * market.parameters.price_unit) for each in (price, most))
    return f"it asks {asked} a period, above the limit of {limit}"


def check_signed(market: Market, peer: Candidate, deal: Deal, signature: bytes, block: int) -> None:
    """Raise `Refused` unless the deal could be opened now with this signature of the operator's agent."""
    _require(_signer(market, deal.id(), signature) == peer.agent, "its agent didn't sign the deal")
    check_openable(market, deal.terms, block)


def check_openable(market: Market, terms: Terms, block: int) -> None:
    """Raise `Refused` with the contract's reason unless these terms could be opened now."""
    try:
        check_terms(terms, block // market.parameters.period, block, market.parameters)
    except Reverted as error:
        raise Refused(f"The contract would refuse its terms: {error.reason}.") from None


def distinct(offers: Sequence[Offer], taken: Collection[str]) -> list[Offer]:
    """The offers of operators that aren't taken."""
    return [offer for offer in offers if offer.candidate.operator not in taken]


def _shuffled(some: Sequence[T]) -> list[T]:
    return secrets.SystemRandom().sample(some, len(some))


async def _dialled(host: "Host", peer: Candidate, protocol: str, stack: AsyncExitStack) -> "Channel":
    reason = f"{peer.operator} says nowhere that it can be dialled; ask it to announce."
    for address in peer.addresses:
        try:
            return await stack.enter_async_context(host.dial(address, protocol, timeout=DIAL_SECONDS))
        except PeerUnreachable as error:
            reason = str(error)
    raise PeerUnreachable(reason)


def _named(text: str, peer: str) -> str:
    """The address with the peer that must answer; empty if it can't be dialled or names another peer."""
    try:
        address = parse_address(text)
    except UsageError:
        return ""
    return str(replace(address, peer_id=peer)) if address.peer_id in ("", peer) else ""


def _signer(market: Market, struct_hash: bytes, signature: bytes) -> str:
    return recover(market.digest(struct_hash), signature)


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise Refused(f"Not used, since {reason}.")
