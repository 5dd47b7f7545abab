"""Asking a market in which strangers have registered peers that never answer."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import trio

from tests.support.agent_world import Provider
from tests.support.storage_peers import Meeting, meeting, play
from xmbl.identity import node_key
from xmbl.network.addresses import peer_id_of
from xmbl.storage import quotes
from xmbl.storage.quotes import Candidate

SILENT = 40
BELOW_A_DIAL = 4.5


@asynccontextmanager
async def strangers() -> AsyncIterator[list[Candidate]]:
    """Peers that take the connection and say nothing."""
    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, _say_nothing, 0)
        port = listeners[0].socket.getsockname()[1]
        yield [_stranger(port) for _ in range(SILENT)]
        nursery.cancel_scope.cancel()


async def _say_nothing(_: trio.SocketStream) -> None:
    await trio.sleep_forever()


def _stranger(port: int) -> Candidate:
    account, peer = "0x" + secrets.token_hex(20), peer_id_of(node_key.public_key(secrets.token_bytes(32)))
    return Candidate(account, account, account, (f"/ip4/127.0.0.1/tcp/{port}/p2p/{peer}",))


async def _asked(met: Meeting, peers: list[Candidate], enough: int | None) -> list[str]:
    market, wanted = met.provider.market, met.wanted(1000)
    with trio.fail_after(BELOW_A_DIAL):
        offers = await quotes.ask_all(met.host, market, peers, wanted, lambda _: None, enough=enough)
    return [offer.candidate.operator for offer in offers]


@pytest.mark.parametrize(("whole", "linger", "enough"), [(2.5, 9, None), (2.5, 9, 2), (9, 0.1, 1)])
def test_ask_all__silent_registrations__end_in_time_with_the_answers_so_far(
    fresh_provider: Provider, monkeypatch: pytest.MonkeyPatch, whole: float, linger: float, enough: int | None
) -> None:
    monkeypatch.setattr(quotes, "ASK_ALL_SECONDS", whole)
    monkeypatch.setattr(quotes, "LINGER_SECONDS", linger)

    async def story() -> None:
        async with meeting(fresh_provider) as met, strangers() as silent:
            assert await _asked(met, [*silent, met.peer], enough) == [met.peer.operator]

    play(story)
