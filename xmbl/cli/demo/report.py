"""The demo's account of itself, read from the chain and the outboxes, not from what the story meant to do."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from xmbl.chain.deals import Closed, Opened, Settled
from xmbl.chain.deployments import Deployment
from xmbl.chain.outbox import Receipt
from xmbl.chain.staking import Burnt, Slashed, Staking
from xmbl.chain.token import Token, Transfer
from xmbl.storage.market import Market
from xmbl.units import STAKE_UNIT

_NOBODY = "0x" + "00" * 20


@dataclass(frozen=True)
class FileReport:
    """The file that went out and came back; both hashes are SHA-256."""

    path: str
    bytes: int
    sha256: str
    restored_sha256: str


@dataclass(frozen=True)
class OperatorReport:
    """What an operator got for proven periods and lost of its stake, in wei."""

    name: str
    address: str
    earned: int
    slashed: int
    killed: bool


@dataclass
class DealReport:
    """One deal from its opening to its close; money in wei."""

    id: str
    operator: str
    price: int
    periods_proven: int = 0
    periods_missed: int = 0
    paid: int = 0
    refunded: int = 0
    penalty: int = 0


@dataclass(frozen=True)
class Report:
    """All that the demo did. `others` has the sums that accounts beside the operators got, in wei."""

    ok: bool
    seconds: float
    chain: str
    file: FileReport
    operators: tuple[OperatorReport, ...]
    deals: tuple[DealReport, ...]
    transactions: tuple[Receipt, ...]
    supply: dict[str, int]
    others: dict[str, int] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The report as `--json` prints it."""
        return {
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "chain": self.chain,
            "file": asdict(self.file),
            "operators": [_without(asdict(each), "name") for each in self.operators],
            "deals": [_without(asdict(each), "price") for each in self.deals],
            "transactions": [_transaction(each) for each in self.transactions],
            "supply": self.supply,
        }

    def gas_by_action(self) -> dict[str, list[int]]:
        """The gas of every transaction, by what it was for."""
        gas: dict[str, list[int]] = defaultdict(list)
        for receipt in self.transactions:
            gas[receipt.action].append(receipt.gas_used)
        return gas


def _without(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if key != name}


def _transaction(receipt: Receipt) -> dict[str, Any]:
    return {
        "action": receipt.action, "hash": receipt.hash, "gas": receipt.gas_used, "status": receipt.status,
    }  # fmt: skip


def deals_of(market: Market) -> tuple[DealReport, ...]:
    """Every deal of the market with the sums of its settlements."""
    unit = market.parameters.price_unit
    found: dict[bytes, DealReport] = {}
    for opened in market.deals.events(Opened, market.since):
        found[opened.id] = DealReport("0x" + opened.id.hex(), opened.operator, opened.terms.price * unit)
    for settled in market.deals.events(Settled, market.since):
        deal = found[settled.id]
        deal.paid += settled.paid
        deal.refunded += settled.refunded
        deal.periods_proven += (settled.paid + settled.fee) // deal.price
        deal.periods_missed = settled.missed
    for closed in market.deals.events(Closed, market.since):
        found[closed.id].penalty = closed.slashed * STAKE_UNIT
    return tuple(found.values())


def operators_of(
    market: Market, names: dict[str, str], deals: Iterable[DealReport], killed: str
) -> tuple[OperatorReport, ...]:
    """What each of the operators `names` (by address) earned and lost; `killed` is an address."""
    slashed: dict[str, int] = defaultdict(int)
    for event in market.staking.events(Slashed, market.since):
        slashed[event.operator] += event.amount
    earned: dict[str, int] = defaultdict(int)
    for deal in deals:
        earned[deal.operator] += deal.paid
    return tuple(
        OperatorReport(name, address, earned[address], slashed[address], address == killed)
        for address, name in names.items()
    )


def supply_of(market: Market, deployment: Deployment, before: int) -> dict[str, int]:
    """The token summed over every holder, beside what there was and what was burnt, in wei."""
    token: Token = market.token
    staking: Staking = market.staking
    holders = {deployment.token}
    for moved in token.events(Transfer, 0):
        holders |= {moved.sender, moved.receiver}
    after = sum(token.balance_of(holder) for holder in holders - {_NOBODY})
    burnt = sum(event.amount for event in staking.events(Burnt, market.since))
    return {"before": before, "after": after, "burnt": burnt}
