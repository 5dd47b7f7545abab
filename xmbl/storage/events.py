"""What happens on an operator's side of storage, as frozen facts; logs and metrics only subscribe.

Only leaves of this tree are emitted; each ancestor adds what its children share.

    Event
    ├── AgentStarted
    ├── Trouble, Recovered
    ├── Quoted, Declined
    ├── BytesReceived, TermsSigned, ExtensionSigned, BytesServed, DealKnown
    ├── PeriodEvent: PeriodProven, PeriodMissed, PeriodDeclared, ProofDelayed
    ├── ActionDelayed
    ├── LowBalance, LimitNear, CoverLow, CapNear, MissesNear
    ├── RingKept, DealSettled, DealClosed
    ├── EndMoved, LeafAsked, LeafShown, ChallengeLost
    ├── AuditPassed, AuditFailed
    └── BytesDropped
"""

from dataclasses import dataclass

from xmbl.events import Event

LOW_PROOFS = 20
"""An agent's balance is low when it pays for fewer proofs."""


@dataclass(frozen=True, slots=True)
class AgentStarted(Event):
    """The operator's agent runs in a deployment of the market; it knows `deals` deals of it."""

    operator: str
    market: str
    deals: int


@dataclass(frozen=True, slots=True)
class Trouble(Event):
    """A look at the chain failed, and why; the agent tries again."""

    reason: str


@dataclass(frozen=True, slots=True)
class Recovered(Event):
    """The trouble is over."""

    block: int


@dataclass(frozen=True, slots=True)
class Quoted(Event):
    """A client was promised terms; `price` in price units a period."""

    client: str
    leaves: int
    price: int
    end: int


@dataclass(frozen=True, slots=True)
class Declined(Event):
    """A peer was refused, and why."""

    peer: str
    reason: str


@dataclass(frozen=True, slots=True)
class BytesReceived(Event):
    """An upload is complete, hashed and on disk; `cid` is what IPFS nodes call it."""

    root: bytes
    size: int
    cid: str


@dataclass(frozen=True, slots=True)
class TermsSigned(Event):
    """The agent signed a deal, which the client may open until block `deadline`."""

    id: bytes
    client: str
    deadline: int


@dataclass(frozen=True, slots=True)
class ExtensionSigned(Event):
    """The agent signed that a deal may last until period `end`, if its client says so up to block
    `deadline`."""

    id: bytes
    end: int
    deadline: int


@dataclass(frozen=True, slots=True)
class BytesServed(Event):
    """A reader has got a range of a root."""

    root: bytes
    length: int


@dataclass(frozen=True, slots=True)
class DealKnown(Event):
    """A deal of this operator is open on chain; `held` says whether its bytes are here, and `cid`
    what IPFS nodes call them, if so."""

    id: bytes
    held: bool
    cid: str


@dataclass(frozen=True, slots=True)
class PeriodEvent(Event):
    """Something about one period."""

    period: int


@dataclass(frozen=True, slots=True)
class PeriodProven(PeriodEvent):
    """The proof for all deals is on chain."""

    gas: int
    transaction: str


@dataclass(frozen=True, slots=True)
class PeriodMissed(PeriodEvent):
    """The period ended without a proof of its live deals."""


@dataclass(frozen=True, slots=True)
class PeriodDeclared(PeriodEvent):
    """The period is declared maintenance: nothing has to be proven in it, and nothing is paid."""


@dataclass(frozen=True, slots=True)
class ProofDelayed(PeriodEvent):
    """No proof yet, and why; the agent tries again while the period lasts."""

    reason: str


@dataclass(frozen=True, slots=True)
class ActionDelayed(Event):
    """A transaction beside the proof can't be done now, and why; what is due is tried again."""

    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class LowBalance(Event):
    """The agent's account pays for about `proofs` more proofs: top it up."""

    account: str
    wei: int
    proofs: int


@dataclass(frozen=True, slots=True)
class LimitNear(Event):
    """Nearly all that the market may lock of the stake is locked, in wei: authorise more, or take no more."""

    locked: int
    limit: int


@dataclass(frozen=True, slots=True)
class CoverLow(Event):
    """More is `locked` than the operator's own free stake covers, in wei: nothing new can be locked, and no
    deal extended, until own stake is added."""

    locked: int
    covered: int


@dataclass(frozen=True, slots=True)
class CapNear(Event):
    """The deals have nearly grown by what they may in this period; both in price units."""

    left: int
    cap: int


@dataclass(frozen=True, slots=True)
class MissesNear(Event):
    """A deal is about to be ended, and its collateral lost, by misses."""

    id: bytes
    missed: int
    limit: int


@dataclass(frozen=True, slots=True)
class RingKept(Event):
    """Upkeep of the ring: what was done, to how many deals."""

    action: str
    deals: int


@dataclass(frozen=True, slots=True)
class DealSettled(Event):
    """A deal was settled up to `cursor`; amounts in wei."""

    id: bytes
    cursor: int
    paid: int
    fee: int
    refunded: int
    missed: int


@dataclass(frozen=True, slots=True)
class DealClosed(Event):
    """A deal is closed for good; collateral in units of stake."""

    id: bytes
    slashed: int
    unlocked: int


@dataclass(frozen=True, slots=True)
class EndMoved(Event):
    """A deal ends in another period: later as agreed, or sooner since `by` terminated it."""

    id: bytes
    end: int
    by: str


@dataclass(frozen=True, slots=True)
class LeafAsked(Event):
    """The client challenges a deal: leaf `leaf` has to be shown on chain until block `due`."""

    id: bytes
    leaf: int
    due: int


@dataclass(frozen=True, slots=True)
class LeafShown(Event):
    """The challenge of a deal is answered on chain."""

    id: bytes
    gas: int
    transaction: str


@dataclass(frozen=True, slots=True)
class ChallengeLost(Event):
    """The leaf wasn't shown in time: the deal is over and its whole collateral lost."""

    id: bytes


@dataclass(frozen=True, slots=True)
class AuditPassed(Event):
    """One random leaf of each of `deals` stored deals still matches its root."""

    deals: int


@dataclass(frozen=True, slots=True)
class AuditFailed(Event):
    """A stored deal's bytes are damaged or gone."""

    id: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class BytesDropped(Event):
    """Bytes were deleted, since nothing binds the operator to them any more."""

    root: bytes
    reason: str
