"""The operator's server over libp2p: what it quotes, and what it shows of what it holds."""

from dataclasses import replace

import pytest

from tests.support.agent_world import PERIOD, Provider
from tests.support.storage_peers import WILL, meeting, play
from tests.support.uploads import DATA, refusal
from xmbl.crypto import merkle
from xmbl.errors import PeerUnreachable, Refused
from xmbl.storage.quotes import reach
from xmbl.storage.wire import QUOTE, STREAM, LeafReply, LeafRequest, ReadReady, ReadRequest


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
    reason = refusal(provider, lambda met: met.offer(2**20, per_gib=10**14), replace(WILL, price=10**17))
    assert "above the limit" in reason


def test_quote__garbage__drops_the_stream_and_serves_the_next(provider: Provider) -> None:
    async def story() -> None:
        async with meeting(provider) as met:
            async with reach(met.host, met.peer, QUOTE) as channel:
                await channel.send({"kind": "QuoteRequest", "size": [1], "client": {}, "end": "x"})
                with pytest.raises(PeerUnreachable):
                    await channel.receive()
            assert await met.offer(1000)

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
