"""Bytes that cost, over libp2p and a real chain: an honest reader gets all, an honest holder its price."""

from dataclasses import replace

import pytest
import trio
from eth_account import Account

from tests.support.paid_reads import COST, LIMITS, PLAIN, SELLING, STEP, STEP_PRICE, reading, sealed_bytes
from tests.support.paid_story import Story, failing, whole
from tests.support.storage_peers import MARGIN, Meeting, meeting, play
from xmbl.payments.agent import Habits, PaymentsAgent
from xmbl.payments.book import Book
from xmbl.payments.client import LASTS
from xmbl.payments.events import VouchersRedeemed
from xmbl.payments.ledger import ChainLedger
from xmbl.payments.wire import SignedVoucher
from xmbl.storage import leaf_pace
from xmbl.storage.quotes import reach
from xmbl.storage.wire import STREAM, LeafReply, LeafRequest, PaidRead, ReadReady
from xmbl.units import WHOLE


def test_read__with_a_purse__gets_every_byte_and_the_holder_gets_its_price(story: Story) -> None:
    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met:
            assert await whole(met, story, story.purse()) == PLAIN

    play(scene)
    assert story.promised() == story.held() == COST


def test_read__paid__is_redeemed_on_chain_to_the_wei(story: Story) -> None:
    test_read__with_a_purse__gets_every_byte_and_the_holder_gets_its_price(story)
    provider, told = story.provider, []
    ledger = ChainLedger(provider.market.chain, provider.market.payments)
    book = Book(provider.folder / "vouchers.sqlite")
    before = provider.market.payments.balance_of(provider.address)
    agent = PaymentsAgent(ledger, book, provider.outbox, Habits(margin=MARGIN, look=1), told.append)
    agent.step()
    provider.mine()
    agent.step()
    assert provider.market.payments.balance_of(provider.address) - before == COST
    assert [(event.payee, event.vouchers, event.paid) for event in told] == [(provider.address, 1, COST)]
    assert book.open() == book.batches() == []
    book.close()


def test_read__not_worth_the_gas__is_redeemed_before_it_expires(story: Story) -> None:
    provider, told, few = story.provider, [], 10**14
    ledger = ChainLedger(provider.market.chain, provider.market.payments)
    book, block = Book(story.folder / "book.sqlite"), provider.market.block_number()
    book.hold(story.voucher(few, expiry=block + 2 * MARGIN), story.reader.address, 0)
    agent = PaymentsAgent(ledger, book, provider.outbox, Habits(margin=MARGIN, look=1), told.append)
    agent.step()
    assert book.batches() == []
    provider.mine(MARGIN)
    for _ in range(2):
        agent.step()
        provider.mine()
    assert [(type(event), event.paid) for event in told] == [(VouchersRedeemed, few)]
    book.close()


def test_read__free__needs_no_voucher(story: Story) -> None:
    async def scene() -> None:
        async with meeting(story.provider) as met:
            assert await whole(met, story, story.purse()) == await whole(met, story, None) == PLAIN

    play(scene)
    assert story.promised() == story.held() == 0


def test_read__without_a_purse__is_refused_where_it_costs(story: Story) -> None:
    assert "Reading here costs 0.001 XMBL for a MiB" in failing(story, lambda met: whole(met, story, None))


def test_leaf__where_reads_cost__stays_free(story: Story) -> None:
    async def scene() -> None:
        async with (
            meeting(story.provider, will=SELLING) as met,
            reach(met.host, met.peer, STREAM) as channel,
        ):
            await channel.send(LeafRequest(story.deal.root, 7).encode())
            LeafReply.decode(await channel.receive())

    play(scene)


def test_leaf__asked_for_without_end_where_reads_cost__comes_too_slowly_to_read_by(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaf_pace, "LEAVES", 5)
    monkeypatch.setattr(leaf_pace, "RATE", 1 / 3_600)

    async def scene() -> None:
        async with (
            meeting(story.provider, will=SELLING) as met,
            reach(met.host, met.peer, STREAM) as channel,
        ):
            for _ in range(5):
                await channel.send(LeafRequest(story.deal.root, 7).encode())
                LeafReply.decode(await channel.receive())
            await channel.send(LeafRequest(story.deal.root, 7).encode())
            with trio.move_on_after(0.2) as waiting:
                await channel.receive()
            assert waiting.cancelled_caught
            # who pays isn't held up by those who don't
            assert await whole(met, story, story.purse()) == PLAIN

    play(scene)


def test_read__beyond_the_purse__takes_what_was_paid_and_says_why_it_stops(story: Story) -> None:
    got: list[bytes] = []

    async def work(met: Meeting) -> None:
        async with reading(met, story.deal, story.purse(most=4 * STEP_PRICE)) as chunks:
            async for plain in chunks:
                got.append(plain)

    assert "is above what is left for this" in failing(story, work)
    assert b"".join(got) == PLAIN[: sum(map(len, got))]
    assert len(got) == 4
    assert story.promised() == story.held() == 4 * STEP_PRICE


def test_read__beyond_a_limit_for_the_deal__is_not_promised(story: Story) -> None:
    limits = replace(LIMITS, subject=2 * STEP_PRICE)
    told = failing(story, lambda met: whole(met, story, story.purse(limits=limits)))
    assert "for this deal, above the limit of" in told
    assert story.promised() == 2 * STEP_PRICE


# what a holder refuses


async def asked(met: Meeting, story: Story, voucher: SignedVoucher, length: int = STEP) -> bytes:
    """One range for a voucher of the test's making."""
    async with reach(met.host, met.peer, STREAM) as channel:
        await channel.send(PaidRead(story.deal.id(), 0, length, voucher).encode())
        assert ReadReady.decode(await channel.receive()).length == length
        return await channel.receive_bytes(length)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"cumulative": STEP_PRICE - 1}, "is due at"),
        ({"signer": Account.create()}, "may not sign for"),
        ({"payer": Account.create().address}, "may not sign for"),
        ({"payee": Account.create().address}, "pays somebody else"),
        ({"subject": bytes(32)}, "pays somebody else"),
        ({"expiry": 1}, "expires in block 1"),
        ({"cumulative": 10**6 * WHOLE}, "short of what your vouchers come to"),
    ],
    ids=["too low", "signature", "payer", "payee", "subject", "stale", "uncovered"],
)
def test_read__for_a_voucher_that_would_not_be_paid__is_refused(story: Story, changed, reason: str) -> None:
    voucher = story.voucher(**{"cumulative": STEP_PRICE, **changed})
    assert reason in failing(story, lambda met: asked(met, story, voucher))
    assert story.held() == 0


def test_read__for_the_same_voucher_again__is_refused(story: Story) -> None:
    async def work(met: Meeting) -> None:
        assert await asked(met, story, story.voucher(STEP_PRICE)) == sealed_bytes()[:STEP]
        await asked(met, story, story.voucher(STEP_PRICE))

    assert "this one is no higher" in failing(story, work)


def test_read__wider_than_the_window__is_refused_and_not_taken(story: Story) -> None:
    voucher = story.voucher(WHOLE)
    told = failing(story, lambda met: asked(met, story, voucher, SELLING.window + 1))
    assert "A voucher pays for 524288 bytes at most" in told
    assert story.held() == 0


def test_read__of_an_unknown_deal__is_refused(story: Story) -> None:
    other = replace(story.deal, root=b"\7" * 32)
    story.deal, known = other, story.deal
    assert "I don't know this deal" in failing(
        story, lambda met: asked(met, story, story.voucher(STEP_PRICE))
    )
    story.deal = known


def test_read__beyond_the_end__costs_nothing(story: Story) -> None:
    async def work(met: Meeting) -> None:
        async with reach(met.host, met.peer, STREAM) as channel:
            voucher = story.voucher(STEP_PRICE)
            await channel.send(PaidRead(story.deal.id(), len(sealed_bytes()) - 1, 2, voucher).encode())
            ReadReady.decode(await channel.receive())

    assert "beyond the bytes" in failing(story, work)
    assert story.held() == 0


def test_read__more_than_the_lane_and_the_account_hold__is_refused(story: Story) -> None:
    """The free account is emptied; what the lane holds is all that is served."""
    payments, payee = story.provider.market.payments, story.deal.terms.payee
    block = story.provider.market.block_number()
    story.send(payments.reserve(payee, 3 * STEP_PRICE, block + LASTS))
    free = payments.account(story.reader.address).free
    story.send(payments.withdraw(free))
    try:
        told = failing(story, lambda met: whole(met, story, story.purse()))
    finally:
        story.send(story.provider.market.token.approve(payments.address, free), payments.deposit(free))
        story.provider.world.send(story.provider.cold, payments.release(story.reader.address, payee))
    assert "short of what your vouchers come to; deposit more, or reserve a lane that lasts" in told
    assert story.held() == 3 * STEP_PRICE


def test_read__by_a_hot_signer__is_served_until_it_is_revoked(story: Story) -> None:
    payments, signer = story.provider.market.payments, Account.create()
    block = story.provider.market.block_number()
    story.send(payments.authorize_signer(signer.address, block + LASTS))

    async def work(met: Meeting) -> None:
        await asked(met, story, story.voucher(STEP_PRICE, signer))
        story.send(payments.revoke_signer(signer.address))
        await asked(met, story, story.voucher(2 * STEP_PRICE, signer))

    assert f"{signer.address} may sign up to block" in failing(story, work)
    assert story.held() == STEP_PRICE
