"""The market as storage sees it: the contracts of one network, answering in the terms of `rules`.

Every method reads the chain and may block; call it in a thread. Amounts as the contracts have them.
"""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, replace

from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.deals import (
    Answered,
    Challenged,
    Cleared,
    Closed,
    Extended,
    Failed,
    Name,
    Opened,
    Rotated,
    Settled,
    StorageDeals,
    Terminated,
    Truncated,
)
from xmbl.chain.deployments import Deployment
from xmbl.chain.payments import Payments
from xmbl.chain.registry import STORAGE, Node, NodeRegistry, Registered
from xmbl.chain.staking import Staking
from xmbl.chain.token import Token
from xmbl.crypto import typed_data
from xmbl.crypto.typed_data import Deal
from xmbl.storage.drawing import seed_of
from xmbl.storage.rings import Ring
from xmbl.storage.rules import Attendance, Parameters, Record
from xmbl.units import STAKE_UNIT, format_amount

_KINDS = (
    Opened, Settled, Closed, Extended, Terminated, Challenged, Answered, Failed, Rotated, Truncated, Cleared,
)  # fmt: skip
MarketEvent = (
    Opened | Settled | Closed | Extended | Terminated | Challenged | Answered | Failed | Rotated | Truncated
    | Cleared
)  # fmt: skip

_WORD = 256


@dataclass(frozen=True, slots=True)
class ProvenPeriods:
    """The proven periods, or the declared ones, among those asked for; `in` says whether one is."""

    words: dict[int, int]

    def __contains__(self, period: object) -> bool:
        return isinstance(period, int) and bool(self.words.get(period // _WORD, 0) >> period % _WORD & 1)


class Market:
    """`StorageDeals` and what stands round it on one chain."""

    def __init__(self, chain: Chain, deployment: Deployment, parameters: Parameters) -> None:
        self.chain = chain
        self.parameters = parameters
        self.since = deployment.block
        self.deals = StorageDeals(chain, deployment.deals)
        self.payments = Payments(chain, deployment.payments)
        self.staking = Staking(chain, deployment.staking)
        self.registry = NodeRegistry(chain, deployment.registry)
        self.token = Token(chain, deployment.token)
        self._separator = typed_data.domain_separator(
            typed_data.DEALS_DOMAIN, chain.chain_id, self.deals.address
        )

    def digest(self, struct_hash: bytes) -> bytes:
        """What an agent signs for a quote or a deal of this market."""
        return typed_data.digest(self._separator, struct_hash)

    def block_number(self) -> int:
        """The newest block."""
        return self.chain.block_number()

    def period(self) -> int:
        """The present period."""
        return self.block_number() // self.parameters.period

    def record(self, deal_id: bytes) -> Record:
        """The chain's record of a deal; its `end` is 0 if there is none."""
        return Record(*astuple(self.deals.deal(deal_id)))

    def first_period(self, deal: Deal) -> int:
        """The first period of a deal that was opened, however long ago; 0 if it never was."""
        # terms open only in the two periods before their deadline, whatever became of them since
        earliest = max(self.since, deal.terms.deadline - 2 * self.parameters.period)
        latest = min(deal.terms.deadline, self.block_number())
        found = self.deals.events(Opened, earliest, latest, id=deal.id())
        return next((event.block // self.parameters.period + 1 for event in found), 0)

    def ring(self, operator: str) -> Ring:
        """The operator's ring."""
        return Ring(*astuple(self.deals.ring(operator)))

    def seed(self, operator: str, period: int) -> bytes:
        """What the operator's draws of a period come from; its first block must be mined."""
        return seed_of(self.chain.header(period * self.parameters.period).hash, operator)

    def proven(self, operator: str, first: int, last: int) -> ProvenPeriods:
        """Which of the periods `first` to `last` (both in) the operator has proven."""
        numbers = range(first // _WORD, last // _WORD + 1)
        return ProvenPeriods({number: self.deals.proven(operator, number) for number in numbers})

    def attendance(self, operator: str, first: int, last: int) -> Attendance:
        """Which of the periods `first` to `last` (both in) the operator has proven, and declared."""
        numbers = range(first // _WORD, last // _WORD + 1)
        declared = {number: self.deals.declared(operator, number) for number in numbers}
        return Attendance(self.proven(operator, first, last), ProvenPeriods(declared))

    def due(self, deal_id: bytes) -> int:
        """The last block to answer the challenge of a deal; 0 where none is open."""
        return self.deals.challenge_of(deal_id).due

    def agent_and_payee(self, operator: str) -> tuple[str, str]:
        """Who signs for the operator and where its income goes."""
        return self.registry.agent_and_payee(operator)

    def node(self, operator: str) -> Node:
        """The operator's record in the registry."""
        return self.registry.node(operator)

    def operators(self) -> list[str]:
        """Operators that ever registered as storing, oldest first."""
        found = self.registry.history(Registered, self.since)
        return list(dict.fromkeys(event.operator for event in found if event.services & STORAGE))

    def lockable(self, operator: str) -> int:
        """Units of stake that the market could still lock."""
        lock = self.staking.lock_of(operator, self.deals.address)
        free = self.staking.stake_of(operator).free(self.staking.leverage())
        return max(0, min(lock.limit - lock.locked, free)) // STAKE_UNIT

    def events(self, first: int, last: int) -> Iterator[MarketEvent]:
        """What changes deals and rings in blocks `first` to `last` (both in), for all operators, in order."""
        kinds: tuple[type[MarketEvent], ...] = _KINDS
        return self.deals.all_events(kinds, first, last)

    def names(self, deals: list[Deal]) -> list[Name]:
        """The deals as upkeep names them."""
        return [Name(deal.root, deal.terms.hash()) for deal in deals]

    def cap(self, units: int) -> Call:
        """What bounds how fast the caller's deals grow, in price units a period; 0 takes no new ones."""
        income = format_amount(units * self.parameters.price_unit)
        growing = f"Let this operator's deals grow by at most {income} of income in a period."
        return replace(self.deals.set_cap(units), sentence=growing if units else "Take no new deals.")

    def funding(self, client: str, amount: int) -> list[Call]:
        """What the client still has to do before deals can take `amount` wei: approve, deposit, allow."""
        missing = max(0, amount - self.payments.balance_of(client))
        calls: list[Call] = []
        if missing and self.token.allowance(client, self.payments.address) < missing:
            calls.append(self.token.approve(self.payments.address, missing))
        if missing:
            calls.append(self.payments.deposit(missing))
        if self.payments.allowance(client, self.deals.address) < amount:
            calls.append(self.payments.approve(self.deals.address, amount))
        return calls


def open_market(chain: Chain, deployment: Deployment) -> Market:
    """The market of a deployment, with its numbers; `ConfigError` if it isn't there."""
    parameters = StorageDeals(chain, deployment.deals).parameters()
    return Market(chain, deployment, Parameters(*astuple(parameters)))
