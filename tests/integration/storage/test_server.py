"""The operator's server over libp2p: it signs only what it holds, and what a peer says is checked."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.agent_world import PERIOD, Provider
from tests.support.storage_peers import WILL, Meeting, meeting, play
from tests.support.storage_world import STAKE
from xmbl.crypto import merkle
from xmbl.crypto.cids import cid_of_file
from xmbl.crypto.merkle import TreeBuilder
from xmbl.crypto.typed_data import sign_digest
from xmbl.errors import NetworkError, PeerUnreachable, ProtocolError, Refused
from xmbl.network.channel import Channel
from xmbl.storage import events, quotes, server
from xmbl.storage.journal import DealState
from xmbl.storage.quotes import Offer, reach
from xmbl.storage.reading import Free, received
from xmbl.storage.transfer import completed, sign_again
from xmbl.storage.wire import (
    QUOTE,
    STORE,
    STREAM,
    LeafReply,
    LeafRequest,
    QuoteRequest,
    ReadReady,
    ReadRequest,
    SignedQuote,
    StoreReady,
    StoreReceipt,
    StoreRequest,
)

DATA = secrets.token_bytes(2_000_000)


@pytest.fixture
def provider(fresh_provider: Provider) -> Provider:
    return fresh_provider


def root_of(data: bytes) -> bytes:
    builder = TreeBuilder()
    builder.update(data)
    return builder.finish().root


async def sent(channel: Channel, offer: Offer, data: bytes, **changed: object) -> StoreReceipt:
    """A client that stores `data` under `offer`, but for what it changes in its request."""
    request = replace(StoreRequest(offer.quote, offer.signature, len(data), b""), **changed)
    await channel.send(request.encode())
    if not StoreReady.decode(await channel.receive()).held:
        await channel.send_bytes(data)
    return StoreReceipt.decode(await channel.receive())


async def stored(
    met: Meeting, data: bytes = DATA, offer: Offer | None = None, **changed: object
) -> StoreReceipt:
    offer = offer or await met.offer(len(data))
    async with reach(met.host, met.peer, STORE) as channel:
        return await sent(channel, offer, data, **changed)


def refusal(provider: Provider, work, will=WILL) -> str:
    """What the server says no to, and why; nothing of it is kept."""
    reasons: list[str] = []

    async def story() -> None:
        async with meeting(provider, will) as met:
            try:
                await work(met)
            except Refused as refused:
                reasons.append(str(refused))

    play(story)
    assert len(reasons) == 1
    assert provider.journal.deals(DealState.SIGNED) == []
    assert provider.holdings.used() == 0
    return reasons[0]


def test_quote__asked__is_signed_by_the_agent_and_could_be_opened(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
        assert offer.quote.terms.price == 2
        assert offer.quote.expiry == provider.market.block_number() + PERIOD

    play(story)


def test_quote__a_client_on_the_deny_list__hears_why_not(provider: Provider) -> None:
    will = replace(WILL, deny=frozenset({provider.client.address}))
    assert refusal(provider, lambda met: met.offer(1000), will) == "I don't serve this client."


def test_quote__more_than_the_stake_covers__hears_why_not(provider: Provider) -> None:
    reason = refusal(provider, lambda met: met.offer(2**28), replace(WILL, price=10**20))
    assert "no stake left" in reason


def test_quote__above_the_clients_limit__is_not_used(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        await quotes.ask(met.host, provider.market, met.peer, met.wanted(2**20, per_gib=10**14))

    assert "above the limit" in refusal(provider, work, replace(WILL, price=10**17))


def test_quote__garbage__drops_the_stream_and_serves_the_next(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            async with reach(met.host, met.peer, QUOTE) as channel:
                await channel.send({"kind": "QuoteRequest", "size": [1], "client": {}, "end": "x"})
                with pytest.raises(PeerUnreachable):
                    await channel.receive()
            assert await met.offer(1000)

    play(story)


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


def test_store__hung_up_in_the_middle__leaves_nothing(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            with suppress(NetworkError):
                async with reach(met.host, met.peer, STORE) as channel:
                    request = StoreRequest(offer.quote, offer.signature, len(DATA), b"")
                    await channel.send(request.encode())
                    await channel.receive()
                    await channel.send_bytes(DATA[:1_000_000])
                    raise PeerUnreachable("the client's machine died")
            # the next upload waits for nothing of the first
            await stored(met, DATA[:1000], await met.offer(1000))
        assert provider.holdings.used() == 1000

    play(story)


def test_store__more_bytes_than_declared__keeps_what_was_declared(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(1000)
            with suppress(NetworkError):
                async with reach(met.host, met.peer, STORE) as channel:
                    await channel.send(StoreRequest(offer.quote, offer.signature, 1000, b"").encode())
                    await channel.receive()
                    await channel.send_bytes(DATA)
                    await channel.receive()
        assert provider.holdings.used() in (0, 1000)

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
                wanted = replace(met.wanted(len(data)), end=provider.period + end)
                with pytest.raises(Refused, match=error) if error else nullcontext():
                    offer = await quotes.ask(met.host, provider.market, met.peer, wanted)
                    await stored(met, data, offer, root=first.root)
        assert len(provider.journal.deals(DealState.SIGNED)) == 2

    play(story)


@asynccontextmanager
async def uploading(met: Meeting, offer: Offer, data: bytes = DATA) -> AsyncIterator[Channel]:
    """An upload of which nothing has come yet."""
    async with reach(met.host, met.peer, STORE) as channel:
        await channel.send(StoreRequest(offer.quote, offer.signature, len(data), b"").encode())
        StoreReady.decode(await channel.receive())
        yield channel


async def finished(channel: Channel, data: bytes = DATA) -> StoreReceipt:
    await channel.send_bytes(data)
    return StoreReceipt.decode(await channel.receive())


def test_store__the_period_rolls_over_meanwhile__keeps_no_bytes(provider: Provider) -> None:
    async def work(met: Meeting) -> None:
        wanted = replace(met.wanted(len(DATA)), end=provider.period + 2)
        offer = await quotes.ask(met.host, provider.market, met.peer, wanted)
        async with uploading(met, offer) as channel:
            provider.to_period(provider.period + 1)
            await finished(channel)

    assert "ask for a later end" in refusal(provider, work)


def test_store__the_same_bytes_are_signed_for_already__are_kept_when_signing_fails(
    provider: Provider,
) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            long = await met.offer(len(DATA))
            short = await quotes.ask(
                met.host, provider.market, met.peer, replace(met.wanted(len(DATA)), end=provider.period + 2)
            )
            async with uploading(met, short) as channel:
                receipt = await stored(met, offer=long)
                provider.to_period(provider.period + 1)
                with pytest.raises(Refused):
                    await finished(channel)
        assert provider.holdings.roots() == [receipt.root]

    play(story)


def test_store__uploads_that_run__count_as_unpaid(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider, replace(WILL, unpaid=3_000_000)) as met:
            first, second = await met.offer(len(DATA)), await met.offer(len(DATA))
            async with uploading(met, first) as channel:
                with pytest.raises(Refused, match="Too many bytes wait here"):
                    await stored(met, offer=second)
                assert await finished(channel)

    play(story)


def test_store__stake_that_went_meanwhile__isnt_promised_again(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            offer = await met.offer(len(DATA))
            staking, deals = provider.market.staking, provider.market.deals.address
            async with uploading(met, offer) as channel:
                provider.world.send(provider.cold, staking.authorize(deals, 0))
                try:
                    with pytest.raises(Refused, match="no stake left"):
                        await finished(channel)
                finally:
                    provider.world.send(provider.cold, staking.authorize(deals, STAKE))
        assert provider.holdings.used() == 0

    play(story)


def test_store__too_many_streams_of_one_peer__are_refused(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOADS_EACH", 1)
    monkeypatch.setattr(server, "READS_EACH", 1)

    async def story() -> None:
        async with meeting(provider) as met:
            first, second = await met.offer(len(DATA)), await met.offer(len(DATA))
            async with uploading(met, first) as channel:
                with pytest.raises(Refused, match="You have 1 streams"):
                    await stored(met, offer=second)
                await finished(channel)
            await stored(met, offer=second)
            async with reach(met.host, met.peer, STREAM) as one, reach(met.host, met.peer, STREAM) as two:
                root = provider.holdings.roots()[0]
                await one.send(LeafRequest(root, 0).encode())
                LeafReply.decode(await one.receive())
                with pytest.raises(Refused, match="You have 1 streams"):
                    LeafReply.decode(await two.receive())

    play(story)


def test_store__slower_than_the_least_rate__is_refused_and_leaves_nothing(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "UPLOAD_GRACE", 0.0)
    monkeypatch.setattr(server, "UPLOAD_RATE", 2**24)

    async def work(met: Meeting) -> None:
        async with uploading(met, await met.offer(len(DATA))) as channel:
            StoreReceipt.decode(await channel.receive())

    assert "too slow" in refusal(provider, work)


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


def test_stream__a_range__is_what_is_held(provider: Provider) -> None:
    root = provider.hold(DATA)

    async def story() -> None:
        async with meeting(provider) as met, reach(met.host, met.peer, STREAM) as channel:
            for offset, length in ((0, 10), (1_000_000, 500_000)):
                await channel.send(ReadRequest(root, offset, length).encode())
                assert ReadReady.decode(await channel.receive()).length == length
                assert await channel.receive_bytes(length) == DATA[offset : offset + length]

    play(story)


def test_stream__a_leaf__fits_the_root(provider: Provider) -> None:
    root = provider.hold(DATA)

    async def story() -> None:
        async with meeting(provider) as met, reach(met.host, met.peer, STREAM) as channel:
            await channel.send(LeafRequest(root, 7).encode())
            reply = LeafReply.decode(await channel.receive())
        assert merkle.verify(root, merkle.leaf_count(len(DATA)), 7, reply.leaf, reply.path)

    play(story)


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (lambda root: ReadRequest(root, len(DATA) - 1, 2), "beyond the bytes"),
        (lambda _: ReadRequest(b"\1" * 32, 0, 1), "isn't stored here"),
        (lambda root: LeafRequest(root, 2**24), "is not among"),
        (lambda _: LeafRequest(b"\1" * 32, 0), "isn't stored here"),
    ],
    ids=["range", "root", "leaf", "leaf of an unknown root"],
)
def test_stream__what_is_not_held__is_refused(provider: Provider, request_, reason: str) -> None:
    root = provider.hold(DATA)

    async def story() -> None:
        async with meeting(provider) as met, reach(met.host, met.peer, STREAM) as channel:
            await channel.send(request_(root).encode())
            with pytest.raises(Refused, match=reason):
                ReadReady.decode(await channel.receive())

    play(story)


# operators that cheat their client


async def upload(met: Meeting, offer: Offer) -> None:
    """A client's upload of DATA, which checks what comes back."""
    receipt = await stored(met, offer=offer)
    await completed(met.provider.market, offer, receipt, root_of(DATA))


def caught(provider: Provider, cheating, work, kind=Refused) -> str:
    errors: list[str] = []

    async def story() -> None:
        async with meeting(provider, cheating=cheating) as met:
            try:
                await work(met)
            except kind as error:
                errors.append(str(error))

    play(story)
    assert len(errors) == 1
    return errors[0]


def quoting(provider: Provider, signer=None, **changed: object):
    """An operator whose quote isn't what was asked for."""

    async def handler(channel: Channel) -> None:
        request = QuoteRequest.decode(await channel.receive())
        honest = provider.sign(bytes(request.size), request.end, 2, hold=False)[0].terms
        terms = replace(honest, deadline=0, salt=0, **changed)
        quote = quotes.Quote(provider.address, terms, 0, provider.market.block_number() + 5)
        signature = sign_digest(signer or provider.signer, provider.market.digest(quote.hash()))
        await channel.send(SignedQuote(quote, signature).encode())

    return {QUOTE: handler}


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"client": "0x" + "12" * 20}, "quotes for another client"),
        ({"payee": "0x" + "12" * 20}, "paid elsewhere than the registry says"),
        ({"leaves": 5}, "quotes for another size"),
        ({"end": 300}, "quotes for another time"),
        ({"price": 10**6}, "above the limit"),
        ({"collateral": 1}, "The contract would refuse its terms: deals: collateral"),
    ],
    ids=lambda each: next(iter(each)) if isinstance(each, dict) else "",
)
def test_ask__a_quote_that_was_not_asked_for__is_refused(provider: Provider, changed, reason: str) -> None:
    assert reason in caught(provider, quoting(provider, **changed), lambda met: met.offer(len(DATA)))


def test_ask__a_quote_by_somebody_elses_key__is_refused(provider: Provider) -> None:
    cheating = quoting(provider, signer=provider.client)
    assert "didn't sign the quote" in caught(provider, cheating, lambda met: met.offer(len(DATA)))


def receiving(provider: Provider, root: bytes | None = None, signer=None):
    """An operator that takes the bytes and signs something else, or by another key."""

    async def handler(channel: Channel) -> None:
        request = StoreRequest.decode(await channel.receive())
        await channel.send(StoreReady(held=False).encode())
        data = await channel.receive_bytes(request.size)
        receipt = StoreReceipt(root or root_of(data), provider.market.block_number() + 5, 1, bytes(65))
        digest = provider.market.digest(receipt.deal(request.quote).id())
        await channel.send(
            replace(receipt, signature=sign_digest(signer or provider.signer, digest)).encode()
        )

    return {STORE: handler}


async def offered_and_uploaded(met: Meeting) -> None:
    await upload(met, await met.offer(len(DATA)))


def test_upload__signed_for_other_bytes__is_refused(provider: Provider) -> None:
    cheating = receiving(provider, root=b"\1" * 32)
    assert "its root differs" in caught(provider, cheating, offered_and_uploaded)


def test_upload__signed_by_somebody_elses_key__is_refused(provider: Provider) -> None:
    cheating = receiving(provider, signer=provider.client)
    assert "didn't sign the deal" in caught(provider, cheating, offered_and_uploaded)


def test_read__another_length_than_asked_for__is_a_breach(provider: Provider) -> None:
    async def short(channel: Channel) -> None:
        await channel.receive()
        await channel.send(ReadReady(5).encode())

    async def work(met: Meeting) -> None:
        async with reach(met.host, met.peer, STREAM) as channel:
            await Free(b"\1" * 32).ask(channel, 0, 10)
            await anext(received(channel, 10))

    assert "another length" in caught(provider, {STREAM: short}, work, ProtocolError)
