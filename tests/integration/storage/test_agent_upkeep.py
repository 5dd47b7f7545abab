"""The agent keeps its ring, settles, forgets and drops, and finds again what its journal lost."""

import secrets
from dataclasses import replace

import pytest

from tests.support.agent_world import HABITS, PERIOD, Provider
from tests.support.fake_chain import ForgetfulChain
from xmbl.storage import events
from xmbl.storage.journal import DealState

DATA = secrets.token_bytes(20_000)


def test_step__terms_never_opened__drops_their_bytes_after_the_deadline(provider: Provider) -> None:
    deal, _ = provider.sign(DATA, provider.period + 4)
    provider.steps(1)
    assert provider.holdings.has(deal.root)
    provider.mine(PERIOD + HABITS.confirmations)
    provider.steps(1)
    assert not provider.holdings.has(deal.root)
    assert provider.journal.deal(deal.id()) is None
    assert provider.of(events.BytesDropped) == [events.BytesDropped(deal.root, "its terms were never opened")]


def test_step__bytes_shared_with_an_open_deal__are_kept(provider: Provider) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 4)
    provider.sign(DATA, first + 4)
    provider.mine(PERIOD + HABITS.confirmations)
    provider.steps(1)
    assert provider.holdings.has(provider.journal.deals(DealState.OPEN)[0].deal.root)


def test_step__a_closed_deal__loses_its_bytes_when_the_close_is_final(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 1)
    provider.prove(first)
    provider.to_period(first + 1)
    provider.agent.step()
    assert provider.holdings.has(deal.root)
    provider.steps(6)
    assert not provider.holdings.has(deal.root)


def test_step__a_ring_of_holes__is_turned_and_cleared(provider: Provider) -> None:
    first = provider.period + 1
    deals = [provider.open(secrets.token_bytes(1000), first + 1, 40) for _ in range(3)]
    long = provider.open(DATA, first + 6, 5)
    for period in range(first, first + 5):
        provider.prove(period)
        provider.steps(6)
    ring = provider.market.ring(provider.address)
    assert (ring.tail, ring.head) == (0, 0) or ring.head - ring.tail == 5
    assert {event.action for event in provider.of(events.RingKept)} == {"ring_rotate", "deal_clear"}
    assert [provider.market.record(deal.id()).end for deal in deals] == [0, 0, 0]
    assert provider.proven(first, first + 4) == list(range(first, first + 5))
    assert provider.journal.deal(long.id()) is not None


def test_step__a_long_deal__is_settled_every_few_periods(provider: Provider) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 12)
    for period in range(first, first + 9):
        provider.prove(period)
    assert [event.cursor for event in provider.of(events.DealSettled)] == [first + 4, first + 8]


def test_step__a_settlement_that_failed_on_chain__is_sent_again_in_the_next_period(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 1)
    provider.prove(first)
    chain = provider.market.chain
    with monkeypatch.context() as short:
        # too little gas once: it is mined, and fails
        short.setattr(chain, "estimate", lambda *_: 30_000)
        provider.prove(first + 1)
    sent = provider.outbox.history()
    assert [receipt.status for receipt in sent if receipt.action == "deal_settle"] == [0]
    provider.prove(first + 2)
    assert [event.id for event in provider.of(events.DealClosed)] == [deal.id()]


def test_step__a_journal_that_lost_a_deal__reads_the_chain_again(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 3)
    provider.to_period(first)
    provider.steps(1)
    provider.to_period(first + 1)
    provider.journal.forget(deal.id())
    provider.steps()
    assert provider.proven(first, first + 1) == [first, first + 1]


def test_step__a_deal_in_the_journal_that_never_was__is_forgotten(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 3)
    ghost, _ = provider.sign(b"of a block that a reorg took back", first + 3, price=7)
    provider.steps(2)
    record = replace(provider.market.record(deal.id()), start=5, price=7)
    provider.journal.open(ghost, 33, record)
    provider.prove(first)
    provider.prove(first + 1)
    assert provider.proven(first, first + 1) == [first, first + 1]
    assert provider.journal.deal(ghost.id()) is None
    assert provider.holdings.roots() == [deal.root]


def test_step__an_opening_that_a_lagging_node_hid__is_known_by_its_record(provider: Provider) -> None:
    first = provider.period + 1
    provider.die()
    provider.start(chain=ForgetfulChain(provider.world.chain))
    deal = provider.open(DATA, first + 4)
    provider.mine(PERIOD + HABITS.confirmations)
    provider.steps(3)
    provider.die()
    provider.start()
    provider.prove(first + 2)
    assert provider.holdings.has(deal.root)
    assert provider.journal.deals(DealState.OPEN)[0].deal == deal
    assert provider.proven(first + 2, first + 2) == [first + 2]


def test_step__a_deal_that_was_signed_elsewhere__is_known_and_told_missing(provider: Provider) -> None:
    deal = provider.open(DATA, provider.period + 4, hold=False)
    provider.mine(HABITS.confirmations)
    provider.steps(1)
    assert provider.of(events.DealKnown) == [events.DealKnown(deal.id(), held=False, cid="")]


def test_start__bytes_without_a_deal__are_swept_once_nothing_old_can_be_opened(provider: Provider) -> None:
    root = provider.hold(DATA)
    provider.die()
    provider.start()
    provider.steps(1)
    assert provider.holdings.has(root)
    provider.mine(2 * PERIOD)
    provider.steps(1)
    assert not provider.holdings.has(root)


def test_start__with_its_journal_lost__reads_its_deals_from_the_chain_and_keeps_their_bytes(
    provider: Provider,
) -> None:
    first = provider.period + 1
    open_deal = provider.open(DATA, first + 8)
    signed, signature = provider.sign(secrets.token_bytes(1000), first + 8)
    provider.steps(4)
    provider.die()
    for path in provider.folder.glob("journal.sqlite*"):
        path.unlink()
    provider.start()
    provider.steps(1)
    provider.world.send(provider.client, provider.market.deals.open(signed, signature))
    for period in range(first, first + 4):
        provider.prove(period)
    assert provider.proven(first, first + 3) == list(range(first, first + 4))
    assert provider.holdings.has(open_deal.root)
    assert provider.holdings.has(signed.root)


def test_step__misses_up_to_the_limit__close_the_deal_and_free_its_place(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 9)
    provider.holdings.drop(deal.root)
    for period in range(first, first + 5):
        provider.prove(period)
    provider.steps(8)
    closed = provider.of(events.DealClosed)
    assert [(event.id, event.unlocked) for event in closed] == [(deal.id(), deal.terms.collateral % 3)]
    assert len(provider.of(events.PeriodMissed)) == 3
    assert replace(provider.market.ring(provider.address), frozen=0, cap=0).head == 0


class Died(Exception):
    """The node's process ends here."""


@pytest.mark.parametrize(
    "last",
    [
        events.PeriodProven,
        events.DealSettled,
        events.RingKept,
        events.BytesDropped,
    ],
)
def test_step__died_at_any_event__ends_as_if_it_had_not(provider: Provider, last: type[events.Event]) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 3)

    def tell(event: events.Event) -> None:
        provider.told.append(event)
        if isinstance(event, last):
            raise Died

    provider.die()
    provider.start(emit=tell)
    died = 0
    for period in range(first, first + 6):
        provider.to_period(period)
        for _ in range(5):
            try:
                provider.agent.step()
            except Died:
                died += 1
                provider.die()
                provider.start()
            provider.mine()
    assert died == 1
    assert provider.proven(first, first + 3) == [first, first + 1, first + 2]
    assert provider.market.payments.balance_of(provider.address) == 3 * 5 * 10**12 * 98 // 100
    assert provider.market.record(deal.id()).end == 0
    assert not provider.holdings.has(deal.root)
    assert provider.journal.deal(deal.id()) is None
    keys = [receipt.key for receipt in provider.outbox.history()]
    assert len(keys) == len(set(keys))
    assert [receipt.status for receipt in provider.outbox.history()] == [1] * len(keys)
