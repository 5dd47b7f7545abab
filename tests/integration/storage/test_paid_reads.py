"""Bytes that cost, over libp2p and a real chain: nobody gives or pays more than a window for nothing."""

import io
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.agent_world import Provider
from tests.support.paid_reads import (
    COST,
    LIMITS,
    PLAIN,
    SELLING,
    STEP,
    WINDOW_PRICE,
    Place,
    domain_of,
    holder,
    purse_of,
    reader,
    reading,
    sealed_bytes,
)  # fmt: skip
from tests.support.storage_peers import MARGIN, Meeting, announced, meeting, play, silenced
from tests.support.storage_stage import ORDER, stored
from tests.support.storage_world import Told, client_of
from xmbl.crypto.typed_data import Deal, Voucher, sign_digest
from xmbl.errors import Corrupt, Refused
from xmbl.network.channel import Channel
from xmbl.payments import client as payer_side
from xmbl.payments import till as payee_side
from xmbl.payments.agent import Habits, PaymentsAgent
from xmbl.payments.book import Book
from xmbl.payments.client import LASTS, Purse
from xmbl.payments.events import VouchersRedeemed
from xmbl.payments.ledger import ChainLedger
from xmbl.payments.wire import SignedVoucher
from xmbl.storage.client_events import OperatorPassed
from xmbl.storage.egress import price_of
from xmbl.storage.quotes import reach
from xmbl.storage.wire import (
    STREAM,
    LeafReply,
    LeafRequest,
    PaidRead,
    PriceReply,
    PriceRequest,
    ReadReady,
    decode_any,
)  # fmt: skip
from xmbl.units import WHOLE

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.paid_reads"])
STEP_PRICE = price_of(SELLING.egress, STEP)


class Story:
    """One operator that holds a deal whose bytes cost, and its client, who reads."""

    def __init__(self, provider: Provider, folder: Path) -> None:
        self.provider = provider
        self.folder = folder
        self.deal: Deal = provider.open(sealed_bytes(), provider.period + 20)
        self.books: list[Book] = []
        (provider.folder / "vouchers.sqlite").unlink(missing_ok=True)

    @property
    def reader(self) -> LocalAccount:
        return self.provider.client

    def purse(self, signer: LocalAccount | None = None, **more: Any) -> Purse:
        payer = self.reader.address
        purse, book = purse_of(self.provider.market, self.folder, payer, signer or self.reader, **more)
        self.books.append(book)
        return purse

    def held(self) -> int:
        """What the holder's best voucher says."""
        book = Book(self.provider.folder / "vouchers.sqlite")
        self.books.append(book)
        found = book.held(self.reader.address, self.deal.terms.payee, self.deal.id())
        return found.signed.voucher.cumulative if found else 0

    def promised(self) -> int:
        """What the reader's book says."""
        book = Book(self.folder / "reader.sqlite")
        self.books.append(book)
        return book.promised(self.deal.terms.payee, self.deal.id())

    def voucher(self, cumulative: int, signer: LocalAccount | None = None, **changed: Any) -> SignedVoucher:
        terms = self.deal.terms
        expiry = self.provider.market.block_number() + LASTS
        usual = {
            "payer": self.reader.address,
            "payee": terms.payee,
            "subject": self.deal.id(),
            "expiry": expiry,
        }
        voucher = Voucher(cumulative=cumulative, **usual | changed)
        return domain_of(self.provider.market).sign(signer or self.reader, voucher)

    def send(self, *calls: Any) -> None:
        self.provider.world.send(self.reader, *calls)


@pytest.fixture
def story(fresh_provider: Provider, tmp_path: Path) -> Iterator[Story]:
    made = Story(fresh_provider, tmp_path)
    yield made
    for book in made.books:
        book.close()


async def whole(met: Meeting, story: Story, purse: Purse | None) -> bytes:
    """All that the reader gets."""
    async with reading(met, story.deal, purse) as chunks:
        return b"".join([plain async for plain in chunks])


def failing(
    story: Story, work: Callable[[Meeting], Any], kind: type[Exception] = Refused, **more: Any
) -> str:
    """What the reader is told."""
    told: list[str] = []

    async def scene() -> None:
        async with meeting(story.provider, will=SELLING, **more) as met:
            try:
                await work(met)
            except kind as error:
                told.append(str(error))

    play(scene)
    assert len(told) == 1
    return told[0]


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


# a holder that cheats


def cheating(provider: Provider, *, signer: LocalAccount | None = None, good: int = 0, **changed: Any) -> Any:
    """A holder with its own idea of prices; it takes every voucher, and after `good` windows gives zeros."""
    served: list[SignedVoucher] = []
    market = provider.market

    def priced(deal: bytes) -> PriceReply:
        usual = {
            "payee": provider.address,
            "egress": SELLING.egress,
            "window": SELLING.window,
            "held": None,
        }
        later = {"expiry": market.block_number() + 20, "signature": bytes(65)}
        reply = PriceReply(**usual | later | changed)
        digest = market.digest(reply.quote(provider.address, deal).hash())
        return replace(reply, signature=sign_digest(signer or provider.signer, digest))

    async def handler(channel: Channel) -> None:
        while True:
            match decode_any(await channel.receive(), PriceRequest, PaidRead):
                case PriceRequest(deal):
                    await channel.send(priced(deal).encode())
                case PaidRead(_, offset, length, voucher):
                    served.append(voucher)
                    data = sealed_bytes()[offset : offset + length]
                    await channel.send(ReadReady(length).encode())
                    await channel.send_bytes(data if len(served) <= good else bytes(length))

    return {STREAM: handler}


@pytest.mark.parametrize("good", [0, 1, 4])
def test_read__wrong_bytes__are_paid_with_one_window_at_most(story: Story, good: int) -> None:
    told = failing(
        story,
        lambda met: whole(met, story, story.purse()),
        Corrupt,
        cheating=cheating(story.provider, good=good),
    )
    assert "doesn't open under this key" in told
    assert story.promised() <= good * STEP_PRICE + WINDOW_PRICE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"payee": "0x" + "12" * 20}, "it wants to be paid elsewhere than the deal says"),
        ({"expiry": 1}, "it has expired"),
        ({"window": 1}, "its window is too narrow"),
    ],
    ids=["payee", "expiry", "window"],
)
def test_read__a_price_that_is_not_to_be_used__pays_nothing(story: Story, change, reason: str) -> None:
    cheats = cheating(story.provider, **change)
    assert reason in failing(story, lambda met: whole(met, story, story.purse()), cheating=cheats)
    assert story.promised() == 0


def test_read__a_price_signed_by_somebody_else__pays_nothing(story: Story) -> None:
    cheats = cheating(story.provider, signer=Account.create())
    told = failing(story, lambda met: whole(met, story, story.purse()), cheating=cheats)
    assert "its agent didn't sign it" in told
    assert story.promised() == 0


def test_read__a_holder_that_claims_somebody_elses_voucher__is_not_believed(story: Story) -> None:
    shown = story.voucher(WHOLE, Account.create())
    cheats = cheating(story.provider, held=shown, good=99)

    async def scene() -> None:
        async with meeting(story.provider, cheating=cheats) as met:
            assert await whole(met, story, story.purse()) == PLAIN

    play(scene)
    assert story.promised() == COST


def test_read__a_lost_book__goes_on_from_the_holders(story: Story) -> None:
    async def scene() -> None:
        async with meeting(story.provider, will=SELLING) as met:
            await whole(met, story, story.purse())
            (story.folder / "lost").mkdir()
            story.folder = story.folder / "lost"
            assert await whole(met, story, story.purse()) == PLAIN

    play(scene)
    assert story.promised() == story.held() == 2 * COST


def test_get__one_operator_cheats__loses_a_window_there_and_gets_all_of_the_next(
    providers: list[Provider], client: LocalAccount, tmp_path: Path
) -> None:
    cheat, honest, *idle = providers
    world, told = cheat.world, Told()
    market = world.market()
    purse, book = purse_of(market, tmp_path, client.address, client, told=told)
    selling = replace(SELLING, allow=frozenset())

    async def scene() -> None:
        for one in idle:
            await silenced(one)
        async with announced(cheat), announced(honest), client_of(world, client, told) as storing:
            await stored(storing, io.BytesIO(PLAIN), replace(ORDER, name="sold"))
        async with (
            announced(cheat, cheating(cheat)),
            announced(honest, will=selling),
            client_of(world, client, told, purse) as reading_back,
        ):
            prices = {one.operator: one for one in await reading_back.prices("sold")}
            assert prices[honest.address].cost == COST
            await reading_back.get("sold", tmp_path / "back")

    cheat.to_period(cheat.period + 1, block=0)
    play(scene)
    assert (tmp_path / "back").read_bytes() == PLAIN
    paid = {promise.payee: promise.cumulative for promise in book.promises()}
    assert paid[honest.address] <= COST
    assert paid.get(cheat.address, 0) <= WINDOW_PRICE
    assert all("doesn't open under this key" in event.reason for event in told.of(OperatorPassed))
    book.close()


# both die


@pytest.fixture
def place(provider: Provider) -> Iterator[Place]:
    """An operator of its own, whose files the other processes have."""
    deal = provider.open(sealed_bytes(), provider.period + 20)
    provider.die()
    yield Place.of(provider, deal)
    provider.start()


class Holding:
    """The holder's process."""

    def __init__(self, place: Place) -> None:
        ours, theirs = _PROCESSES.Pipe()
        self.process = _PROCESSES.Process(target=holder, args=(place, theirs))
        self.process.start()
        self.address: str = ours.recv()

    def kill(self) -> int | None:
        self.process.kill()
        self.process.join()
        return self.process.exitcode


def read_in_a_process(place: Place, address: str) -> int | None:
    """How that ended."""
    process = _PROCESSES.Process(target=reader, args=(place, address))
    process.start()
    process.join(60)
    return process.exitcode


def settled(place: Place) -> tuple[int, int]:
    """What the reader promised and what the holder holds, once all bytes are there."""
    assert (place.folder / "back").read_bytes() == PLAIN
    mine, theirs = Book(place.folder / "reader.sqlite"), Book(place.folder / "holder.sqlite")
    (held,) = theirs.open()
    found = mine.promised(place.deal.terms.payee, place.deal.id()), held.signed.voucher.cumulative
    mine.close()
    theirs.close()
    return found


@pytest.mark.parametrize("point", list(payer_side.Point))
def test_read__reader_killed_at_any_point__loses_a_window_at_most(
    place: Place, point: payer_side.Point
) -> None:
    holding = Holding(place)
    try:
        assert read_in_a_process(replace(place, dies=(point, 4)), holding.address) == -signal.SIGKILL
        assert read_in_a_process(place, holding.address) == 0
    finally:
        holding.kill()
    promised, held = settled(place)
    assert COST <= held <= COST + WINDOW_PRICE
    assert promised == held


@pytest.mark.parametrize("point", list(payee_side.Point))
def test_read__holder_killed_at_any_point__gives_and_takes_a_window_at_most(
    place: Place, point: payee_side.Point
) -> None:
    dying = Holding(replace(place, dies=(point, 4)))
    assert read_in_a_process(place, dying.address) == 1
    assert dying.kill() == -signal.SIGKILL
    holding = Holding(place)
    try:
        assert read_in_a_process(place, holding.address) == 0
    finally:
        holding.kill()
    promised, held = settled(place)
    assert COST <= held <= COST + WINDOW_PRICE
    assert promised == held
