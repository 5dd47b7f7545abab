"""All contracts on a chain in the test's own process, and the account that deployed them and calls them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.support.devnets import ServedNet
from xmbl.chain.call import Call
from xmbl.chain.client import Chain
from xmbl.chain.contract import Logged
from xmbl.chain.deployments import Deployment
from xmbl.chain.outbox import Outbox, Receipt
from xmbl.chain.payments import Payments
from xmbl.chain.staking import Staking
from xmbl.chain.token import Token


@dataclass
class Deployed:
    """The contracts, and the outbox of the account that has all XMBL."""

    net: ServedNet
    chain: Chain
    outbox: Outbox
    deployment: Deployment
    sent: Iterator[int] = field(default_factory=count)

    def __post_init__(self) -> None:
        self.token = Token(self.chain, self.deployment.token)
        self.payments = Payments(self.chain, self.deployment.payments)
        self.staking = Staking(self.chain, self.deployment.staking)

    def send(self, call: Call) -> Receipt:
        """What came of a call."""
        return self.outbox.send(call, f"call {next(self.sent)}")


def facts(events: Iterable[Logged]) -> list[tuple[Any, ...]]:
    """What events say, but for where they stand."""
    place = ("block", "transaction", "index")
    return [tuple(value for name, value in vars(event).items() if name not in place) for event in events]
