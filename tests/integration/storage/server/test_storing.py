"""The operator's server over libp2p: it signs only what it holds, and what a peer says is checked."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.agent_world import PERIOD, Provider
from tests.support.storage_peers import WILL, Meeting, meeting, play
from tests.support.uploads import DATA, refusal, root_of, stored
from xmbl.crypto.cids import cid_of_file
from xmbl.crypto.typed_data import sign_digest
from xmbl.errors import Refused
from xmbl.storage import events
from xmbl.storage.journal import DealState
from xmbl.storage.quotes import reach
from xmbl.storage.transfer import completed, sign_again
from xmbl.storage.wire import STORE, StoreReady, StoreRequest


def test_store__the_bytes_that_were_quoted__are_kept_and_signed_for(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            receipt = await stored(met, offer=offer)
            deal, _ = await completed(provider.market, offer, receipt, root_of(DATA))
        assert [known.deal for known in provider.journal.deals(DealState.SIGNED)] == [deal]
        assert provider.holdings.read(deal.root, 0, len(DATA)) == DATA

    play(story)


def test_store__signed_terms__open_on_chain(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            receipt = await stored(met, offer=offer)
        deal = receipt.deal(offer.quote)
        provider.world.send(provider.client, provider.market.deals.open(deal, receipt.signature))
        assert provider.market.record(deal.id()).end == deal.terms.end

    play(story)


def test_store__a_cheaper_quote_than_was_signed__is_refused(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        offer = await met.offer(len(DATA))
        cheaper = replace(offer.quote, terms=replace(offer.quote.terms, price=1))
        await stored(met, offer=offer, quote=cheaper)

    assert refusal(provider, work) == "I haven't signed this quote; ask for one."


def test_store__a_quote_that_the_client_signed_itself__is_refused(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        offer = await met.offer(len(DATA))
        own = sign_digest(provider.client, provider.market.digest(offer.quote.hash()))
        await stored(met, offer=offer, signature=own)

    assert refusal(provider, work) == "I haven't signed this quote; ask for one."


def test_store__another_size_than_quoted__is_refused(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        await stored(met, offer=await met.offer(1000), data=DATA)

    assert refusal(provider, work) == "The quote is for other bytes or another operator; ask for one."


def test_store__after_the_quotes_expiry__is_refused(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        offer = await met.offer(len(DATA))
        provider.mine(PERIOD + 1)
        await stored(met, offer=offer)

    assert refusal(provider, work) == "The quote has expired; ask for another."


def test_store__another_payee_since_the_quote__is_refused(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        offer = await met.offer(len(DATA))
        registry = provider.market.registry
        provider.world.send(provider.cold, registry.set_payee(provider.client.address))
        try:
            await stored(met, offer=offer)
        finally:
            provider.world.send(provider.cold, registry.set_payee(provider.address))

    assert refusal(provider, work) == "My account has changed since the quote; ask for another."


def test_store__room_taken_since_the_quote__is_refused_before_a_byte_is_sent(provider: Provider) -> None:
    will = replace(WILL, unpaid=3_000_000)

    async def story() -> None:
        async with meeting(provider, will) as met:
            first, second = await met.offer(len(DATA)), await met.offer(len(DATA))
            await stored(met, offer=first)
            async with reach(met.host, met.peer, STORE) as channel:
                request = StoreRequest(second.quote, second.signature, len(DATA), b"")
                await channel.send(request.encode())
                answer = await channel.receive()
            with pytest.raises(Refused, match="Too many bytes wait here"):
                StoreReady.decode(answer)

    play(story)


def test_store__a_root_that_another_client_brought__must_be_sent(provider: Provider) -> None:
    root = provider.hold(DATA)

    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            with pytest.raises(Refused, match="doesn't hold the bytes"):
                await sign_again(met.host, provider.market, offer, len(DATA), root)

    play(story)


def test_store__asked_again_while_the_deal_can_be_opened__gives_the_same_one(provider: Provider) -> None:
    will = replace(WILL, unpaid=3_000_000)

    async def story() -> None:
        async with meeting(provider, will) as met:
            offer = await met.offer(1_000_000)
            first = await stored(met, DATA[:1_000_000], offer)
            for _ in range(3):
                again = await stored(met, DATA[:1_000_000], offer, root=first.root)
                assert again == first
        assert len(provider.journal.deals(DealState.SIGNED)) == 1

    play(story)


def test_store__many_deals_for_the_same_bytes__count_each_with_all_of_them(provider: Provider) -> None:
    will = replace(WILL, unpaid=2_500_000)

    async def story() -> None:
        async with meeting(provider, will) as met:
            data = DATA[:1_000_000]
            first = await stored(met, data)
            for end, error in ((5, None), (6, "Too many bytes wait")):
                with pytest.raises(Refused, match=error) if error else nullcontext():
                    offer = await met.offer(len(data), end=provider.period + end)
                    await stored(met, data, offer, root=first.root)
        assert len(provider.journal.deals(DealState.SIGNED)) == 2

    play(story)


def test_store__received__tells_the_cid_that_ipfs_would(provider: Provider, tmp_path: Path) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            await stored(met)

    play(story)
    (tmp_path / "data").write_bytes(DATA)
    (received,) = provider.of(events.BytesReceived)
    assert received == events.BytesReceived(root_of(DATA), len(DATA), cid_of_file(tmp_path / "data"))
    assert provider.holdings.cid(received.root) == received.cid


def test_store__bytes_brought_before__are_signed_for_again_without_sending(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            first = await stored(met)
            offer = await met.offer(len(DATA))
            deal, _ = await sign_again(met.host, provider.market, offer, len(DATA), first.root)
        assert deal.root == first.root
        assert {known.deal.root for known in provider.journal.deals(DealState.SIGNED)} == {first.root}
        assert provider.holdings.used() == len(DATA)

    play(story)
