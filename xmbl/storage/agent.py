"""The operator's agent: it looks at the chain again and again and does what is due.

Each `step`, none of which waits for anything to be mined:

    respond   show the leaves that clients challenge, as soon as a block asks for them
    follow    read the market's events up to `confirmations` below the head into the journal
    prove     once the period's first block lies that deep: one proof for all deals
    keep      after the proof: turn, cut and clear the ring; settle what is over or long unsettled
    forget    uploads whose terms were never opened; bytes of deals whose close is final
    audit     some leaves of what is stored, in turn
    warn      of limits that come near, once for each

Every transaction goes through the outbox under a key of its own, so a step can die anywhere and the next
one, in whichever process, goes on.
"""

import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import trio

from xmbl.errors import XmblError
from xmbl.storage import events
from xmbl.storage.desk import Desk
from xmbl.storage.follower import Follower
from xmbl.storage.housekeeping import Housekeeping
from xmbl.storage.journal import DealState, Phase
from xmbl.storage.keeper import Keeper
from xmbl.storage.limits import Lookout
from xmbl.storage.prover import DONE, Prover
from xmbl.storage.pulse import Pulse
from xmbl.storage.responder import Responder

FAILURES = (XmblError, OSError, sqlite3.Error)
"""What the world does to a node: it is tried again, and no reason to stop."""


@dataclass(frozen=True, slots=True)
class Habits:
    """How the agent works: `confirmations` in blocks, `settle_every` in periods, `poll` in seconds; `still`
    is how many seconds the chain's newest block may stay the same before that is trouble."""

    confirmations: int = 12
    settle_every: int = 7
    poll: float = 6.0
    still: float = 300.0


@dataclass(frozen=True, slots=True)
class AgentStatus:
    """Where the agent is; `phase` is the present period's, `warnings` records of events."""

    block: int = 0
    period: int = 0
    phase: str = ""
    deals: int = 0
    bytes: int = 0
    balance: int = 0
    trouble: str = ""
    warnings: tuple[dict[str, Any], ...] = ()


class StorageAgent:
    """Works for `operator`."""

    def __init__(self, desk: Desk, habits: Habits) -> None:
        self._desk = desk
        self._habits = habits
        self._follower = Follower(desk)
        self._responder = Responder(desk, self._follower)
        self._prover = Prover(desk, self._follower, habits.confirmations)
        self._keeper = Keeper(desk, self._follower, habits.settle_every)
        self._housekeeping = Housekeeping(desk)
        self._lookout = Lookout(desk)
        self._pulse = Pulse(desk.market.chain, habits.still)
        self._looked = -1
        self._told = ""
        self._begun = 0
        self._quiet = 0
        self.status = AgentStatus()

    def start(self) -> None:
        """Say that the agent begins; what the outbox began is finished by the first step."""
        known = len(self._desk.journal.records(DealState.OPEN))
        self._desk.emit(events.AgentStarted(self._desk.operator, self._desk.market.deals.address, known))

    def step(self) -> None:
        """Look at the chain once and do what is due; `ChainError` when it can't be read or stands still."""
        head = self._desk.market.block_number()
        if head != self._looked:
            self._work(head)
            self._looked = head
        self._pulse.feel(head)
        self.status = replace(self.status, trouble="")

    def _work(self, head: int) -> None:
        period = head // self._desk.market.parameters.period
        self._responder.respond(head)
        self._desk.outbox.step()
        is_changed = self._follower.follow(head - self._habits.confirmations)
        if is_changed:
            self._quiet = 0
        self._prover.look_back(period)
        phase = self._prover.prove(period, head)
        if self._quiet != period and self._is_time_to_keep(phase, head):
            self._keep(period)
        self._begun = self._begun or head
        if head - self._begun >= 2 * self._desk.market.parameters.period:
            self._housekeeping.sweep()
        self._housekeeping.forget(self._follower.scanned())
        self._housekeeping.audit(period)
        self._lookout.look(period, is_changed)
        self._look(head, period, phase)

    async def run(self, after_step: Callable[[], Awaitable[None]]) -> None:
        """Step until cancelled; `after_step` is awaited after each, also after one that failed."""
        while True:
            await self._tried(partial(trio.to_thread.run_sync, self.step))
            await self._tried(after_step)
            self._tell()
            await trio.sleep(self._habits.poll)

    async def _tried(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except FAILURES as error:
            self.status = replace(self.status, trouble=str(error))

    def _tell(self) -> None:
        now, before = self.status.trouble, self._told
        self._told = now
        if now and now != before:
            self._desk.emit(events.Trouble(now))
        if before and not now:
            self._desk.emit(events.Recovered(self.status.block))

    def _keep(self, period: int) -> None:
        kept, settled = self._keeper.keep(period), self._keeper.settle(period)
        # what is over changes only with the period or by an event: until then there is nothing to look for
        if not kept and not settled:
            self._quiet = period

    def _is_time_to_keep(self, phase: Phase, head: int) -> bool:
        """After the proof; where one can't be made, the period's first half is the proof's alone."""
        length = self._desk.market.parameters.period
        return phase in DONE or head % length > length // 2

    def _look(self, head: int, period: int, phase: Phase) -> None:
        balance = self._desk.market.chain.balance(self._desk.outbox.account)
        in_the_way = (*self._responder.open, *self._prover.delayed(period))
        near = (*in_the_way, *self._prover.low(balance), *self._lookout.near)
        self.status = AgentStatus(
            block=head,
            period=period,
            phase=phase.name,
            deals=len(self._desk.journal.records(DealState.OPEN)),
            bytes=self._desk.holdings.used(),
            balance=balance,
            trouble=self.status.trouble,
            warnings=tuple(event.record() for event in near),
        )
