"""Random play of a reader and a holder of paid windows, who die at any step, beside a payer who cheats.

After every step: the holder gave no window for which it has no voucher on its disk; the reader promised no
more than its limits; a death or a refusal cost it a window at most; what the chain paid was promised.
"""

import shutil
import tempfile
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.vouchers import (
    ATTACKER,
    DEAL,
    HOLDER,
    MARGIN,
    OTHER_DEAL,
    READER,
    Died,
    FakeLedger,
    FakeOutbox,
    Mortal,
    purse,
    signed,
    till,
)  # fmt: skip
from xmbl.errors import Refused
from xmbl.payments import agent, client
from xmbl.payments import till as payee_side
from xmbl.payments.agent import Habits, PaymentsAgent
from xmbl.payments.policy import Lane, Limits, Window

PRICE = 10**14
LIMITS = Limits(peer=14 * PRICE, subject=9 * PRICE, day=6 * PRICE)
deals = st.sampled_from([DEAL, OTHER_DEAL])
deaths = st.sampled_from([None, None, None, *client.Point, *payee_side.Point])


class PaidReads(RuleBasedStateMachine):
    """`served` counts windows by deal, `lost` those that a death or a refusal may have cost."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.ledger = FakeLedger(balances={READER.address: 4 * PRICE})
        self.outbox = FakeOutbox(self.ledger)
        self.served = {DEAL: 0, OTHER_DEAL: 0}
        self.lost = {DEAL: 0, OTHER_DEAL: 0}
        self.day = 1
        self.books = []
        self.open_reader()
        self.open_holder()

    def teardown(self) -> None:
        for book in self.books:
            book.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def open_reader(self, point: object = None) -> None:
        self.purse, self.promises = purse(self.folder, LIMITS, day=self.day, reached=Mortal(point))
        self.books.append(self.promises)

    def open_holder(self, point: object = None) -> None:
        self.till, self.book = till(self.folder, self.ledger, reached=Mortal(point))
        self.books.append(self.book)

    @rule(deal=deals, windows=st.integers(1, 4), death=deaths)
    def read(self, deal: bytes, windows: int, death: object) -> None:
        """A stream of so many windows, on which somebody may die."""
        if isinstance(death, client.Point):
            self.open_reader(death)
        if isinstance(death, payee_side.Point):
            self.open_holder(death)
        redeemed = self.ledger.paid[READER.address, HOLDER, deal]
        self.purse.recall(HOLDER, deal, self.till.best(READER.address, HOLDER, deal), redeemed)
        for _ in range(windows):
            try:
                voucher = self.purse.pay(HOLDER, deal, PRICE)
                self.till.take(voucher, Window(HOLDER, deal, PRICE))
            except Refused:
                break
            except Died:
                self.lost[deal] += 1
                break
            self.served[deal] += 1
        self.open_reader()
        self.open_holder()

    @rule(deal=deals, cumulative=st.integers(0, 12))
    def replay(self, deal: bytes, cumulative: int) -> None:
        """A voucher that may be old, or by somebody else's key, is shown for another window."""
        signer = READER if cumulative * PRICE <= self.promises.promised(HOLDER, deal) else ATTACKER
        voucher = signed(cumulative * PRICE, signer, subject=deal, expiry=self.ledger.block + 2 * MARGIN)
        try:
            self.till.take(voucher, Window(HOLDER, deal, PRICE))
        except Refused:
            return
        self.served[deal] += 1

    @rule()
    def next_day(self) -> None:
        self.day += 1
        self.open_reader()

    @rule(windows=st.integers(1, 20))
    def deposit(self, windows: int) -> None:
        self.ledger.balances[READER.address] = self.ledger.balances.get(READER.address, 0) + windows * PRICE

    @rule()
    def withdraw(self) -> None:
        """All that isn't in the lane goes, whatever was promised."""
        self.ledger.balances[READER.address] = 0

    @rule(windows=st.integers(1, 20))
    def reserve(self, windows: int) -> None:
        key, until = (READER.address, HOLDER), self.ledger.block + 3 * MARGIN
        amount = self.ledger.lanes.get(key, Lane(0, 0)).amount
        self.ledger.lanes[key] = Lane(amount + windows * PRICE, until)

    @rule(windows=st.integers(1, 9), number=st.integers(0, 99))
    def drain_the_lane(self, windows: int, number: int) -> None:
        """The payer redeems a voucher of its own for junk."""
        junk = signed(windows * PRICE, subject=b"junk" + bytes([number]) * 28, expiry=self.ledger.block)
        self.ledger.collect([junk])

    @rule(
        blocks=st.integers(1, MARGIN), point=st.sampled_from([None, None, *agent.Point]), mined=st.booleans()
    )
    def redeem(self, blocks: int, point: object, mined: bool) -> None:
        """The agent looks, perhaps for the last time, and may have to wait for its block."""
        self.ledger.block += blocks
        self.outbox.eager = mined
        habits, told = Habits(margin=MARGIN, look=1), []
        made = PaymentsAgent(self.ledger, self.book, self.outbox, habits, told.append, reached=Mortal(point))
        try:
            made.step()
        except Died:
            self.open_holder()

    @precondition(lambda self: self.outbox.jobs)
    @rule()
    def mine(self) -> None:
        self.outbox.mine()

    @invariant()
    def the_holder_gave_nothing_unpaid(self) -> None:
        for deal, windows in self.served.items():
            held = self.book.held(READER.address, HOLDER, deal)
            assert windows * PRICE <= (held.signed.voucher.cumulative if held else 0)

    @invariant()
    def the_reader_lost_a_window_a_death_at_most(self) -> None:
        for deal, windows in self.served.items():
            promised = self.promises.promised(HOLDER, deal)
            held = self.book.held(READER.address, HOLDER, deal)
            assert (held.signed.voucher.cumulative if held else 0) <= promised
            # what was promised and refused is promised still, and needs no second promise
            assert promised <= (windows + self.lost[deal] + 1) * PRICE

    @invariant()
    def no_limit_is_passed(self) -> None:
        spending = self.promises.spending(HOLDER, DEAL, self.day)
        assert spending.peer <= LIMITS.peer
        assert spending.subject <= LIMITS.subject
        assert spending.day <= LIMITS.day

    @invariant()
    def the_chain_paid_what_was_held(self) -> None:
        for deal in self.served:
            held = self.book.held(READER.address, HOLDER, deal)
            paid = self.ledger.paid[READER.address, HOLDER, deal]
            assert paid <= (held.signed.voucher.cumulative if held else 0)
            assert held is None or held.redeemed <= paid or self.outbox.jobs


TestPaidReads = PaidReads.TestCase
