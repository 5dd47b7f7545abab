"""A market that a random machine plays in: every move is made on the chain and by the rules, which agree.

The ghost state is the rules' own: records, rings, attendance and challenges. Agents sign whatever they are
asked to, so the machine shows what a stolen agent key can do as well.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import boa

from tests.support.boa_world import WHOLE, block, mine, person
from tests.support.deal_slots import DealSlots
from tests.support.deal_story import Story, escrow_of
from tests.support.deals_world import PARAMETERS, World, deploy_world
from tests.support.play import agree
from tests.support.slots import Slots
from xmbl.crypto.typed_data import Deal
from xmbl.errors import Reverted
from xmbl.storage import drawing, rings, rules
from xmbl.storage.drawing import Place, Step
from xmbl.storage.rules import NEVER, NOWHERE, Attendance, Moment

LIMIT = PARAMETERS.limit
STAKE = 2 * 10**5 * WHOLE

WORLD: World = deploy_world()
WORLD.next_period(120)  # soon the bitmaps cross a word
START = WORLD.period()
SLOTS = DealSlots(WORLD.deals)
OPERATORS = [WORLD.operator(role, stake=STAKE) for role in ("provider", "rival")]
CLIENTS = [WORLD.client(role, amount=10**6 * WHOLE) for role in ("client", "second client")]
STRANGER = person("stranger")
REGISTERED = {each: WORLD.money.registry.agent_and_payee(each) for each in OPERATORS}
_ACCOUNTS = Slots(WORLD.money.payments, "ledger", "_accounts")
_LOCKS = Slots(WORLD.money.staking, "collateral", "_locks")


def balance(account: str) -> int:
    """Wei of an account in Payments."""
    return _ACCOUNTS[account] & 2**112 - 1


def locked(operator: str) -> int:
    """Units of the operator's stake that the market holds."""
    return _LOCKS[operator, WORLD.deals.address] >> 60 & 2**60 - 1


class Game:
    """Two operators, two clients and their deals: `stories` by id, of which `forgotten` ones are cleared."""

    def __init__(self) -> None:
        self.rings = {operator: SLOTS.ring(operator) for operator in OPERATORS}
        self.proven: dict[str, set[int]] = {operator: set() for operator in OPERATORS}
        self.declared: dict[str, frozenset[int]] = defaultdict(frozenset)
        self.stories: dict[bytes, Story] = {}
        self.forgotten: list[Story] = []
        self.before = {client: balance(client) for client in CLIENTS}
        self.donated = 0

    # what there is

    def attendance(self, operator: str) -> Attendance:
        """What the operator proved and declared."""
        return Attendance(self.proven[operator], self.declared[operator])

    def moment(self, operator: str) -> Moment:
        """Now, for deals of the operator."""
        return Moment(block(), self.attendance(operator), PARAMETERS)

    def is_live(self, story: Story) -> bool:
        """Whether a deal lives now."""
        return self.moment(story.deal.operator).is_live(story.record)

    def of(self, operator: str) -> list[Story]:
        """The operator's deals that aren't forgotten."""
        return [story for story in self.stories.values() if story.deal.operator == operator]

    def placed(self, operator: str) -> list[Story]:
        """The operator's deals in the ring of the next period, ascending."""
        inside = [story for story in self.of(operator) if story.record.start != NOWHERE]
        return sorted(inside, key=lambda story: story.record.start)

    def places(self, operator: str, period: int) -> list[tuple[Place, Story]]:
        """Where the operator's deals lie in the ring of this or the next period, ascending."""
        found = []
        now, attendance = WORLD.period(), self.attendance(operator)
        for story in self.of(operator):
            record, start = story.record, story.record.start_in(period)
            if start == NOWHERE:
                continue
            end, missed = rules.ends(record, attendance, now, LIMIT)
            # half of the operators' deals that are over still have their bytes
            spared = (end, missed, story.deal.terms.salt % 2) == (now, LIMIT, 0)
            found.append((Place(start, record.price, record.leaves, end <= now, spared), story))
        tail, head = self.rings[operator].bounds_in(period)
        return sorted(
            (each for each in found if tail <= each[0].start < head), key=lambda each: each[0].start
        )

    # periods

    def wait(self, blocks: int, *, diligent: bool) -> None:
        """Let blocks pass. Who is diligent proves each period that ends; by its bit, as proofs take long."""
        end = block() + blocks
        while block() < end:
            rest_of_period = PARAMETERS.period - block() % PARAMETERS.period
            if diligent and block() + rest_of_period <= end:
                for operator in OPERATORS:
                    self._book(operator)
            mine(min(rest_of_period, end - block()))

    def wait_periods(self, periods: int, *, diligent: bool) -> None:
        """Let periods pass, up to the second block of the last."""
        self.wait(
            (WORLD.period() + periods) * PARAMETERS.period + 1 - block(),
            diligent=diligent,
        )

    def keep(self, periods: int) -> None:
        """Let periods pass that all operators prove, the last of them in full."""
        self.wait_periods(periods, diligent=True)
        for operator in OPERATORS:
            self.prove(operator)

    def _book(self, operator: str) -> None:
        now, (tail, head) = WORLD.period(), self.rings[operator].bounds_in(WORLD.period())
        if tail != head and now not in self.attendance(operator):
            SLOTS.prove_all_but(operator, (), range(now, now + 1))
            self.proven[operator].add(now)

    def prove(self, operator: str) -> None:
        """Prove the present period as far as that is possible; else see why not."""
        now, call = WORLD.period(), WORLD.deals.prove
        if now in self.proven[operator]:
            self.refuse("deals: proven", lambda: call(operator, 1, []))
        elif now in self.declared[operator]:
            self.refuse("deals: declared", lambda: call(operator, 1, []))
        elif block() % PARAMETERS.period:
            try:
                arguments = self.proof(operator)
            except Reverted:
                return
            call(*arguments, sender=STRANGER)
            self.proven[operator].add(now)

    def cheat(self, operator: str) -> None:
        """Show bytes of deals that are over and not spared as if they lived: never a proof."""
        places = self.places(operator, WORLD.period())
        now = WORLD.period()
        honest = {
            story.id
            for place, story in places
            if rules.is_spared(story.record, self.attendance(operator), now, LIMIT)
        }
        forged = [(replace(place, spared=place.over), story) for place, story in places]
        over = any(place.over and story.id not in honest for place, story in forged)
        if over and now not in self.attendance(operator) and block() % PARAMETERS.period:
            operator, plan, words, steps = self._proof(operator, forged)
            if any(step.spared and forged[step.place][1].id not in honest for step in steps):
                with boa.reverts():
                    WORLD.deals.prove(operator, plan, words)

    def proof(self, operator: str) -> tuple[str, int, list[bytes]]:
        """The arguments of `prove`; raises what the rules refuse."""
        return self._proof(operator, self.places(operator, WORLD.period()))[:3]

    def _proof(
        self, operator: str, places: Sequence[tuple[Place, Story]]
    ) -> tuple[str, int, list[bytes], list[Step]]:
        tail, head = self.rings[operator].bounds_in(WORLD.period())
        steps = drawing.plan_proof(WORLD.seed(operator), tail, head, [place for place, _ in places])
        words: list[bytes] = []
        for step in steps:
            story = places[step.place][1]
            words += WORLD.name(story.deal) if step.named else ()
            words += story.tree.words(step.leaf) if step.leaf is not None else ()
        return operator, drawing.plan_bits(steps), words, steps

    def declare(self, operator: str, period: int, sender: str) -> None:
        """Declare maintenance."""
        declared = self.declared[operator]
        self.declared[operator] = agree(
            declared,
            lambda: WORLD.declare(operator, period, sender),
            lambda: rules.declare(declared, period, WORLD.period()),
        )

    # deals

    def open(self, operator: str, client: str, tree: Any, price: int, span: int) -> None:
        """Open a deal, if the cap allows it."""
        collateral = PARAMETERS.least_collateral(price) * (366 + span) // 366
        terms = WORLD.terms(
            client, operator, span, price=price, leaves=tree.leaves, collateral=collateral,
            client_notice=2 + span % 2, operator_notice=2 + span % 5, exit=span % (LIMIT + 1),
        )  # fmt: skip
        deal, now, ring = Deal(operator, tree.root, terms), WORLD.period(), self.rings[operator]
        none = (ring, NEVER)
        opened = agree(none, lambda: self.send_open(deal), lambda: rings.append(ring, terms, now))
        if opened is none:
            return
        self.rings[operator], record = opened
        self.stories[deal.id()] = Story(deal, tree, now, record, terms.end, escrow_of(deal, now))

    def send_open(self, deal: Deal) -> None:
        """Open a deal, or open it again."""
        WORLD.deals.open(deal.as_tuple(), WORLD.sign(deal), sender=deal.terms.client)

    def settle(self, story: Story) -> None:
        """Settle; D10: the stored end falls only to where the misses put it, and never rises."""
        record, terms, now = story.record, story.deal.terms, self.moment(story.deal.operator)
        done = agree(
            None, lambda: WORLD.settle(story.deal, STRANGER), lambda: rules.settle(record, terms, now)
        )
        if done is not None:
            story.add(done)
            assert done.record.end in (record.end, [*story.lived(now.attendance)][-1] + 1)
            assert done.record.end <= record.end

    def challenge(self, story: Story, leaf: int) -> None:
        """Ask for a leaf."""
        record, terms, now = story.record, story.deal.terms, self.moment(story.deal.operator)
        asked = agree(
            None,
            lambda: WORLD.challenge(story.deal, leaf),
            lambda: rules.challenge(record, terms, leaf, now),
        )
        if asked is not None:
            story.record, story.challenge = asked
            story.bonds += PARAMETERS.bond

    def answer(self, story: Story, *, honest: bool = True) -> None:
        """Show the leaf that is asked for, or another one."""
        leaf = story.challenge.leaf if story.challenge else 0
        words = story.tree.words(leaf)
        if story.challenge and block() <= story.challenge.due and not honest:
            forged = [bytes(32), *words[1:]]
            self.refuse("deals: root", lambda: WORLD.deals.answer(story.deal.as_tuple(), forged))
            return
        before = story.record
        story.record = agree(
            before,
            lambda: WORLD.deals.answer(story.deal.as_tuple(), words, sender=STRANGER),
            lambda: rules.answer(before, story.challenge, block()),
        )
        story.challenge = story.challenge if story.record is before else None

    def fail(self, story: Story) -> None:
        """Complain of a leaf that nobody showed."""
        record, challenge, terms = story.record, story.challenge, story.deal.terms
        now = self.moment(story.deal.operator)
        done = agree(
            None,
            lambda: WORLD.fail(story.deal, STRANGER),
            lambda: rules.fail(record, challenge, terms, now),
        )
        if done is not None:
            story.add(done)
            story.challenge, story.failed = None, now.period
            story.agreed = min(story.agreed, now.period + 1)

    def extend(self, story: Story, end: int) -> None:
        """Prolong a deal; D10: only while it lives."""
        before, now = story.record, self.moment(story.deal.operator)
        arguments = WORLD.extension(story.deal, end, old_end=before.end)
        story.record = agree(
            before,
            lambda: WORLD.deals.extend(*arguments, sender=story.deal.terms.client),
            lambda: rules.extend(before, end, arguments[2], now),
        )
        if story.record is not before:
            assert story.lives(now.period, now.period, now.attendance)
            story.agreed = end
            story.escrow += story.unit * (end - before.end)

    def terminate(self, story: Story, *, by_operator: bool) -> None:
        """End a deal early; D10: not in this period."""
        before, terms, now = story.record, story.deal.terms, WORLD.period()
        sender = story.deal.operator if by_operator else terms.client
        story.record = agree(
            before,
            lambda: WORLD.terminate(story.deal, sender),
            lambda: rules.terminate(before, terms, now, by_operator=by_operator),
        )
        if story.record is not before:
            assert now < story.record.end < before.end
            story.agreed, story.exited = story.record.end, story.record.exited
            story.refunded += story.unit * (before.end - story.record.end)

    # upkeep

    def rotate(self, operator: str, count: int, sender: str) -> None:
        """Turn deals at the tail."""
        now, ring, at_tail = WORLD.period(), self.rings[operator], self.placed(operator)[:count]
        records = [story.record for story in at_tail]
        names = [WORLD.name(story.deal) for story in at_tail]
        self.rings[operator], after = agree(
            (ring, records),
            lambda: WORLD.deals.rotate(operator, names, sender=sender),
            lambda: rings.rotate(ring, records, self.attendance(operator), now, LIMIT),
        )
        for story, record in zip(at_tail, after, strict=True):
            story.record = record
            self._not_back(story)

    def truncate(self, story: Story) -> None:
        """Cut a deal off the head."""
        operator, now = story.deal.operator, WORLD.period()
        ring, record = self.rings[operator], story.record
        self.rings[operator], story.record = agree(
            (ring, record),
            lambda: WORLD.deals.truncate(operator, WORLD.name(story.deal), sender=operator),
            lambda: rings.truncate(ring, record, self.attendance(operator), now, LIMIT),
        )
        self._not_back(story)

    def _not_back(self, story: Story) -> None:
        """What has left the ring in its last period isn't extended."""
        if story.record.start == NOWHERE and self.is_live(story):
            self.extend(story, story.record.end + 1)

    def clear(self, story: Story) -> None:
        """Forget a deal."""
        record = story.record
        story.record = agree(
            record,
            lambda: WORLD.deals.clear([story.id], sender=STRANGER),
            lambda: rules.clear(record, WORLD.period()),
        )
        if story.record == NEVER and record != NEVER:
            assert SLOTS.record(story.id) == NEVER
            self.forgotten.append(self.stories.pop(story.id))

    def set_cap(self, operator: str, cap: int) -> None:
        """Let the ring grow by so much."""
        WORLD.deals.set_cap(cap, sender=operator)
        self.rings[operator] = replace(self.rings[operator], cap=cap)

    def make_room(self, operator: str) -> None:
        """Turn the ring and forget what is over, as a careful agent does."""
        self.rotate(operator, 64, operator)
        self.wait_periods(1, diligent=True)
        for story in self.of(operator):
            if story.challenge:
                (self.fail if block() > story.challenge.due else self.answer)(story)
            self.settle(story)
            self.clear(story)

    def refuse(self, reason: str, call: Callable[[], Any]) -> None:
        """A call that has to be refused for this reason."""

        def refused() -> None:
            raise Reverted(reason, reason)

        agree(None, call, refused)
