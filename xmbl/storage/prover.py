"""Proves each period once, whatever dies in between.

    WAITING → PROVING → PROVEN          EMPTY: nothing of this period has to be proven
                      ↘ MISSED          DECLARED: it is maintenance, and can't be proven

The journal notes PROVING before the transaction is handed to the outbox, whose key names operator, period
and attempt: a restart in mid-period finds it there. A proof that failed on chain (a reorg changed the seed)
is built anew under the next attempt.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from xmbl.chain.outbox import Receipt
from xmbl.crypto.typed_data import Deal
from xmbl.errors import BytesError, ChainError, FeeCeiling, InsufficientFunds, NotMined, Reverted
from xmbl.storage import events, proving
from xmbl.storage.desk import Desk
from xmbl.storage.drawing import Place
from xmbl.storage.follower import Follower
from xmbl.storage.journal import DealState, Phase
from xmbl.storage.rules import MAX_PERIODS, Attendance, ends

AT_ONCE = -1.0
"""Patience of somebody who looks once and doesn't wait."""

ATTEMPTS = 5
"""Proofs of one period that may fail on chain before the agent gives the period up."""

DONE = (Phase.PROVEN, Phase.EMPTY, Phase.DECLARED)
"""The phases in which nothing more has to be done for a period."""

_REACHED = "period"


class OutOfStep(ChainError):
    """The journal's ring isn't the chain's: it is read again."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What the proof of a period is drawn from."""

    layout: proving.Layout
    places: list[Place]
    span: tuple[int, int]


class Prover:
    """Proves for all deals of `operator`."""

    def __init__(self, desk: Desk, follower: Follower, confirmations: int) -> None:
        self._desk = desk
        self._follower = follower
        self._confirmations = confirmations
        self._told: tuple[int, str] = (0, "")
        self._reread_in = -1
        self._cost = 0
        self._delayed: tuple[events.ProofDelayed, ...] = ()

    def look_back(self, period: int) -> None:
        """Note what became of the periods that ended since the last look."""
        reached = self._desk.journal.fact(_REACHED, period)
        first = max(reached, period - MAX_PERIODS)
        if first < period:
            attendance, lives = self._attendance(first, period), self._lives(period)
            for past in range(first, period):
                self._judge(past, attendance, lives)
        if self._desk.journal.fact(_REACHED) != period:
            self._desk.journal.keep(_REACHED, period)

    def prove(self, period: int, head: int) -> Phase:
        """Do what is due for the present period; `head` is the newest block."""
        note = self._desk.journal.period(period)
        if note.phase in DONE:
            self._delayed = ()
            return note.phase
        try:
            return self._advance(period, head, note.attempt, note.phase)
        except (BytesError, FeeCeiling, InsufficientFunds, Reverted) as error:
            self._tell(period, str(error))
        except OutOfStep as error:
            self._tell(period, str(error))
            self._reread(period)
        return self._desk.journal.period(period).phase

    def delayed(self, period: int) -> tuple[events.ProofDelayed, ...]:
        """Why the proof of the present period isn't there yet, where something is in its way."""
        return tuple(each for each in self._delayed if each.period == period)

    def low(self, balance: int) -> tuple[events.LowBalance, ...]:
        """The warning, if so many wei pay for few more proofs like the last one."""
        proofs = balance // self._cost if self._cost else events.LOW_PROOFS
        few = events.LowBalance(self._desk.outbox.account, balance, proofs)
        return (few,) if proofs < events.LOW_PROOFS else ()

    def _advance(self, period: int, head: int, attempt: int, phase: Phase) -> Phase:
        if phase is Phase.PROVING:
            return self._watch(period, attempt)
        begun = period * self._desk.market.parameters.period
        if head < begun + self._confirmations or self._follower.scanned() < begun:
            return Phase.WAITING
        attendance = self._attendance(period, period)
        if period in attendance.proven:
            return self._note(period, Phase.PROVEN, attempt)
        if period in attendance.declared:
            self._desk.emit(events.PeriodDeclared(period))
            return self._note(period, Phase.DECLARED, attempt)
        drawn = self._drawn(period)
        if all(place.over for place in drawn.places):
            return self._note(period, Phase.EMPTY, attempt)
        return self._submit(period, attempt, drawn)

    def _submit(self, period: int, attempt: int, drawn: Drawn) -> Phase:
        if attempt >= ATTEMPTS:
            raise Reverted(f"{attempt} proofs of this period failed on chain; look at the node's log.")
        proof = proving.build(
            drawn.places,
            drawn.span,
            self._desk.market.seed(self._desk.operator, period),
            lambda place: self._deal(drawn.layout[place][1]),
            self._desk.holdings.leaf,
        )
        call = self._desk.market.deals.prove(self._desk.operator, proof.plan, proof.words)
        # what would fail costs nothing here
        self._desk.market.chain.simulate(call, self._desk.outbox.account)
        self._desk.journal.note(period, Phase.PROVING, attempt)
        self._desk.outbox.submit(call, self._key(period, attempt))
        return self._watch(period, attempt)

    def _watch(self, period: int, attempt: int) -> Phase:
        try:
            receipt = self._desk.outbox.wait(self._key(period, attempt), AT_ONCE)
        except KeyError:
            # noted but never handed over: killed in between, or refused
            return self._note(period, Phase.WAITING, attempt)
        except NotMined:
            return Phase.PROVING
        except Reverted:
            self._note(period, Phase.WAITING, attempt + 1)
            raise
        self._proven(period, receipt)
        return self._note(period, Phase.PROVEN, attempt)

    def _proven(self, period: int, receipt: Receipt) -> None:
        self._desk.emit(events.PeriodProven(period, receipt.gas_used, receipt.hash))
        self._cost = receipt.fee
        for event in self.low(self._desk.market.chain.balance(self._desk.outbox.account)):
            self._desk.emit(event)

    def _drawn(self, period: int) -> Drawn:
        span = self._desk.market.ring(self._desk.operator).bounds_in(period)
        layout = self._desk.journal.layout(period)
        if not _tiles(layout, span):
            raise OutOfStep("The journal's ring isn't the chain's; it is read again.")
        first = min((record.cursor for _, _, record in layout if record.cursor), default=period)
        attendance = self._attendance(first, period)
        limit = self._desk.market.parameters.limit
        return Drawn(layout, proving.places(layout, attendance, period, limit, self._held), span)

    def _held(self, deal_id: bytes) -> bool:
        return self._desk.holdings.has(self._deal(deal_id).root)

    def _deal(self, deal_id: bytes) -> Deal:
        known = self._desk.journal.deal(deal_id)
        if known is None:
            raise OutOfStep("A deal of the ring isn't in the journal; it is read again.")
        return known.deal

    def _judge(self, past: int, attendance: Attendance, lives: Sequence[range]) -> None:
        note = self._desk.journal.period(past)
        if note.phase in (*DONE, Phase.MISSED):
            return
        if past in attendance.proven:
            self._note(past, Phase.PROVEN, note.attempt)
        elif past in attendance.declared:
            self._note(past, Phase.DECLARED, note.attempt)
        elif any(past in life for life in lives):
            self._note(past, Phase.MISSED, note.attempt)
            self._desk.emit(events.PeriodMissed(past))
        else:
            self._note(past, Phase.EMPTY, note.attempt)

    def _lives(self, period: int) -> list[range]:
        """The unsettled periods of each open deal before the present one in which it was live."""
        records = [record for _, record in self._desk.journal.records(DealState.OPEN) if record.cursor]
        first = min((record.cursor for record in records), default=period)
        attendance, limit = self._attendance(first, period), self._desk.market.parameters.limit
        return [range(record.cursor, ends(record, attendance, period, limit)[0]) for record in records]

    def _attendance(self, first: int, last: int) -> Attendance:
        return self._desk.market.attendance(self._desk.operator, first, last)

    def _note(self, period: int, phase: Phase, attempt: int) -> Phase:
        self._desk.journal.note(period, phase, attempt)
        return phase

    def _key(self, period: int, attempt: int) -> str:
        return self._desk.key("prove", period, attempt)

    def _reread(self, period: int) -> None:
        """Read the chain anew, once a period: if that doesn't help, it won't the next time."""
        if self._reread_in != period:
            self._reread_in = period
            self._follower.reread()

    def _tell(self, period: int, reason: str) -> None:
        self._delayed = (events.ProofDelayed(period, reason),)
        if (period, reason) != self._told:
            self._told = (period, reason)
            self._desk.emit(self._delayed[0])


def _tiles(layout: proving.Layout, span: tuple[int, int]) -> bool:
    """Whether the deals lie one after another over the whole span."""
    at, head = span
    for position, _, record in layout:
        if position != at:
            return False
        at += record.price
    return at == head
