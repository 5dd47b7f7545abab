"""The rules of splits and settlements against the real contracts on anvil, thousands of cases a minute.

Real are `Payments`, `Staking` and `StorageDeals` as they are deployed, every call, event and balance. Two
things are written into storage, since making them takes hours: the records of deals, and which periods
their operators proved and declared. A batch follows from its seed alone.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from random import Random

from eth_abi.abi import decode
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from tests.support.batches import Chain, Log, Slots, call
from tests.support.gas_world import GasWorld, Node
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import Reverted
from xmbl.payments import rules as payment_rules
from xmbl.payments.rules import Account, Ledger, Split, split_account
from xmbl.storage import rules
from xmbl.storage.rules import Attendance, Challenge, Moment, Parameters, Record, Settlement

SPLITS, INCOMES = 200, 5
"""Splits of a batch, and how often each is distributed."""

OPERATORS, DEALS, PERIODS = 12, 500, 500
"""Operators and deals of a batch, and the periods before and after its beginning in which all happens."""

LEFT_OUT = (0.6, 0.3, 0.5, 0.0)
"""Which part of the deals isn't settled, round by round."""

LEAF = 3
"""The one that every challenge asks for."""

GENESIS = 10_000
"""Where the chain begins, so that there is a past: mining it takes minutes."""

_DEAL = f"(address,bytes32,(address,address{9 * ',uint256'}))"
_SETTLED = keccak(text="Settled(bytes32,uint256,uint256,uint256,uint256,uint256)")
_CLOSED = keccak(text="Closed(bytes32,uint256,uint256)")

MARKETS = (
    Parameters(period=2, price_unit=10**9, rate=1, cover=50, limit=10, fee=200, window=4, bond=10**15),
    Parameters(period=3, price_unit=10**9, rate=3, cover=17, limit=15, fee=333, window=6, bond=10**15),
    Parameters(period=2, price_unit=10**9 + 7, rate=10**9, cover=2, limit=2, fee=1, window=4, bond=1),
    Parameters(period=5, price_unit=10**10 + 1, rate=10**9, cover=3, limit=3, fee=9_999, window=10, bond=1),
)
"""Markets of all kinds: fees that round, limits at both ends."""


class Different(AssertionError):
    """Contract and rules disagree."""


def require_equal(what: str, contract: object, ours: object) -> None:
    """Raise `Different` unless both are the same."""
    if contract != ours:
        raise Different(f"{what}: the contract says {contract}, the rules say {ours}")


class Bench:
    """Markets on one anvil, ready for any number of batches."""

    def __init__(self, node: Node, markets: Sequence[Parameters] = MARKETS) -> None:
        self.chain = Chain(node)
        self.worlds = [GasWorld(node, parameters) for parameters in markets]
        for world in self.worlds:
            world.fund(world.deployer, 8 * 10**26)
        self.chain.ask([("anvil_autoImpersonateAccount", [True])])
        assert node.set_automine
        node.set_automine(False)

    def close(self) -> None:
        """Hang up."""
        self.chain.close()

    def play(self, seed: int) -> tuple[int, int]:
        """One batch: how many distributions and how many settlements agreed. Raises `Different`."""
        random = Random(seed)
        world = random.choice(self.worlds)
        return (
            SplitBatch(self.chain, world, random).play(),
            SettlementBatch(self.chain, world, random).play(),
        )


def _address(random: Random) -> str:
    return to_checksum_address(random.randbytes(20))


class SplitBatch:
    """Splits of any shape, distributed again and again."""

    def __init__(self, chain: Chain, world: GasWorld, random: Random) -> None:
        self.chain, self.world, self.random = chain, world, random
        self.accounts = Slots("Payments", world.payments.address, "ledger", "_accounts")
        self.splits = [self._split() for _ in range(SPLITS)]
        self.ledgers = [Ledger() for _ in self.splits]

    def _split(self) -> Split:
        size = self.random.choice([2, 2, 3, 5, 9])
        whole = payment_rules.WHOLE
        edges = [1, 2, whole // 2, whole - 1, *(self.random.randrange(1, whole) for _ in range(20))]
        cuts = [0, *sorted(self.random.sample(sorted({*edges}), size - 1)), whole]
        recipients = sorted((_address(self.random) for _ in range(size)), key=lambda who: int(who, 16))
        return Split(tuple(recipients), tuple(right - left for left, right in pairwise(cuts)))

    def play(self) -> int:
        """Every income of every split."""
        for _ in range(INCOMES):
            incomes = [
                self.random.choice([1, 2, 10**6, 10**6 + 1, self.random.getrandbits(70) + 1])
                for _ in self.splits
            ]
            calls = [each for split, income in zip(self.splits, incomes, strict=True)
                     for each in self._calls(split, income)]  # fmt: skip
            done = self.chain.send(calls, self.world.deployer)
            require_equal("refused splits", done.count(None), 0)
            for place, income in enumerate(incomes):
                self._distribute(place, income)
            self._compare()
        return INCOMES * SPLITS

    def _calls(self, split: Split, income: int) -> Iterator[tuple[str, bytes]]:
        payments = self.world.payments
        yield call(payments, "transfer(address,uint256)", split_account(split), income)
        yield call(payments, "distribute(address[],uint256[])", split.recipients, split.weights)

    def _distribute(self, place: int, income: int) -> None:
        ledger, split = self.ledgers[place], self.splits[place]
        name = split_account(split)
        before = ledger.account(name)
        paid = replace(before, balance=before.balance + income)
        ledger = replace(ledger, accounts={**ledger.accounts, name: paid})
        try:
            self.ledgers[place] = payment_rules.distribute(ledger, split)
        except Reverted as refusal:
            raise Different(f"the rules refuse {split}: {refusal}") from refusal

    def _compare(self) -> None:
        expected = {holder: account for ledger in self.ledgers for holder, account in ledger.accounts.items()}
        words = self.chain.read(self.accounts.at(holder) for holder in expected)
        for (holder, account), word in zip(expected.items(), words, strict=True):
            require_equal(f"account {holder}", _account(word), account)


def _account(word: int) -> Account:
    return Account(balance=word & 2**112 - 1, phase=word >> 224 & 2**20 - 1, rest=word >> 244)


@dataclass
class Kept:
    """A deal, what the rules keep of it, and what it paid its parties."""

    deal: Deal
    record: Record
    paid: int = 0
    refunded: int = 0


class SettlementBatch:
    """Deals of a few operators, settled in rounds, some of them each time."""

    def __init__(self, chain: Chain, world: GasWorld, random: Random) -> None:
        self.chain, self.world, self.random = chain, world, random
        self.parameters = world.parameters
        deals, payments = world.deals.address, world.payments.address
        self.records = Slots("StorageDeals", deals, "records", "words")
        self.bits = Slots("StorageDeals", deals, "attendance", "words")
        self.asked = Slots("StorageDeals", deals, "challenges", "words")
        self.accounts = Slots("Payments", payments, "ledger", "_accounts")
        self.present = chain.next_block() // self.parameters.period
        self.first = self.present - PERIODS
        self.due = chain.next_block() + 3 * self.parameters.period
        self.operators = {_address(random): self._attendance() for _ in range(OPERATORS)}
        self.kept = [self._deal() for _ in range(DEALS)]

    def _attendance(self) -> Attendance:
        periods = range(self.first, self.first + 2 * PERIODS)
        share = self.random.choice([0.0, 0.5, 0.9, 0.97, 0.99, 1.0])
        declared = {
            run * 32 + self.random.randrange(32)
            for run in range(periods[0] // 32, periods[-1] // 32)
            for _ in range(self.random.choice([0, 0, 1, 2]))
        }
        proven = {period for period in periods if self.random.random() < share} - declared
        return Attendance(frozenset(proven), frozenset(declared))

    def _deal(self) -> Kept:
        random, limit = self.random, self.parameters.limit
        first = self.present + random.randrange(-380, 20)
        most = 5 * 10**13 // self.parameters.least_collateral(1)
        price = random.choice([1, 2, 3, random.randint(1, most), min(most, 2 ** random.randint(1, 34) + 1)])
        least = self.parameters.least_collateral(price)
        terms = Terms(
            client=_address(random), payee=_address(random), leaves=5, price=price,
            collateral=random.randint(least, 2 * least), end=first + random.choice([1, 2, 9, 40, 200, 366]),
            client_notice=2, operator_notice=14, exit=random.randint(0, limit), deadline=0,
            salt=random.getrandbits(256),
        )  # fmt: skip
        missed = random.randrange(limit) if random.random() < 0.3 else 0
        record = Record(
            0, rules.NOWHERE, price, 5, first, terms.end, first, missed,
            challenged=first <= self.present and random.random() < 0.1, exited=random.random() < 0.2,
        )  # fmt: skip
        return Kept(Deal(random.choice([*self.operators]), random.randbytes(32), terms), record)

    def play(self) -> int:
        """Every round, then the locks."""
        self._prepare()
        settled = sum(self._round(rest) for rest in LEFT_OUT)
        self._locked_is_what_is_open()
        return settled

    def _prepare(self) -> None:
        """Escrow and collateral by calls, records and attendance by writing."""
        world, deployer, unit = self.world, self.world.deployer, self.parameters.price_unit
        escrow = sum(k.record.price * unit * (k.record.end - k.record.cursor) for k in self.kept)
        locks = dict.fromkeys(self.operators, 0)
        for kept in self.kept:
            locks[kept.deal.operator] += kept.deal.terms.collateral
        self.before = self._holding()
        give = [call(world.token, "transfer(address,uint256)", who, locks[who] * 10**9) for who in locks]
        self._sure(
            deployer, [*give, call(world.payments, "transfer(address,uint256)", world.deals.address, escrow)]
        )
        self.chain.ask(("anvil_setBalance", [who, hex(10**24)]) for who in [*locks, world.deals.address])
        anyone = 2**256 - 1
        for who, units in locks.items():
            self._sure(who, [
                call(world.token, "approve(address,uint256)", world.staking.address, anyone),
                call(world.staking, "stake(uint256,uint256)", units * 10**9, 0),
                call(world.staking, "authorize(address,uint256)", world.deals.address, units * 10**9),
            ])  # fmt: skip
        self._sure(
            world.deals.address,
            [call(world.staking, "lock(address,uint256)", *each) for each in locks.items()],
        )
        self.chain.write(self._words())
        self.escrow, self.fees = escrow, 0

    def _sure(self, sender: str, calls: Sequence[tuple[str, bytes]]) -> None:
        require_equal(f"refused preparations of {sender}", self.chain.send(calls, sender).count(None), 0)

    def _words(self) -> Iterator[tuple[str, int, int]]:
        for kept in self.kept:
            record, id_ = kept.record, kept.deal.id()
            yield *self.records.at(id_), (
                record.start | record.previous << 48 | record.price << 96 | record.leaves << 136
                | record.moved << 162 | record.end << 186 | record.cursor << 210 | record.missed << 234
                | record.exited << 238
            )  # fmt: skip
            if record.challenged:
                yield *self.asked.at(id_), LEAF | self.due << 32
        for operator, attendance in self.operators.items():
            for word in range(self.first >> 7, (self.first + 2 * PERIODS >> 7) + 1):
                bits = range(128)
                proven = sum(1 << bit for bit in bits if word * 128 + bit in attendance.proven)
                declared = sum(1 << bit for bit in bits if word * 128 + bit in attendance.declared)
                yield *self.bits.at(operator, word), proven | declared << 128

    def _round(self, left_out: float) -> int:
        """Let time pass, settle some deals or all, and compare."""
        self.chain.mine(self.random.choice([0, 1, 2, 5, 15]) * self.parameters.period + 1)
        some = [kept for kept in self.kept if kept.record.cursor and self.random.random() >= left_out]
        block = self.chain.next_block()
        calls = [self._way_out(kept, block) for kept in some]
        for kept, logs in zip(some, self.chain.send(calls, self.world.deployer), strict=True):
            self._settled(kept, logs, Moment(block, self.operators[kept.deal.operator], self.parameters))
        self._compare(some)
        return len(some)

    def _way_out(self, kept: Kept, block: int) -> tuple[str, bytes]:
        """A challenge that nobody answered in time fails the deal."""
        function = "fail" if kept.record.challenged and block > self.due else "settle"
        return call(self.world.deals, f"{function}({_DEAL})", kept.deal.as_tuple())

    def _by_the_rules(self, kept: Kept, now: Moment) -> Settlement:
        if kept.record.challenged and now.block > self.due:
            return rules.fail(kept.record, Challenge(LEAF, self.due), kept.deal.terms, now)
        return rules.settle(kept.record, kept.deal.terms, now)

    def _settled(self, kept: Kept, logs: list[Log] | None, now: Moment) -> None:
        what = f"{kept.record} of {kept.deal.terms} in block {now.block}"
        try:
            done = self._by_the_rules(kept, now)
        except Reverted as refusal:
            require_equal(f"{what}, which the rules refuse for {refusal.reason}", logs, None)
            return
        if logs is None:
            raise Different(f"{what}: the contract refuses, the rules say {done}")
        # of a deal that failed, what is settled ends with the present period too
        cursor = min(kept.record.end, done.record.end, now.period)
        expected: dict[bytes, tuple[int, ...]] = {
            _SETTLED: (cursor, done.paid, done.fee, done.refunded, done.record.missed)
        }
        if done.closed:
            expected[_CLOSED] = (done.slashed, done.unlocked)
        told = {
            log.topics[0]: decode(["uint256"] * (len(log.data) // 32), log.data)
            for log in logs
            if log.topics[0] in (_SETTLED, _CLOSED)
        }
        require_equal(what, told, expected)
        kept.record = done.record
        kept.paid += done.paid
        kept.refunded += done.refunded
        self.escrow -= done.paid + done.fee + done.refunded
        self.fees += done.fee

    def _compare(self, some: Sequence[Kept]) -> None:
        """Every party's balance, every record, and what market and stakers have in all."""
        words = self.chain.read(
            place
            for kept in some
            for place in (
                self.accounts.at(kept.deal.terms.payee), self.accounts.at(kept.deal.terms.client),
                self.records.at(kept.deal.id()),
            )
        )  # fmt: skip
        for kept, payee, client, word in zip(some, words[::3], words[1::3], words[2::3], strict=True):
            record = (word >> 186 & 2**24 - 1, word >> 210 & 2**24 - 1, word >> 234 & 15)
            ours = (kept.record.end, kept.record.cursor, kept.record.missed)
            require_equal(f"parties and record of {kept}", (payee, client, record),
                          (kept.paid, kept.refunded, ours))  # fmt: skip
        held, income = self._holding()
        require_equal(
            "escrow and fees", (held - self.before[0], income - self.before[1]), (self.escrow, self.fees)
        )

    def _holding(self) -> tuple[int, int]:
        """What the market and the stakers have in Payments."""
        world = self.world
        held, income = self.chain.read(self.accounts.at(who.address) for who in (world.deals, world.staking))
        return held & 2**112 - 1, income & 2**112 - 1

    def _locked_is_what_is_open(self) -> None:
        """The market holds the collateral of the deals that aren't closed."""
        held = dict.fromkeys(self.operators, 0)
        for kept in self.kept:
            held[kept.deal.operator] += kept.deal.terms.collateral if kept.record.cursor else 0
        for operator, units in held.items():
            lock = self.world.staking.functions.lock_of(operator, self.world.deals.address).call()
            require_equal(f"lock of {operator}", lock[1], units * 10**9)
