"""How a client's deals stand, derived from the chain alone: what was proven, missed, paid for, and is left.

The attendance of an operator never changes, so a deal's misses and its end by them follow from its first
period and its present end, whether or not anybody settled it.
"""

from dataclasses import dataclass
from enum import Enum

from xmbl.storage.manifest import Manifest, Replica, ReplicaState
from xmbl.storage.market import Market
from xmbl.storage.rules import MAX_PERIODS, NOWHERE, Record, ends


class Ending(Enum):
    """Why a deal ends when it does: as agreed, by misses, by an unanswered challenge, or since its client or
    its operator terminated it."""

    AGREED = "agreed"
    MISSES = "misses"
    FAILED = "failed"
    CLIENT = "client"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class DealStanding:
    """One replica's deal in period `period`, the present one, which isn't counted yet.

    `end` is the first period that was agreed not to be covered, extensions and terminations included; `over`
    the first one that it isn't live in, as far as is known, and `ending` why then. `wanted` is the end that
    its client wants. Periods of declared maintenance are neither `proven` nor `missed`. `settled` is the
    first period that isn't settled (0: closed), `due` the last block to answer an open challenge (0: none),
    `extended` the periods that were added to the terms', `cid` the content address of the sealed bytes.
    Amounts in wei.
    """

    number: int
    part: int
    operator: str
    id: bytes
    state: ReplicaState
    period: int
    first: int
    end: int
    over: int
    proven: tuple[int, ...]
    missed: tuple[int, ...]
    settled: int
    price: int
    cid: str = ""
    declared: tuple[int, ...] = ()
    ending: Ending = Ending.AGREED
    due: int = 0
    wanted: int = 0
    extended: int = 0

    @property
    def ended_early(self) -> bool:
        """Whether misses or a failed challenge ended it before its time."""
        return self.ending in (Ending.MISSES, Ending.FAILED) and self.over <= self.period

    @property
    def live(self) -> bool:
        """Whether its operator must prove it in the present period or will in the next ones."""
        return self.state is ReplicaState.OPEN and self.period < self.over and not self.closed

    @property
    def closed(self) -> bool:
        """Whether it is settled to its end."""
        return self.state is not ReplicaState.PLANNED and self.first > 0 and self.settled == 0

    @property
    def is_due(self) -> bool:
        """Whether there is something to settle, or to close: an open challenge puts the close off."""
        upto = min(self.over, self.period)
        return 0 < self.settled < upto or (self.settled == self.over <= self.period and not self.due)

    @property
    def is_extendable(self) -> bool:
        """Whether it could last longer, if its operator agrees."""
        return self.live and self.first <= self.period and self.ending is not Ending.OPERATOR

    @property
    def left(self) -> int:
        """Periods, the present one included, that it is still live in."""
        return max(0, self.over - self.period)

    def is_lost(self, misses: int | None) -> bool:
        """Whether a repair replaces it: it ended early or its operator leaves, it is over before its client
        wants it to be, or it missed `misses` periods or more."""
        if self.state is not ReplicaState.OPEN:
            return False
        too_early = self.over <= self.period and self.period + 1 < self.wanted
        leaving = self.ending is Ending.OPERATOR and self.over < self.wanted
        too_many = misses is not None and len(self.missed) >= misses
        return self.ended_early or too_early or leaving or too_many


def standing_of(market: Market, replica: Replica, period: int, wanted: int) -> DealStanding:
    """How one replica's deal stands, which its client wants up to period `wanted`; reads the chain."""
    deal = replica.promised()
    first, terms, price = replica.first, deal.terms, deal.terms.price * market.parameters.price_unit
    if not first:
        return DealStanding(
            replica.number, replica.part, deal.operator, deal.id(), replica.state, period, 0, terms.end,
            terms.end, (), (), 0, price, replica.cid, wanted=wanted,
        )  # fmt: skip
    record = market.record(deal.id())
    end, ending = _ending(replica, record)
    attendance = market.attendance(deal.operator, first, max(first, period))
    opened = Record(NOWHERE, NOWHERE, terms.price, terms.leaves, first, end, first, 0)
    over, misses = ends(opened, attendance, period, market.parameters.limit)
    if misses == market.parameters.limit:
        # once settled, the record's end is the end by misses
        ending, end = Ending.MISSES, max(end, replica.end or terms.end)
    counted = range(first, min(over, period))
    return DealStanding(
        replica.number, replica.part, deal.operator, deal.id(), replica.state, period, first, end, over,
        tuple(past for past in counted if past in attendance.proven),
        tuple(past for past in counted if past not in attendance),
        record.cursor, price, replica.cid,
        tuple(past for past in range(first, over) if past in attendance.declared),
        ending,
        market.due(deal.id()) if record.challenged else 0,
        wanted,
        max(0, max(end, replica.end) - terms.end),
    )  # fmt: skip


def standings(market: Market, manifest: Manifest) -> list[DealStanding]:
    """How all deals of a manifest stand, by number, lost ones too; reads the chain."""
    period = market.period()
    return [
        standing_of(market, replica, period, manifest.end) for replica in manifest.replicas if replica.deal
    ]


def latest_end(period: int) -> int:
    """The latest end that a deal may be extended to in the present period."""
    return period + MAX_PERIODS


def _ending(replica: Replica, record: Record) -> tuple[int, Ending]:
    """The end that stands, and why it isn't what the terms say; misses aside."""
    agreed = replica.end or replica.promised().terms.end
    if not record.end:
        # the chain has forgotten it: what this client knows is left
        return agreed, Ending.AGREED
    if record.exited:
        return record.end, Ending.OPERATOR
    if replica.terminated or (record.cursor and record.end < agreed):
        return record.end, Ending.CLIENT
    return record.end, Ending.FAILED if record.end < agreed else Ending.AGREED
