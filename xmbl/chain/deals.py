"""StorageDeals, the market for storage. Prices are in price units a period, collateral in 10^9 wei."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged
from xmbl.crypto.typed_data import Deal, Terms


@dataclass(frozen=True)
class Parameters:
    """What a market is made of: `period` in blocks, `price_unit` in wei, `rate` in wei of XMBL for a wei of
    the asset, `cover` in prices, `limit` in misses, `fee` in basis points, `window` for the answer to a
    challenge in blocks, `bond` that it costs in wei."""

    period: int
    price_unit: int
    rate: int
    cover: int
    limit: int
    fee: int
    window: int
    bond: int


@dataclass(frozen=True)
class Record:
    """A deal on chain. `cursor` is the first period not settled, 0 once closed; `end` 0: never opened, or
    cleared; `start` and `previous` are places in the ring, 2^48 - 1 nowhere. `challenged`: a challenge is
    open, which puts the close off. `exited`: its operator ended it, for the terms' exit price."""

    start: int
    previous: int
    price: int
    leaves: int
    moved: int
    end: int
    cursor: int
    missed: int
    challenged: bool
    exited: bool


@dataclass(frozen=True)
class Challenge:
    """The leaf that a deal's client asked for, and the last block for the answer; zeros: nothing is asked."""

    leaf: int
    due: int


@dataclass(frozen=True)
class Ring:
    """An operator's ring: now, as it was at the first block of period `frozen`, and its cap of growth."""

    tail: int
    head: int
    frozen_tail: int
    frozen_head: int
    frozen: int
    cap: int


@dataclass(frozen=True)
class Name:
    """A deal as upkeep names it: its root and the hash of its terms."""

    root: bytes
    terms: bytes


@dataclass(frozen=True, kw_only=True)
class Opened(Logged):
    """A deal begins with the next period."""

    operator: str
    client: str
    id: bytes
    root: bytes
    terms: Terms
    start: int

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> "Opened":
        """The event, with its terms as everybody knows them."""
        return cls(**{**fields, "terms": Terms(*fields["terms"])})


@dataclass(frozen=True, kw_only=True)
class Proven(Logged):
    """An operator proved a period for all its deals."""

    operator: str
    period: int


@dataclass(frozen=True, kw_only=True)
class Settled(Logged):
    """Periods before `cursor` are settled; amounts of this settlement in wei, `missed` in all so far."""

    id: bytes
    cursor: int
    paid: int
    fee: int
    refunded: int
    missed: int


@dataclass(frozen=True, kw_only=True)
class Closed(Logged):
    """A deal is over; what its collateral lost and what is free again, in units of 10^9 wei."""

    id: bytes
    slashed: int
    unlocked: int


@dataclass(frozen=True, kw_only=True)
class Challenged(Logged):
    """A client asked for a leaf, to be shown until block `due`."""

    id: bytes
    leaf: int
    due: int


@dataclass(frozen=True, kw_only=True)
class Answered(Logged):
    """The leaf that was asked for was shown."""

    id: bytes


@dataclass(frozen=True, kw_only=True)
class Failed(Logged):
    """The leaf that was asked for wasn't shown in time: the whole collateral is gone."""

    id: bytes


@dataclass(frozen=True, kw_only=True)
class Extended(Logged):
    """A deal ends later; `end` is the first period that it doesn't cover."""

    id: bytes
    end: int


@dataclass(frozen=True, kw_only=True)
class Terminated(Logged):
    """A deal ends sooner, as its client or its operator wanted."""

    id: bytes
    end: int
    by: str


@dataclass(frozen=True, kw_only=True)
class Declared(Logged):
    """An operator can't prove a period, and needn't: maintenance."""

    operator: str
    period: int


@dataclass(frozen=True, kw_only=True)
class CapSet(Logged):
    """An operator capped the growth of its ring."""

    operator: str
    cap: int


@dataclass(frozen=True, kw_only=True)
class Rotated(Logged):
    """Deals at the tail of a ring went to its head, or out."""

    operator: str
    tail: int
    head: int


@dataclass(frozen=True, kw_only=True)
class Truncated(Logged):
    """An ended deal at the head of a ring was cut off."""

    operator: str
    id: bytes
    head: int


@dataclass(frozen=True, kw_only=True)
class Cleared(Logged):
    """The record of a closed deal is gone."""

    id: bytes


class StorageDeals(Contract):
    """The contract `StorageDeals`."""

    name = "StorageDeals"

    def parameters(self, block: Block = "latest") -> Parameters:
        """The numbers that this market was made with; they never change."""
        return Parameters(*self._read("parameters", block=block))

    def period(self, block: Block = "latest") -> int:
        """The period of a block."""
        return int(self._read("period", block=block))

    def deal(self, deal_id: bytes, block: Block = "latest") -> Record:
        """A deal's record."""
        return Record(*self._read("deal", deal_id, block=block))

    def ring(self, operator: str, block: Block = "latest") -> Ring:
        """An operator's ring."""
        return Ring(*self._read("ring", operator, block=block))

    def proven(self, operator: str, word: int, block: Block = "latest") -> int:
        """256 periods of an operator: bit p & 255 of word p >> 8 is set where period p is proven."""
        return int(self._read("proven", operator, word, block=block))

    def declared(self, operator: str, word: int, block: Block = "latest") -> int:
        """256 periods of an operator: bit p & 255 of word p >> 8 is set where p is declared maintenance."""
        return int(self._read("declared", operator, word, block=block))

    def challenge_of(self, deal_id: bytes, block: Block = "latest") -> Challenge:
        """What is asked of a deal."""
        return Challenge(*self._read("challenge_of", deal_id, block=block))

    def id_of(self, deal: Deal, block: Block = "latest") -> bytes:
        """The deal's id, as the contract computes it."""
        return bytes(self._read("id_of", deal.as_tuple(), block=block))

    def open(self, deal: Deal, signature: bytes) -> Call:
        """Open a deal that the operator's agent signed; by its client, who allows the price in Payments."""
        return self._call(
            "open", deal.as_tuple(), signature, action="deal_open",
            sentence=f"Open a storage deal with {deal.operator} until period {deal.terms.end}.",
        )  # fmt: skip

    def extend(self, deal: Deal, end: int, deadline: int, signature: bytes) -> Call:
        """Prolong a living deal as the operator's agent signed in an `Extension`; by its client, who allows
        the price in Payments."""
        return self._call(
            "extend", deal.as_tuple(), end, deadline, signature, action="deal_extend",
            sentence=f"Extend the storage deal with {deal.operator} until period {end}.",
        )  # fmt: skip

    def challenge(self, deal: Deal, leaf: int) -> Call:
        """Ask for one leaf of a living deal; by its client, who allows the bond in Payments."""
        return self._call(
            "challenge", deal.as_tuple(), leaf, action="deal_challenge",
            sentence=f"Ask {deal.operator} to show leaf {leaf} of a storage deal.",
        )  # fmt: skip

    def answer(self, deal: Deal, words: Sequence[bytes]) -> Call:
        """Show the leaf that was asked for: eight words and the path bottom up; anyone may."""
        return self._call(
            "answer", deal.as_tuple(), words, action="deal_answer",
            sentence=f"Show the leaf that was asked of {deal.operator}.",
        )  # fmt: skip

    def fail(self, deal: Deal) -> Call:
        """Close a deal whose leaf wasn't shown in time, for its whole collateral; anyone may."""
        return self._call(
            "fail", deal.as_tuple(), action="deal_fail",
            sentence=f"Take the collateral of {deal.operator} for the leaf that it didn't show.",
        )  # fmt: skip

    def terminate(self, deal: Deal) -> Call:
        """End a deal after the caller's notice; by its client, or by its operator at the exit price."""
        return self._call(
            "terminate", deal.as_tuple(), action="deal_terminate",
            sentence=f"End the storage deal with {deal.operator} early, after the notice.",
        )  # fmt: skip

    def declare(self, operator: str, period: int) -> Call:
        """Declare maintenance in a coming period; by operator or agent."""
        return self._call(
            "declare", operator, period, action="node_maintain",
            sentence=f"Declare period {period} for the maintenance of {operator}; it can't be taken back.",
        )  # fmt: skip

    def prove(self, operator: str, plan: int, words: Sequence[bytes]) -> Call:
        """Prove the present period for all deals of an operator."""
        return self._call(
            "prove", operator, plan, words,
            action="deal_prove", sentence=f"Prove this period's storage of {operator}.",
        )  # fmt: skip

    def settle(self, deal: Deal) -> Call:
        """Pay and refund what is over, and close the deal where it has ended; anyone may."""
        return self._call(
            "settle", deal.as_tuple(),
            action="deal_settle", sentence=f"Settle the storage deal with {deal.operator}.",
        )  # fmt: skip

    def set_cap(self, cap: int) -> Call:
        """Set how many price units the caller's ring may grow in a period."""
        return self._call(
            "set_cap", cap, action="node_cap",
            sentence=f"Let this operator's deals grow by at most {cap} price units in a period.",
        )  # fmt: skip

    def rotate(self, operator: str, names: Sequence[Name]) -> Call:
        """Move deals from the tail of the ring to its head, or out; by operator or agent."""
        return self._call(
            "rotate", operator, [astuple(name) for name in names],
            action="ring_rotate", sentence=f"Tidy {len(names)} deals of the ring of {operator}.",
        )  # fmt: skip

    def truncate(self, operator: str, name: Name) -> Call:
        """Cut an ended deal off the head of the ring; by operator or agent."""
        return self._call(
            "truncate", operator, astuple(name),
            action="ring_truncate", sentence=f"Cut an ended deal off the ring of {operator}.",
        )  # fmt: skip

    def clear(self, ids: Sequence[bytes]) -> Call:
        """Remove the records of closed deals."""
        return self._call(
            "clear", ids, action="deal_clear", sentence=f"Clear the records of {len(ids)} closed deals."
        )
