"""Vouchers are redeemed in batches that are worth it and before it is too late, each once, whatever dies."""

import pytest

from tests.support.vouchers import (
    BLOCK,
    DEAL,
    HOLDER,
    MARGIN,
    OTHER,
    OTHER_DEAL,
    PRICE,
    READER,
    SIGNER,
    Died,
    FakeLedger,
    FakeOutbox,
    Mortal,
    signed,
)  # fmt: skip
from xmbl.payments.agent import Habits, PaymentsAgent, Point
from xmbl.payments.book import Book
from xmbl.payments.events import RedeemDelayed, VoucherLapsed, VouchersRedeemed
from xmbl.payments.policy import Lane

SMALL = 10**14
"""More than its gas costs, and not worth a transaction."""


class Operator:
    """An agent that starts, dies and starts again on the same files."""

    def __init__(self, folder):
        self.folder = folder
        self.ledger = FakeLedger()
        self.outbox = FakeOutbox(self.ledger)
        self.told = []
        self.start()

    def start(self, **more):
        self.book = Book(self.folder / "book.sqlite")
        habits = Habits(margin=MARGIN, look=1)
        self.agent = PaymentsAgent(self.ledger, self.book, self.outbox, habits, self.told.append, **more)

    def hold(self, *vouchers, signer=READER.address):
        for voucher in vouchers:
            self.book.hold(voucher, signer, 0)

    def step(self, blocks=0):
        self.ledger.block += blocks
        self.agent.step()

    def of(self, kind):
        return [event for event in self.told if isinstance(event, kind)]


@pytest.fixture
def operator(tmp_path):
    return Operator(tmp_path)


def test_step__worth_the_gas__redeems_all_at_once(operator):
    operator.hold(signed(2 * PRICE), signed(PRICE, subject=OTHER_DEAL))
    operator.step()
    assert operator.of(VouchersRedeemed) == [VouchersRedeemed(HOLDER, 2, 3 * PRICE, 50_000, "0x01")]
    assert operator.book.open() == operator.book.batches() == []
    operator.step(blocks=1)
    assert len(operator.outbox.jobs) == 1


def test_step__not_worth_the_gas__waits(operator):
    operator.hold(signed(SMALL))
    operator.step()
    assert operator.outbox.jobs == {}


@pytest.mark.parametrize("limit", ["expiry", "signer", "lane"])
def test_step__what_cannot_wait__is_redeemed_before_it_is_too_late(operator, limit):
    end = BLOCK + MARGIN + 100
    if limit == "expiry":
        operator.hold(signed(SMALL, expiry=end))
    elif limit == "signer":
        operator.ledger.signers[READER.address, SIGNER.address] = end + 1
        operator.hold(signed(SMALL, SIGNER), signer=SIGNER.address)
    else:
        operator.ledger.lanes[READER.address, HOLDER] = Lane(SMALL, end + 1)
        operator.hold(signed(SMALL))
    operator.step(blocks=99)
    assert operator.outbox.jobs == {}
    operator.step(blocks=1)
    assert operator.of(VouchersRedeemed)[0].paid == SMALL


def test_step__an_account_that_sinks_below_what_is_owed__is_redeemed_at_once(operator):
    operator.hold(signed(2 * SMALL))
    operator.ledger.balances[READER.address] = SMALL
    operator.step()
    assert operator.of(VouchersRedeemed)[0].paid == SMALL
    assert operator.book.open()[0].owed == SMALL
    operator.step(blocks=1)
    assert len(operator.outbox.jobs) == 1


def test_step__past_its_expiry__is_given_up_and_told(operator):
    operator.hold(signed(5, expiry=BLOCK))
    operator.step()
    assert operator.told == []
    operator.step(blocks=1)
    assert operator.told == [VoucherLapsed(READER.address, DEAL, 5)]
    assert operator.book.open() == []


def test_step__several_payees__are_redeemed_apart(operator):
    operator.hold(signed(PRICE), signed(PRICE, payee=OTHER))
    operator.step()
    assert {event.payee for event in operator.of(VouchersRedeemed)} == {HOLDER, OTHER}


def test_step__another_payee_while_one_waits_to_be_mined__sends_each_once(operator):
    operator.outbox.eager = False
    operator.hold(signed(PRICE))
    operator.step()
    operator.hold(signed(PRICE, payee=OTHER))
    operator.step(blocks=1)
    assert [call.to for call in operator.outbox.jobs.values()] == [HOLDER, OTHER]


def test_step__redeemed_by_somebody_else__sends_nothing(operator):
    operator.hold(signed(PRICE))
    operator.ledger.collect([signed(PRICE)])
    operator.step()
    assert operator.outbox.jobs == {}


def test_step__still_pending__begins_no_second_batch(operator):
    operator.outbox.eager = False
    operator.hold(signed(PRICE))
    operator.step()
    operator.hold(signed(3 * PRICE))
    operator.step(blocks=5)
    assert len(operator.outbox.jobs) == 1
    operator.outbox.mine()
    operator.step(blocks=1)
    assert operator.ledger.income[HOLDER] == PRICE
    assert len(operator.outbox.jobs) == 2


def test_step__one_voucher_spoils_the_batch__the_others_are_redeemed(operator):
    operator.hold(signed(PRICE), signed(2 * PRICE, OTHER_SIGNER, subject=OTHER_DEAL))
    operator.step()
    operator.step(blocks=1)
    assert operator.ledger.income[HOLDER] == PRICE
    assert "signer" in operator.of(RedeemDelayed)[0].reason


OTHER_SIGNER = SIGNER
"""Its authority was withdrawn, and the book thinks that the payer signed."""


@pytest.mark.parametrize("point", list(Point))
def test_step__died_at_any_point__pays_once(operator, point):
    operator.hold(signed(2 * PRICE), signed(PRICE, subject=OTHER_DEAL))
    operator.start(reached=Mortal(point))
    with pytest.raises(Died):
        operator.step()
    operator.start()
    for _ in range(3):
        operator.step(blocks=1)
    assert operator.ledger.income[HOLDER] == 3 * PRICE
    assert len(operator.outbox.jobs) == 1
    assert operator.book.open() == operator.book.batches() == []
