"""What an operator is willing to promise: price, room, who, how long. Every refusal says why.

Pure: it is told how things stand and answers with terms, or raises `Refused`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.crypto.typed_data import Quote, Terms
from xmbl.errors import Refused
from xmbl.storage.fields import WINDOW_LIMIT
from xmbl.storage.rules import Parameters
from xmbl.storage.wire import QuoteRequest
from xmbl.units import format_amount, format_size

GIB = 2**30
QUOTE_BLOCKS = 300
"""Blocks that a promise lasts at most: until then the client has an option for nothing."""


@dataclass(frozen=True, slots=True)
class StoragePolicy:
    """The operator's will.

    `price` in wei of the payment asset for a GiB and a period; `capacity`, `unpaid` and `minimum` in
    bytes, `unpaid` being what may be held for clients that haven't opened their deal yet; `periods` the
    longest deal; `cover` the collateral in percent of the least that the market asks, 100 to 200;
    notices in periods, `exit` in misses. `egress` in wei for a MiB that is read, 0 for nothing, and `window`
    the bytes of it that one voucher pays for at most. An empty `allow` means everybody.
    """

    price: int
    capacity: int
    unpaid: int
    minimum: int = 1
    periods: int = 366
    cover: int = 100
    client_notice: int = 2
    operator_notice: int = 14
    exit: int = 3
    egress: int = 0
    window: int = WINDOW_LIMIT
    allow: frozenset[str] = frozenset()
    deny: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """What the operator can still carry: bytes `held` and `unpaid`, `free` on disk, stake `units` that can
    be locked, prices that its ring may still `grow` by in this period; `leaving` once its cap is nothing."""

    block: int
    held: int
    unpaid: int
    free: int
    units: int
    grow: int
    leaving: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """Who signs: the operator's account and where its income goes."""

    address: str
    payee: str


def price_of(per_gib: int, parameters: Parameters, leaves: int) -> int:
    """Price units for a period, at least one, rounded up, where a GiB costs `per_gib` wei."""
    return max(1, -(-per_gib * leaves * LEAF_BYTES // (GIB * parameters.price_unit)))


def collateral_of(policy: StoragePolicy, parameters: Parameters, price: int) -> int:
    """Units of stake to lock: the market's least, rounded up, times the policy's cover."""
    return -(-parameters.least_collateral(price) * policy.cover // 100)


def patience(parameters: Parameters) -> int:
    """Blocks that a quote or a signed deal stays open: 300 or a period, whichever is shorter."""
    return min(QUOTE_BLOCKS, parameters.period)


def quote(
    policy: StoragePolicy,
    parameters: Parameters,
    standing: Standing,
    operator: Operator,
    request: QuoteRequest,
) -> Quote:
    """The terms offered for `request`, to be signed; `Refused` says why there are none."""
    leaves = leaf_count(request.size)
    price = price_of(policy.price, parameters, leaves)
    terms = Terms(
        client=request.client,
        payee=operator.payee,
        leaves=leaves,
        price=price,
        collateral=collateral_of(policy, parameters, price),
        end=request.end,
        client_notice=policy.client_notice,
        operator_notice=policy.operator_notice,
        exit=min(policy.exit, parameters.limit),
        deadline=0,
        salt=0,
    )
    check(policy, parameters, standing, terms)
    return Quote(operator.address, terms, policy.egress, standing.block + patience(parameters))


def check(policy: StoragePolicy, parameters: Parameters, standing: Standing, terms: Terms) -> None:
    """Raise `Refused` with the first reason against carrying a deal on these terms now."""
    for reason in _objections(policy, parameters, standing, terms):
        raise Refused(reason)


def check_extension(
    policy: StoragePolicy, parameters: Parameters, standing: Standing, terms: Terms, end: int
) -> None:
    """Raise `Refused` with the first reason against letting a deal on these terms last until `end`."""
    for reason in _against_extension(policy, parameters, standing, terms, end):
        raise Refused(reason)


def _against_extension(
    policy: StoragePolicy, parameters: Parameters, standing: Standing, terms: Terms, end: int
) -> Iterator[str]:
    if standing.leaving:
        yield "I am leaving and let no deal last longer; store the bytes elsewhere in time."
    yield from _against_client(policy, terms.client)
    last = standing.block // parameters.period + policy.periods
    if end > last:
        yield f"I keep bytes for {policy.periods} periods at most; ask for an end up to {last}."
    asked = price_of(policy.price, parameters, terms.leaves)
    if terms.price < asked:
        today, paid = (format_amount(each * parameters.price_unit) for each in (asked, terms.price))
        yield f"A period of it costs {today} today, and the deal pays {paid}; store it anew."
    if standing.held > policy.capacity:
        over = format_size(standing.held - policy.capacity)
        yield f"I hold {over} more than I want to; store the bytes elsewhere in time."


def _objections(
    policy: StoragePolicy, parameters: Parameters, standing: Standing, terms: Terms
) -> Iterator[str]:
    if standing.leaving:
        yield "I take no new deals any more; ask another operator."
    yield from _against_client(policy, terms.client)
    yield from _against_span(policy, parameters, standing, terms.end)
    yield from _against_size(policy, standing, terms.leaves * LEAF_BYTES)
    if terms.collateral > standing.units:
        yield "I have no stake left to lock for another deal of this price; ask another operator."
    if terms.price > standing.grow:
        yield "My deals may not grow any further in this period; ask again in the next."


def _against_client(policy: StoragePolicy, client: str) -> Iterator[str]:
    if client in policy.deny:
        yield "I don't serve this client."
    if policy.allow and client not in policy.allow:
        yield "I serve only the clients on my list."


def _against_span(
    policy: StoragePolicy, parameters: Parameters, standing: Standing, end: int
) -> Iterator[str]:
    first = standing.block // parameters.period + 1
    if end <= first:
        yield f"A deal that opens now begins in period {first}; ask for a later end than {end}."
    last = first + policy.periods
    if end > last:
        yield f"I keep bytes for {policy.periods} periods at most; ask for an end up to {last}."


def _against_size(policy: StoragePolicy, standing: Standing, size: int) -> Iterator[str]:
    if size < policy.minimum:
        yield f"I take deals of {format_size(policy.minimum)} or more."
    if standing.held + size > policy.capacity or size > standing.free:
        room = max(0, min(policy.capacity - standing.held, standing.free))
        yield f"I have room for {format_size(room)} more; ask another operator."
    if standing.unpaid + size > policy.unpaid:
        yield "Too many bytes wait here for their deals to be opened; ask again later."
