"""How near an operator is to what stops it from earning: warnings before they are reached."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from xmbl.chain.staking import Lock, Stake
from xmbl.events import Event
from xmbl.storage.desk import Desk
from xmbl.storage.events import CapNear, CoverLow, LimitNear, MissesNear
from xmbl.storage.journal import DealState
from xmbl.storage.rings import Ring
from xmbl.storage.rules import ends

_NEAR = 9, 10
"""What part of a limit counts as near."""


@dataclass(frozen=True, slots=True)
class Load:
    """What an operator carries: its stake, what this market may and does hold of it, its ring, and the misses
    of its open deals, of which `limit` end one."""

    stake: Stake
    lock: Lock
    leverage: int
    ring: Ring
    misses: Sequence[tuple[bytes, int]]
    limit: int


def warnings(load: Load, period: int) -> Iterator[Event]:
    """What is near in the present period."""
    if _is_near(load.lock.locked, load.lock.limit):
        yield LimitNear(load.lock.locked, load.lock.limit)
    covered = load.leverage * (load.stake.own - load.stake.thawing)
    # who thaws all of it means to leave
    if load.stake.locked > covered > 0:
        yield CoverLow(load.stake.locked, covered)
    left, cap = load.ring.growth_left(period), load.ring.cap
    if _is_near(cap - left, cap):
        yield CapNear(left, cap)
    for deal_id, missed in load.misses:
        if load.limit - missed <= max(1, load.limit // 3):
            yield MissesNear(deal_id, missed, load.limit)


def _is_near(used: int, most: int) -> bool:
    """Whether most of it is used; where nothing may be used, that was meant so."""
    part, whole = _NEAR
    return most > 0 and used * whole >= most * part


class Lookout:
    """Tells of each limit once, when it comes near; looks once a period, and again when deals changed."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._period = -1
        self.near: tuple[Event, ...] = ()

    def look(self, period: int, is_changed: bool) -> None:
        """See what is near in the present period, if that can have changed since the last look."""
        if period == self._period and not is_changed:
            return
        known = {_subject(event) for event in self.near}
        self.near = tuple(warnings(self._load(period), period))
        self._period = period
        for event in self.near:
            if _subject(event) not in known:
                self._desk.emit(event)

    def _load(self, period: int) -> Load:
        market, operator, limit = self._desk.market, self._desk.operator, self._desk.market.parameters.limit
        records = [
            (each, found) for each, found in self._desk.journal.records(DealState.OPEN) if found.cursor
        ]
        first = min((record.cursor for _, record in records), default=period)
        attendance = market.attendance(operator, first, period)
        return Load(
            market.staking.stake_of(operator),
            market.staking.lock_of(operator, market.deals.address),
            market.staking.leverage(),
            market.ring(operator),
            [(deal_id, ends(record, attendance, period, limit)[1]) for deal_id, record in records],
            limit,
        )


def _subject(event: Event) -> tuple[type[Event], bytes]:
    """What a warning is about: one deal, or the operator."""
    return type(event), event.id if isinstance(event, MissesNear) else b""
