"""Operators that cheat their client: whatever they sign or send is checked."""

from dataclasses import replace

import pytest

from tests.support.agent_world import Provider
from tests.support.storage_peers import Meeting, complaint
from tests.support.uploads import DATA, root_of, stored
from xmbl.crypto.typed_data import sign_digest
from xmbl.errors import ProtocolError
from xmbl.network.channel import Channel
from xmbl.storage import quotes
from xmbl.storage.quotes import Offer, reach
from xmbl.storage.reading import Free, Pace, received
from xmbl.storage.transfer import completed
from xmbl.storage.wire import (
    QUOTE,
    STORE,
    STREAM,
    QuoteRequest,
    ReadReady,
    SignedQuote,
    StoreReady,
    StoreReceipt,
    StoreRequest,
)


async def ask(met: Meeting) -> Offer:
    """A client that asks for a quote."""
    return await met.offer(len(DATA))


async def upload(met: Meeting) -> None:
    """A client's upload, which checks what comes back."""
    offer = await ask(met)
    receipt = await stored(met, offer=offer)
    await completed(met.provider.market, offer, receipt, root_of(DATA))


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
    assert reason in complaint(provider, ask, cheating=quoting(provider, **changed))


def test_ask__a_quote_by_somebody_elses_key__is_refused(provider: Provider) -> None:
    cheating = quoting(provider, signer=provider.client)
    assert "didn't sign the quote" in complaint(provider, ask, cheating=cheating)


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


def test_upload__signed_for_other_bytes__is_refused(provider: Provider) -> None:
    cheating = receiving(provider, root=b"\1" * 32)
    assert "its root differs" in complaint(provider, upload, cheating=cheating)


def test_upload__signed_by_somebody_elses_key__is_refused(provider: Provider) -> None:
    cheating = receiving(provider, signer=provider.client)
    assert "didn't sign the deal" in complaint(provider, upload, cheating=cheating)


def test_read__another_length_than_asked_for__is_a_breach(provider: Provider) -> None:
    async def short(channel: Channel) -> None:
        await channel.receive()
        await channel.send(ReadReady(5).encode())

    async def work(met: Meeting) -> None:
        async with reach(met.host, met.peer, STREAM) as channel:
            await channel.send(Free(b"\1" * 32).request(0, 10).encode())
            await anext(received(channel, 10, Pace()))

    assert "another length" in complaint(provider, work, ProtocolError, cheating={STREAM: short})
