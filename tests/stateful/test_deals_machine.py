"""Random play of `StorageDeals` against its rules: every slot after every move, D1 to D10, D12, D13, D15."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.boa_world import WHOLE, block, mine, person
from tests.support.deal_slots import DealSlots
from tests.support.deals_world import PARAMETERS, SmallTree, UniformTree, deploy_world
from tests.support.play import agree
from xmbl.crypto.typed_data import Deal
from xmbl.errors import Reverted
from xmbl.storage import rules
from xmbl.storage.rules import NEVER, Place, Record

LIMIT = PARAMETERS.limit
PRICE_UNIT = PARAMETERS.price_unit
TREES = [*map(SmallTree, (1, 2, 3, 5, 8, 13)), UniformTree(22)]

WORLD = deploy_world()
WORLD.next_period(250)  # soon the bitmaps cross a word
SLOTS = DealSlots(WORLD.deals)
OPERATORS = [WORLD.operator(role, stake=10**6 * WHOLE) for role in ("provider", "rival")]
CLIENTS = [WORLD.client(role, amount=10**6 * WHOLE) for role in ("client", "second client")]
STRANGER = person("stranger")
START = WORLD.period()

operators = st.sampled_from(OPERATORS)
Offer = tuple[str, Any, int, int]  # client, bytes, price, periods
offers = st.tuples(
    st.sampled_from(CLIENTS),
    st.sampled_from(TREES),
    st.one_of(st.integers(1, 10), st.integers(1, 10**4), st.just(10**5)),
    st.sampled_from([1, 1, 2, 2, 3, 5, 8, 20, 366]),
)


@dataclass
class Story:
    """One deal, and what it has moved so far."""

    deal: Deal
    tree: Any
    opened: int
    record: Record
    paid: int = 0
    fees: int = 0
    refunded: int = 0
    slashed: int = 0
    unlocked: int = 0

    @property
    def first(self) -> int:
        """Its first period."""
        return self.opened + 1

    def escrow(self) -> int:
        """What its client paid in."""
        return rules.escrow(self.deal.terms, self.opened, PARAMETERS)

    def held(self) -> int:
        """What is left of that."""
        record = self.record
        return record.price * PRICE_UNIT * (record.end - record.cursor) if record.cursor else 0


class DealsMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.rings = {operator: SLOTS.ring(operator) for operator in OPERATORS}
        self.proven: dict[str, set[int]] = {operator: set() for operator in OPERATORS}
        self.stories: dict[bytes, Story] = {}
        self.donated = 0
        self.before = {client: WORLD.balance(client) for client in CLIENTS}
        self.seen: dict[tuple[int, str], Any] = {}

    # the moves

    @rule(blocks=st.integers(1, 12))
    def wait(self, blocks: int) -> None:
        mine(blocks)

    @rule(periods=st.sampled_from([1, 1, 1, 2, 5]))
    def neglect(self, periods: int) -> None:
        WORLD.next_period(periods)

    @rule(periods=st.integers(1, 5))
    def keep(self, periods: int) -> None:
        for _ in range(periods):
            WORLD.next_period()
            for operator in OPERATORS:
                self.prove(operator)

    @initialize(some=st.tuples(*[st.lists(offers, min_size=2, max_size=5)] * len(OPERATORS)))
    def begin(self, some: tuple[list[Offer], ...]) -> None:
        for operator, offered in zip(OPERATORS, some, strict=True):
            self.open(operator, offered)

    @rule(operator=operators, some=st.lists(offers, min_size=1, max_size=3))
    def open(self, operator: str, some: list[Offer]) -> None:
        for client, tree, price, span in some:
            self.open_one(operator, client, tree, price, span)

    @rule(operator=operators, some=st.lists(offers, min_size=1, max_size=3))
    def relapse(self, operator: str, some: list[Offer]) -> None:
        """All deals die of misses, unsettled; new ones lie among them and are proven."""
        self.neglect(LIMIT + 1)
        self.open(operator, some)
        self.keep(1)

    @rule(data=st.data())
    def open_again(self, data: st.DataObject) -> None:
        """D13: the same terms never open twice, cleared or not."""
        if story := self.pick(data):
            with boa.reverts():
                self.send_open(story.deal)

    @rule(operator=operators)
    def prove(self, operator: str) -> None:
        now = WORLD.period()
        if now in self.proven[operator] or block() % PARAMETERS.period == 0:
            with boa.reverts():
                WORLD.deals.prove(operator, 1, [])
            return
        try:
            arguments = self.proof(operator)
        except Reverted:
            return
        WORLD.deals.prove(*arguments, sender=STRANGER)
        self.proven[operator].add(now)

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        if story := self.pick(data):
            self.settle_one(story)

    @rule(operator=operators, count=st.integers(1, 6), by_agent=st.booleans())
    def rotate(self, operator: str, count: int, by_agent: bool) -> None:
        now, ring = WORLD.period(), self.rings[operator]
        at_tail = sorted(self.placed(operator), key=lambda story: story.record.start)[:count]
        records = [story.record for story in at_tail]
        names = [WORLD.name(story.deal) for story in at_tail]
        sender = WORLD.money.registry.agent(operator) if by_agent else operator
        none = (ring, records)
        ring, records = agree(
            none,
            lambda: WORLD.deals.rotate(operator, names, sender=sender),
            lambda: rules.rotate(ring, records, self.proven[operator], now, LIMIT),
        )
        self.rings[operator] = ring
        for story, record in zip(at_tail, records, strict=True):
            story.record = record

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        if story := self.pick(data):
            self.truncate_one(story)

    @rule(operator=operators, count=st.integers(1, 4))
    def shorten(self, operator: str, count: int) -> None:
        for _ in range(count):
            if placed := sorted(self.placed(operator), key=lambda story: story.record.start):
                self.truncate_one(placed[-1])

    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        if story := self.pick(data):
            self.clear_one(story)

    @rule(operator=operators)
    def tidy(self, operator: str) -> None:
        """As a careful agent does after its proof: settle all, drop and clear what is over."""
        self.keep(1)
        self.rotate(operator, 6, by_agent=True)
        for story in self.of(operator):
            self.settle_one(story)
            self.clear_one(story)

    @rule(operator=operators, cap=st.sampled_from([0, 10, 10**4, rules.MAX_PRICE]))
    def set_cap(self, operator: str, cap: int) -> None:
        WORLD.deals.set_cap(cap, sender=operator)
        self.rings[operator] = replace(self.rings[operator], cap=cap)

    @rule(client=st.sampled_from(CLIENTS), amount=st.integers(1, WHOLE))
    def donate(self, client: str, amount: int) -> None:
        WORLD.money.payments.transfer(WORLD.deals.address, amount, sender=client)
        self.donated += amount
        self.before[client] -= amount

    # what has to hold

    @invariant()
    def every_slot_is_as_the_rules_say(self) -> None:
        """And D9: no bit is set but by the proofs made here."""
        for id_, story in self.stories.items():
            assert SLOTS.record(id_) == story.record
        for operator in OPERATORS:
            assert SLOTS.ring(operator) == self.rings[operator]
            past = range(START, WORLD.period() + 1)
            assert SLOTS.proven(operator, past) == self.proven[operator]

    @invariant()
    def all_money_is_accounted_for(self) -> None:
        """D1, D2, D4."""
        held = sum(story.held() for story in self.stories.values())
        assert WORLD.balance(WORLD.deals.address) == held + self.donated
        for story in self.stories.values():
            assert story.paid + story.fees + story.refunded + story.held() == story.escrow()
        for operator in OPERATORS:
            open_ = [s.deal.terms.collateral for s in self.of(operator) if s.record.cursor]
            assert WORLD.locked(operator) == sum(open_)

    @invariant()
    def rings_are_tiled_and_frozen(self) -> None:
        """D7 for this period and the next, and D8: what a proof draws from never changes in its period."""
        now = WORLD.period()
        for operator in OPERATORS:
            for period in (now, now + 1):
                at, head = self.rings[operator].bounds_in(period)
                for place, story in self.places(operator, period):
                    assert (place.start, story.first <= period) == (at, True)
                    at += place.price
                assert at == head
                inside = {story.deal.id() for _, story in self.places(operator, period)}
                assert all(s.deal.id() in inside for s in self.of(operator) if self.lives(s, period))
            frozen = self.rings[operator].bounds_in(now), [p for p, _ in self.places(operator, now)]
            assert self.seen.setdefault((now, operator), frozen) == frozen

    def teardown(self) -> None:
        """D12: a stranger's calls bring every deal to its end; D3, D5, D6, D15 of what all deals moved."""
        last = max([WORLD.period(), *(story.deal.terms.end for story in self.stories.values())])
        WORLD.next_period(last + 1 - WORLD.period())
        for story in self.stories.values():
            if story.record.cursor:
                self.settle_one(story)
            self.moved_what_the_bare_rule_says(story)
        self.every_slot_is_as_the_rules_say()
        assert WORLD.balance(WORLD.deals.address) == self.donated
        assert [WORLD.locked(operator) for operator in OPERATORS] == [0, 0]
        self.everyone_got_their_due()
        self.no_weight_was_without_a_fee()
        self.chain.__exit__(None, None, None)

    def moved_what_the_bare_rule_says(self, story: Story) -> None:
        """One look at all periods from the end gives the same sums as any grouping did."""
        terms, unit = story.deal.terms, story.deal.terms.price * PRICE_UNIT
        lived = list(self.lived(story))
        kept = sum(period in self.proven[story.deal.operator] for period in lived)
        missed = len(lived) - kept
        assert story.paid + story.fees == kept * unit
        assert story.fees == kept * -(-unit * PARAMETERS.fee // 10_000)
        assert story.slashed == terms.collateral // LIMIT * missed
        assert story.slashed + story.unlocked == terms.collateral

    def everyone_got_their_due(self) -> None:
        sums: Counter[str] = Counter()
        for story in self.stories.values():
            terms = story.deal.terms
            sums.update({terms.payee: story.paid, terms.client: story.refunded - story.escrow()})
            sums[WORLD.money.staking.address] += story.fees
        for account in sums:
            assert WORLD.balance(account) - self.before.get(account, 0) == sums[account]
        for client in CLIENTS:
            slashed = [s.slashed // 2 for s in self.stories.values() if s.deal.terms.client == client]
            assert WORLD.money.staking.owed(client) == sum(slashed) * rules.STAKE_UNIT

    def no_weight_was_without_a_fee(self) -> None:
        """D15: a proven period cost the fee of every deal that lived in it."""
        due = sum(
            PARAMETERS.fee_of(story.deal.terms.price)
            for operator in OPERATORS
            for period in self.proven[operator]
            for story in self.of(operator)
            if period in self.lived(story)
        )
        assert due == sum(story.fees for story in self.stories.values())

    # how a move is made

    def of(self, operator: str) -> list[Story]:
        return [story for story in self.stories.values() if story.deal.operator == operator]

    def placed(self, operator: str) -> list[Story]:
        """The operator's deals in the ring of the next period."""
        return [s for s in self.of(operator) if s.record.price and s.record.start != rules.NOWHERE]

    def places(self, operator: str, period: int) -> list[tuple[Place, Story]]:
        """Where the operator's deals lie in the ring of a period, ascending."""
        found = []
        for story in self.of(operator):
            record, start = story.record, story.record.start_in(period)
            if record.price and start != rules.NOWHERE:
                # half of the operators' deals that are over still have their bytes
                held = story.deal.terms.salt % 2 == 0
                proven = self.proven[operator]
                place = rules.place_of(record, proven, WORLD.period(), LIMIT, lambda held=held: held)
                found.append((replace(place, start=start), story))
        tail, head = self.rings[operator].bounds_in(period)
        inside = [(place, story) for place, story in found if tail <= place.start < head]
        return sorted(inside, key=lambda entry: entry[0].start)

    def lived(self, story: Story) -> Iterator[int]:
        """The periods in which a deal lived, by the bare rule."""
        missed = 0
        for period in range(story.first, story.deal.terms.end):
            yield period
            missed += period not in self.proven[story.deal.operator]
            if missed == LIMIT:
                return

    def lives(self, story: Story, period: int) -> bool:
        """Whether a deal lives in this period or the next, as far as the misses before this one tell."""
        now, proven = WORLD.period(), self.proven[story.deal.operator]
        misses = sum(past not in proven for past in range(story.first, min(now, story.deal.terms.end)))
        return story.first <= period < story.deal.terms.end and misses < LIMIT

    def pick(self, data: st.DataObject) -> Story | None:
        stories = list(self.stories.values())
        return data.draw(st.sampled_from(stories)) if stories else None

    def open_one(self, operator: str, client: str, tree: Any, price: int, span: int) -> None:
        collateral = PARAMETERS.least_collateral(price) * (366 + span) // 366
        terms = WORLD.terms(client, operator, span, price=price, leaves=tree.leaves, collateral=collateral)
        deal, now, ring = Deal(operator, tree.root, terms), WORLD.period(), self.rings[operator]
        none = (ring, NEVER)
        opened = agree(none, lambda: self.send_open(deal), lambda: rules.append(ring, terms, now))
        if opened is not none:
            self.rings[operator], record = opened
            self.stories[deal.id()] = Story(deal, tree, now, record)

    def truncate_one(self, story: Story) -> None:
        operator, now = story.deal.operator, WORLD.period()
        ring = self.rings[operator]
        self.rings[operator], story.record = agree(
            (ring, story.record),
            lambda: WORLD.deals.truncate(operator, WORLD.name(story.deal), sender=operator),
            lambda: rules.truncate(ring, story.record, self.proven[operator], now, LIMIT),
        )

    def clear_one(self, story: Story) -> None:
        story.record = agree(
            story.record,
            lambda: WORLD.deals.clear([story.deal.id()], sender=STRANGER),
            lambda: rules.clear(story.record, WORLD.period()),
        )

    def send_open(self, deal: Deal) -> None:
        WORLD.deals.open(deal.as_tuple(), WORLD.sign(deal), sender=deal.terms.client)

    def proof(self, operator: str) -> tuple[str, int, list[bytes]]:
        tail, head = self.rings[operator].bounds_in(WORLD.period())
        places = self.places(operator, WORLD.period())
        steps = rules.plan_proof(WORLD.seed(operator), tail, head, [place for place, _ in places])
        words: list[bytes] = []
        for step in steps:
            story = places[step.place][1]
            words += WORLD.name(story.deal) if step.named else ()
            words += story.tree.words(step.leaf) if step.leaf is not None else ()
        return operator, rules.plan_bits(steps), words

    def settle_one(self, story: Story) -> None:
        """D10: the stored end falls only to where the misses put it, and never rises."""
        record, now = story.record, WORLD.period()
        call: Callable[[], Any] = lambda: WORLD.settle(story.deal, sender=STRANGER)  # noqa: E731
        proven = self.proven[story.deal.operator]
        done = agree(None, call, lambda: rules.settle(record, story.deal.terms, proven, now, PARAMETERS))
        if done is None:
            return
        assert done.record.end == record.end or done.record.end == [*self.lived(story)][-1] + 1 <= now
        story.record = done.record
        story.paid += done.paid
        story.fees += done.fee
        story.refunded += done.refunded
        story.slashed += done.slashed
        story.unlocked += done.unlocked


TestDeals = DealsMachine.TestCase
