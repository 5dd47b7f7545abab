"""Holders that cheat their reader: nobody pays more than a window for nothing."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support.agent_world import Provider
from tests.support.paid_reads import (
    CHUNKS,
    COST,
    PLAIN,
    SELLING,
    STEP_PRICE,
    WINDOW_PRICE,
    purse_of,
    sealed_bytes,
)
from tests.support.paid_story import Story, failing, whole
from tests.support.storage_peers import announced, meeting, play, silenced
from tests.support.storage_stage import ORDER, stored
from tests.support.storage_world import Told, client_of
from xmbl.crypto.typed_data import sign_digest
from xmbl.errors import Corrupt
from xmbl.network.channel import Channel
from xmbl.payments.wire import SignedVoucher
from xmbl.storage.client_events import OperatorPassed
from xmbl.storage.quotes import reach
from xmbl.storage.reading import ask_price
from xmbl.storage.wire import STREAM, PaidRead, PriceReply, PriceRequest, ReadReady, decode_any
from xmbl.units import WHOLE


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


@pytest.mark.parametrize(
    "change",
    [{"egress": CHUNKS * SELLING.egress}, {"window": CHUNKS * SELLING.window}],
    ids=["price", "window"],
)
def test_read__more_asked_than_was_told_before__takes_no_window_for_the_price_of_all(
    story: Story, change: dict[str, int]
) -> None:
    purse = story.purse(most=COST)

    async def told() -> None:
        async with (
            meeting(story.provider, cheating=cheating(story.provider)) as met,
            reach(met.host, met.peer, STREAM) as channel,
        ):
            await ask_price(channel, story.provider.market, met.peer, story.deal, purse)

    play(told)
    dearer = cheating(story.provider, **change)
    assert "more than it told before or its share of the cost; allow more" in failing(
        story, lambda met: whole(met, story, purse), cheating=dearer
    )
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
