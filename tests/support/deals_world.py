"""The market for deals in titanoboa, on top of the money contracts, and people who use it.

The signing key of every operator's agent is the same, since a test tells operators apart by address.
Blocks have hashes of their own, so seeds are what a chain would give.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field, replace
from itertools import count
from typing import Any, overload

import boa
from eth_keys.datatypes import PrivateKey

from tests.support.boa_world import ANY, WHOLE, Money, block, deploy_money, load, mine, person
from tests.support.proof_trees import SmallTree, UniformTree
from xmbl.crypto.typed_data import (
    DEALS_DOMAIN,
    Deal,
    Extension,
    Terms,
    digest,
    domain_separator,
    keccak,
    sign_digest,
)
from xmbl.storage import drawing, rings, rules

DEALS = load("StorageDeals.vy")
AGENT_KEY = b"\x11" * 32
AGENT = PrivateKey(AGENT_KEY).public_key.to_checksum_address()
PARAMETERS = rules.Parameters(
    period=20, price_unit=10**12, rate=1, cover=50, limit=3, fee=200, window=40, bond=10**15
)
CAP = 10**9
HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935"
_HISTORY_CODE = bytes.fromhex(
    "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257"
    "611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500"
)
_salts = count(1)


def hash_of(number: int) -> bytes:
    """The hash that the block of this number has here."""
    return keccak(b"block" + number.to_bytes(32, "big"))


class BlockHashes(Sequence[bytes]):
    """What the machine asks for the hashes before the present block, whichever that is."""

    @overload
    def __getitem__(self, depth: int) -> bytes: ...
    @overload
    def __getitem__(self, depth: slice) -> list[bytes]: ...
    def __getitem__(self, depth: int | slice) -> bytes | list[bytes]:
        assert isinstance(depth, int)
        return hash_of(block() - 1 - depth)

    def __len__(self) -> int:
        return 256


@contextmanager
def history(*numbers: int) -> Iterator[None]:
    """The history of EIP-2935, which titanoboa lacks, remembering the hashes of some blocks."""
    with boa.env.anchor():
        boa.env.set_code(HISTORY, _HISTORY_CODE)
        for number in numbers:
            boa.env.set_storage(HISTORY, number % 8191, int.from_bytes(hash_of(number), "big"))
        yield


@dataclass(frozen=True)
class Proof:
    """The arguments of `prove`, and the draws that they answer."""

    operator: str
    plan: int
    words: list[bytes]
    steps: list[drawing.Step]

    def arguments(self) -> tuple[str, int, list[bytes]]:
        """As the contract wants them."""
        return self.operator, self.plan, self.words


@dataclass
class World:
    """A market on its money contracts; `deals_of` remembers what was opened, with its bytes."""

    money: Money
    deals: Any
    parameters: rules.Parameters
    separator: bytes
    opened: dict[bytes, tuple[Deal, Any]] = field(default_factory=dict)

    def operator(self, role: str = "provider", stake: int = 1000 * WHOLE, cap: int = CAP) -> str:
        """Somebody registered, with all its stake authorised and a cap; paid on an account of its own."""
        account = person(role)
        self.money.bond(account, stake, self.deals.address, stake)
        self.money.registry.register(
            AGENT, person(f"payee of the {role}"), b"\1" * 32, 1, bytes(32), [], sender=account
        )
        self.deals.set_cap(cap, sender=account)
        return account

    def client(self, role: str = "client", amount: int = 1000 * WHOLE) -> str:
        """Somebody with money in Payments, of which the market may take any."""
        account = person(role)
        self.money.fund(account, amount)
        self.money.payments.approve(self.deals.address, ANY, sender=account)
        return account

    def period(self) -> int:
        """The present period."""
        return block() // self.parameters.period

    def next_period(self, periods: int = 1, offset: int = 1) -> int:
        """Let blocks pass until `offset` blocks after the first one of a later period; that period."""
        target = (self.period() + periods) * self.parameters.period + offset
        mine(target - block())
        return self.period()

    def terms(self, client: str, operator: str, periods: int = 10, **changes: Any) -> Terms:
        """Terms that can be opened now, for `periods` periods; `changes` are fields that differ."""
        now = self.period()
        price = changes.get("price", 1_000)
        terms = Terms(
            client=client,
            payee=self.money.registry.agent_and_payee(operator)[1],
            leaves=5,
            price=price,
            collateral=self.parameters.least_collateral(price),
            end=now + 1 + periods,
            client_notice=2,
            operator_notice=14,
            exit=min(3, self.parameters.limit),
            deadline=(now + 2) * self.parameters.period - 1,
            salt=next(_salts),
        )
        return replace(terms, **changes)

    def sign(self, deal: Deal, key: bytes = AGENT_KEY) -> bytes:
        """The signature of an agent over a deal."""
        return sign_digest(key, digest(self.separator, deal.id()))

    def open(self, client: str, operator: str, tree: Any = None, periods: int = 10, **changes: Any) -> Deal:
        """Open a deal over the tree's bytes from the next period on."""
        tree = tree or SmallTree(5)
        deal = Deal(operator, tree.root, self.terms(client, operator, periods, leaves=tree.leaves, **changes))
        self.deals.open(deal.as_tuple(), self.sign(deal), sender=client)
        self.opened[deal.id()] = deal, tree
        return deal

    def record(self, deal: Deal) -> rules.Record:
        """What the contract keeps of a deal."""
        return rules.Record(*self.deals.deal(deal.id()))

    def ring(self, operator: str) -> rings.Ring:
        """The operator's ring."""
        return rings.Ring(*self.deals.ring(operator))

    def proven(self, operator: str) -> set[int]:
        """The operator's proven periods, up to the present one."""
        return self._periods(self.deals.proven, operator)

    def declared(self, operator: str) -> set[int]:
        """The operator's periods of maintenance, up to the present one."""
        return self._periods(self.deals.declared, operator)

    def attendance(self, operator: str) -> rules.Attendance:
        """Both."""
        return rules.Attendance(self.proven(operator), self.declared(operator))

    def _periods(self, bitmap: Callable[[str, int], int], operator: str) -> set[int]:
        now = self.period()
        words = [bitmap(operator, word) for word in range((now >> 8) + 1)]
        return {period for period in range(now + 1) if words[period >> 8] >> (period & 255) & 1}

    def seed(self, operator: str) -> bytes:
        """The seed of the operator's draws in the present period."""
        return drawing.seed_of(hash_of(self.period() * self.parameters.period), operator)

    def placed(self, operator: str, held: bool = True) -> list[tuple[drawing.Place, Deal, Any]]:
        """The operator's deals in the ring of the present period, in order; `held`: with all their bytes."""
        now, kept = self.period(), self.attendance(operator)
        tail, head = self.ring(operator).bounds_in(now)
        placed = []
        for deal, tree in self.opened.values():
            record = self.record(deal)
            if deal.operator == operator and record.price and tail <= record.start_in(now) < head:
                place = drawing.place_of(record, kept, now, self.parameters.limit, lambda: held)
                placed.append((place, deal, tree))
        return sorted(placed, key=lambda entry: entry[0].start)

    def proof(self, operator: str, held: bool = True) -> Proof:
        """What proves the present period; without the bytes of deals that are over if not `held`."""
        placed = self.placed(operator, held)
        tail, head = self.ring(operator).bounds_in(self.period())
        steps = drawing.plan_proof(self.seed(operator), tail, head, [place for place, _, _ in placed])
        words: list[bytes] = []
        for step in steps:
            _, deal, tree = placed[step.place]
            words += [deal.root, deal.terms.hash()] if step.named else []
            words += tree.words(step.leaf) if step.leaf is not None else []
        return Proof(operator, drawing.plan_bits(steps), words, steps)

    def prove(self, operator: str, sender: str | None = None) -> None:
        """Prove the present period."""
        self.deals.prove(*self.proof(operator).arguments(), sender=sender or operator)

    def settle(self, deal: Deal, sender: str | None = None) -> None:
        """Settle a deal."""
        self.deals.settle(deal.as_tuple(), sender=sender or deal.operator)

    def challenge_of(self, deal: Deal) -> rules.Challenge:
        """What is asked of a deal."""
        return rules.Challenge(*self.deals.challenge_of(deal.id()))

    def extension(self, deal: Deal, end: int, key: bytes = AGENT_KEY, **changes: int) -> tuple[Any, ...]:
        """The arguments of `extend`: what an agent signs, with some fields changed, and its signature."""
        fields = {"old_end": self.record(deal).end, "deadline": block() + 10} | changes
        signed = Extension(deal.id(), new_end=end, **fields)
        signature = sign_digest(key, digest(self.separator, signed.hash()))
        return deal.as_tuple(), end, fields["deadline"], signature

    def extend(self, deal: Deal, end: int) -> None:
        """Prolong a deal, by its client."""
        self.deals.extend(*self.extension(deal, end), sender=deal.terms.client)

    def challenge(self, deal: Deal, leaf: int = 0) -> None:
        """Ask for a leaf, by the deal's client."""
        self.deals.challenge(deal.as_tuple(), leaf, sender=deal.terms.client)

    def answer(self, deal: Deal, leaf: int = 0, sender: str | None = None) -> None:
        """Show a leaf."""
        words = self.opened[deal.id()][1].words(leaf)
        self.deals.answer(deal.as_tuple(), words, sender=sender or deal.operator)

    def fail(self, deal: Deal, sender: str | None = None) -> None:
        """Complain of a leaf that wasn't shown."""
        self.deals.fail(deal.as_tuple(), sender=sender or deal.terms.client)

    def terminate(self, deal: Deal, sender: str | None = None) -> None:
        """End a deal early."""
        self.deals.terminate(deal.as_tuple(), sender=sender or deal.terms.client)

    def declare(self, operator: str, period: int, sender: str | None = None) -> None:
        """Declare maintenance."""
        self.deals.declare(operator, period, sender=sender or operator)

    def name(self, deal: Deal) -> tuple[bytes, bytes]:
        """A deal as upkeep wants it named."""
        return deal.root, deal.terms.hash()

    def balance(self, account: str) -> int:
        """What an account has in Payments."""
        return self.money.payments.balance_of(account)

    def locked(self, operator: str) -> int:
        """Units of the operator's stake that the market holds."""
        return self.money.staking.lock_of(operator, self.deals.address)[1] // rules.STAKE_UNIT


def deploy_world(parameters: rules.Parameters = PARAMETERS) -> World:
    """A market with its money contracts; blocks get hashes."""
    boa.env.evm.patch.prev_hashes = BlockHashes()
    address = person("storage deals")
    money = deploy_money([address])
    deals = DEALS.deploy(
        money.payments.address,
        money.staking.address,
        money.registry.address,
        astuple(parameters),
        override_address=address,
    )
    separator = domain_separator(DEALS_DOMAIN, boa.env.evm.patch.chain_id, address)
    return World(money, deals, parameters, separator)


__all__ = ["AGENT", "AGENT_KEY", "CAP", "PARAMETERS", "SmallTree", "UniformTree", "World", "deploy_world"]
