"""Random play of `StorageDeals` against its rules: every slot after every move, D1 to D15, N1 and N2.

D1 to D15, N1 and N2 are the invariants of the market; each check names those that it makes.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import boa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.boa_world import UNIT, WHOLE, block
from tests.support.deal_story import LIMIT, Story
from tests.support.deals_game import (
    CLIENTS,
    OPERATORS,
    REGISTERED,
    SLOTS,
    STAKE,
    START,
    STRANGER,
    WORLD,
    Game,
    balance,
    locked,
)
from tests.support.deals_world import AGENT, PARAMETERS, SmallTree, UniformTree
from xmbl.storage import rules
from xmbl.storage.rules import NOWHERE

TREES = [*map(SmallTree, (1, 2, 3, 5, 8, 13)), UniformTree(22)]
MANY = 10
"""Deals of an operator at a time: a longer play is to go on, not to slow down."""


def asked(story: Story) -> bool:
    """Whether its client waits for a leaf."""
    return story.challenge is not None


def gone(story: Story) -> bool:
    """Whether it is closed and out of the ring."""
    return story.record.cursor == 0 and story.record.start == NOWHERE


operators = st.sampled_from(OPERATORS)
Offer = tuple[str, Any, int, int]  # client, bytes, price, periods
offers = st.tuples(
    st.sampled_from(CLIENTS),
    st.sampled_from(TREES),
    st.one_of(st.integers(1, 10), st.integers(1, 10**4), st.just(10**5)),
    st.sampled_from([1, 1, 2, 2, 3, 5, 8, 20, 366]),
)


class DealsMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.game = Game()
        self.seen: dict[tuple[int, str], Any] = {}

    # time passes

    @rule(blocks=st.integers(1, 45), diligent=st.sampled_from([True, True, True, False]))
    def wait(self, blocks: int, diligent: bool) -> None:
        self.game.wait(blocks, diligent=diligent)

    @rule(periods=st.sampled_from([1, 1, 1, 2, 5]))
    def neglect(self, periods: int) -> None:
        self.game.wait_periods(periods, diligent=False)

    @rule(periods=st.integers(1, 5))
    def keep(self, periods: int) -> None:
        self.game.keep(periods)

    # clients

    @initialize(some=st.tuples(*[st.lists(offers, min_size=1, max_size=3)] * len(OPERATORS)))
    def begin(self, some: tuple[list[Offer], ...]) -> None:
        for operator, offered in zip(OPERATORS, some, strict=True):
            self.open(operator, offered)
        WORLD.next_period()

    @rule(operator=operators, some=st.lists(offers, min_size=1, max_size=2))
    def open(self, operator: str, some: list[Offer]) -> None:
        if len(self.game.of(operator)) > MANY:
            WORLD.next_period(LIMIT + 1)
            self.game.make_room(operator)
        if self.game.rings[operator].cap < 10:
            self.game.set_cap(operator, rules.MAX_PRICE)
        for client, tree, price, span in some:
            self.game.open(operator, client, tree, price, span)
        for story in self.game.of(operator)[-1:]:
            if story.opened == WORLD.period():  # doesn't live yet
                self.game.challenge(story, 0)
                self.game.extend(story, story.record.end + 1)

    @rule(operator=operators, some=st.lists(offers, min_size=1, max_size=1))
    def relapse(self, operator: str, some: list[Offer]) -> None:
        """All deals die of misses, unsettled; new ones lie among them and are proven."""
        WORLD.next_period(LIMIT + 1)
        self.open(operator, some)
        self.game.keep(1)

    @rule(data=st.data(), cleared=st.booleans())
    def open_again(self, data: st.DataObject, cleared: bool) -> None:
        """D13: the same terms never open twice, cleared or not."""
        stories = self.game.forgotten if cleared else [*self.game.stories.values()]
        if stories:
            with boa.reverts():
                self.game.send_open(data.draw(st.sampled_from(stories)).deal)

    @rule(data=st.data(), pick=st.integers(0, 2**25), beyond=st.booleans())
    def challenge(self, data: st.DataObject, pick: int, beyond: bool) -> None:
        if story := self.pick_live(data):
            leaves = story.tree.leaves
            self.game.challenge(story, leaves if beyond and pick % 8 == 0 else pick % leaves)

    @rule(data=st.data(), honest=st.booleans())
    def spot_check(self, data: st.DataObject, honest: bool) -> None:
        """A challenge with its end: mostly rules in between, but the end is often too far off."""
        if (story := self.pick_live(data)) and story.challenge is None:
            self.game.challenge(story, data.draw(st.integers(0, story.tree.leaves - 1)))
        if story and story.challenge:
            self.game.wait(PARAMETERS.window + (not honest), diligent=True)
            (self.game.answer if honest else self.game.fail)(story)

    @rule(data=st.data(), by=st.sampled_from([1, 2, 5, 40, 0, 366, 367]), lasting=st.booleans())
    def extend(self, data: st.DataObject, by: int, lasting: bool) -> None:
        if story := self.pick_live(data):
            self.game.extend(story, WORLD.period() + by if lasting else story.record.end + by)

    @rule(data=st.data(), asks=st.booleans())
    def too_late(self, data: st.DataObject, asks: bool) -> None:
        """A deal that is over and not closed is neither asked for nor prolonged."""
        if story := self.pick(data, lambda story: story.record.cursor != 0 and not self.game.is_live(story)):
            if asks:
                self.game.challenge(story, 0)
            else:
                self.game.extend(story, WORLD.period() + 5)

    @rule(data=st.data(), by_operator=st.booleans())
    def terminate(self, data: st.DataObject, by_operator: bool) -> None:
        if story := self.pick(data, lambda story: story.agreed > WORLD.period() + 3):
            self.game.terminate(story, by_operator=by_operator)

    # operators and agents

    @rule(operator=operators)
    def prove(self, operator: str) -> None:
        self.game.prove(operator)

    @precondition(lambda self: any(map(asked, self.game.stories.values())))
    @rule(data=st.data(), honest=st.sampled_from([True, True, True, False]))
    def answer(self, data: st.DataObject, honest: bool) -> None:
        if story := self.pick(data, asked):
            self.game.answer(story, honest=honest)

    @rule(operator=operators, ahead=st.one_of(st.integers(0, 5), st.integers(0, 140)), by_agent=st.booleans())
    def declare(self, operator: str, ahead: int, by_agent: bool) -> None:
        self.game.declare(operator, WORLD.period() + ahead, AGENT if by_agent else operator)

    @rule(operator=operators, prove=st.booleans())
    def maintain(self, operator: str, prove: bool) -> None:
        """Declare the next period, be there, and look what it did to the deals."""
        self.game.declare(operator, WORLD.period() + 1, operator)
        self.game.wait_periods(1, diligent=True)
        if prove:
            self.game.prove(operator)
        self.game.wait_periods(1, diligent=True)
        for story in self.game.of(operator)[:3]:
            self.game.settle(story)

    @rule(operator=operators)
    def cheat(self, operator: str) -> None:
        """Once a term has run out, if one is about to."""
        ends = [story.record.end for story in self.game.of(operator) if self.game.is_live(story)]
        if ends and min(ends) <= WORLD.period() + 3:
            self.game.wait_periods(min(ends) - WORLD.period(), diligent=True)
        self.game.cheat(operator)

    @rule(operator=operators, count=st.integers(1, 6), by_agent=st.booleans())
    def rotate(self, operator: str, count: int, by_agent: bool) -> None:
        self.game.rotate(operator, count, AGENT if by_agent else operator)

    @rule(data=st.data())
    def truncate(self, data: st.DataObject) -> None:
        if story := self.pick(data):
            self.game.truncate(story)

    @rule(operator=operators, count=st.integers(1, 3))
    def shorten(self, operator: str, count: int) -> None:
        for _ in range(count):
            if placed := self.game.placed(operator):
                self.game.truncate(placed[-1])

    @rule(operator=operators)
    def tidy(self, operator: str) -> None:
        """As a careful agent does after its proof: settle all, drop and clear what is over."""
        self.game.keep(1)
        self.game.make_room(operator)

    @rule(operator=operators, cap=st.sampled_from([rules.MAX_PRICE, 10**4, 10, 0]))
    def set_cap(self, operator: str, cap: int) -> None:
        self.game.set_cap(operator, cap)

    @rule(operator=operators)
    def usurp(self, operator: str) -> None:
        """N1: an agent can't name another agent or payee, nor end a deal at its operator's cost."""
        registry = WORLD.money.registry
        self.game.refuse("registry: unknown", lambda: registry.set_agent(STRANGER, sender=AGENT))
        self.game.refuse("registry: unknown", lambda: registry.set_payee(STRANGER, sender=AGENT))
        if open_ := [story.deal for story in self.game.of(operator) if story.record.cursor]:
            self.game.refuse("deals: party", lambda: WORLD.terminate(open_[0], AGENT))
        assert registry.agent_and_payee(operator) == REGISTERED[operator]

    # anyone

    @rule(data=st.data())
    def settle(self, data: st.DataObject) -> None:
        if story := self.pick(data):
            self.game.settle(story)

    @precondition(lambda self: any(map(asked, self.game.stories.values())))
    @rule(data=st.data(), wait=st.booleans(), diligent=st.sampled_from([True, True, False]))
    def fail(self, data: st.DataObject, wait: bool, diligent: bool) -> None:
        if story := self.pick(data, asked):
            if story.challenge and wait:
                self.game.wait(story.challenge.due + 1 - block(), diligent=diligent)
            self.game.fail(story)

    @rule(data=st.data())
    def clear(self, data: st.DataObject) -> None:
        if story := self.pick(data, gone):
            self.game.clear(story)

    @rule(client=st.sampled_from(CLIENTS), amount=st.integers(1, WHOLE))
    def donate(self, client: str, amount: int) -> None:
        WORLD.money.payments.transfer(WORLD.deals.address, amount, sender=client)
        self.game.donated += amount
        self.game.before[client] -= amount

    # what has to hold

    @invariant()
    def every_slot_is_as_the_rules_say(self) -> None:
        """And D9: no bit is set but by the proofs made here."""
        for id_, story in self.game.stories.items():
            assert SLOTS.record(id_) == story.record
            assert SLOTS.challenge(id_) == story.challenge
        for operator in OPERATORS:
            assert SLOTS.ring(operator) == self.game.rings[operator]
            known = range(START, WORLD.period() + 150)
            assert SLOTS.attendance_of(operator, known) == rules.Attendance(
                self.game.proven[operator], self.game.declared[operator]
            )

    @invariant()
    def all_money_is_accounted_for(self) -> None:
        """D1 to D4, D11."""
        stories = self.game.stories.values()
        assert balance(WORLD.deals.address) == sum(story.held() for story in stories) + self.game.donated
        for story in stories:
            story.check_running(self.game.attendance(story.deal.operator))
            assert story.challenge is None or story.record.cursor
        for operator in OPERATORS:
            open_ = [story for story in self.game.of(operator) if story.record.cursor]
            assert locked(operator) == sum(story.deal.terms.collateral for story in open_)

    @invariant()
    def rings_are_tiled_and_frozen(self) -> None:
        """D7 for this period and the next, and D8: what a proof draws from never changes in its period."""
        now = WORLD.period()
        for operator in OPERATORS:
            ring, attendance = self.game.rings[operator], self.game.attendance(operator)
            for period in (now, now + 1):
                inside = self.game.places(operator, period)
                self.tile(inside, period, *ring.bounds_in(period))
                ids = {story.id for _, story in inside}
                living = [s for s in self.game.of(operator) if s.lives(period, now, attendance)]
                assert all(story.id in ids for story in living)
            frozen = ring.bounds_in(now), [place for place, _ in self.game.places(operator, now)]
            assert self.seen.setdefault((now, operator), frozen) == frozen

    def tile(self, inside: list[Any], period: int, tail: int, head: int) -> None:
        """The places lie one after another from tail to head."""
        at = tail
        for place, story in inside:
            assert (place.start, story.first <= period) == (at, True)
            at += place.price
        assert at == head

    @invariant()
    def maintenance_and_locks_have_their_bounds(self) -> None:
        """D9: no declared period is proven. D14. N2: what a stolen agent key has signed can lose no more than
        the limit."""
        for operator in OPERATORS:
            declared = self.game.declared[operator]
            assert not declared & self.game.proven[operator]
            assert all(count <= 2 for count in Counter(period // 32 for period in declared).values())
            assert locked(operator) * UNIT <= STAKE

    def teardown(self) -> None:
        try:
            self.all_ends()
        finally:
            self.chain.__exit__(None, None, None)

    def all_ends(self) -> None:
        """D12: with all parties silent for ever, a stranger's calls bring every deal to its end and all money
        to an owner; D3, D5, D6, D15 of what all deals moved."""
        ends = [story.record.end for story in self.game.stories.values()]
        WORLD.next_period(max([0, *(end - WORLD.period() for end in ends)]) + 3)
        for story in self.game.stories.values():
            if story.challenge:
                self.game.fail(story)
            if story.record.cursor:
                self.game.settle(story)
        for story in self.everything():
            story.check_moved(self.game.attendance(story.deal.operator))
        self.every_slot_is_as_the_rules_say()
        assert balance(WORLD.deals.address) == self.game.donated
        assert [locked(operator) for operator in OPERATORS] == [0, 0]
        self.everyone_got_their_due()
        self.no_weight_was_without_a_fee()

    def everyone_got_their_due(self) -> None:
        sums: Counter[str] = Counter()
        for story in self.everything():
            terms = story.deal.terms
            sums.update(
                {
                    terms.payee: story.paid + story.bonds,
                    terms.client: story.refunded - story.escrow - story.bonds,
                }
            )
            sums[WORLD.money.staking.address] += story.fees
        for account in sums:
            assert balance(account) - self.game.before.get(account, 0) == sums[account]
        for client in CLIENTS:
            slashed = [s.slashed // 2 for s in self.everything() if s.deal.terms.client == client]
            assert WORLD.money.staking.owed(client) == sum(slashed) * UNIT

    def no_weight_was_without_a_fee(self) -> None:
        """D15: a proven period cost the fee of every deal that lived and didn't fail in it."""
        due = sum(
            story.due(period)
            for story in self.everything()
            for period in story.lived(self.game.attendance(story.deal.operator))
            if period in self.game.proven[story.deal.operator]
        )
        assert due == sum(story.fees for story in self.everything())

    def everything(self) -> list[Story]:
        """All deals that ever were."""
        return [*self.game.stories.values(), *self.game.forgotten]

    def pick_live(self, data: st.DataObject) -> Story | None:
        """A deal, mostly one that lives; where nothing lives any more, the play begins anew."""
        for operator in OPERATORS:
            if not any(map(self.game.is_live, self.game.of(operator))):
                self.open(operator, data.draw(st.lists(offers, min_size=1, max_size=2)))
                self.game.wait_periods(1, diligent=True)
        return self.pick(data, self.game.is_live)

    def pick(self, data: st.DataObject, likely: Callable[[Story], object] = bool) -> Story | None:
        """A deal, mostly a likely one: moves that are always refused lead nowhere."""
        stories = [*self.game.stories.values()]
        chosen = [story for story in stories if likely(story)]
        if chosen and data.draw(st.integers(0, 7)):
            stories = chosen
        return data.draw(st.sampled_from(stories)) if stories else None


TestDeals = DealsMachine.TestCase
# an example costs as much as two of the other machines'
TestDeals.settings = settings(max_examples=settings.default.max_examples // 2)
