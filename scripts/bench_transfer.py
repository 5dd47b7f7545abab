"""How fast bytes go from one process to another over a channel, beside what a bare libp2p stream carries.

`measure()` is what `scripts/bench.py` asks; run alone, it prints the same. The bare stream runs over our own
Yamux, which is the harder limit: py-libp2p's own is several times slower.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter

import trio
from libp2p.abc import IHost, INetStream
from libp2p.custom_types import TProtocol
from libp2p.peer.peerinfo import info_from_p2p_addr
from libp2p.tools.anyio_service import background_trio_service
from multiaddr import Multiaddr

from xmbl.network.channel import Channel
from xmbl.network.host import open_host
from xmbl.network.swarm import build, quieten

TOTAL, CHUNK, ROUNDS = 256 * 262_144, 262_144, 3
PROTOCOL = TProtocol("/bench/sink/1")
LISTEN = "/ip4/127.0.0.1/tcp/0"
SERVER, CLIENT = bytes([1] * 32), bytes([2] * 32)


def measure() -> dict[str, float | str]:
    """Megabytes a second of one upload over a channel between two processes, the best of three."""
    return trio.run(_measure)


async def _measure() -> dict[str, float | str]:
    channel = await _best(_over_channel)
    bare = await _best(_over_bare_stream)
    return {"value": round(channel), "unit": "MB/s", "limit": round(bare), "ratio": round(channel / bare, 2)}


async def _best(transfer: Callable[[str], Awaitable[float]]) -> float:
    """The fastest of some rounds with a server in a fresh process."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, __file__, transfer.__name__]
    with subprocess.Popen(command, stdin=-1, stdout=-1, env=environment, text=True) as server:
        assert server.stdout is not None
        try:
            return await transfer(server.stdout.readline().strip())
        finally:
            server.kill()


async def _over_channel(address: str) -> float:
    async def upload() -> None:
        async with host.dial(address, PROTOCOL) as channel:
            for _ in range(TOTAL // CHUNK):
                await channel.send_bytes(bytes(CHUNK))
            await channel.receive()

    async with open_host(CLIENT) as host:
        return await _fastest(upload)


async def _over_bare_stream(address: str) -> float:
    async def upload() -> None:
        stream = await host.new_stream(peer.peer_id, [PROTOCOL])
        for _ in range(TOTAL // CHUNK):
            await stream.write(bytes(CHUNK))
        await stream.read(1)
        await stream.close()

    peer = info_from_p2p_addr(Multiaddr(address))
    async with bare_host(CLIENT) as host:
        await host.connect(peer)
        return await _fastest(upload)


async def _fastest(upload: Callable[[], Awaitable[None]]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        start = perf_counter()
        await upload()
        seconds.append(perf_counter() - start)
    return TOTAL / min(seconds) / 10**6


@asynccontextmanager
async def bare_host(seed: bytes) -> AsyncIterator[IHost]:
    """A host without our channels, over our own Yamux."""
    quieten()
    host, network = build(seed)
    async with background_trio_service(network):
        await network.listen(Multiaddr(LISTEN))
        yield host


async def _serve(transfer: str) -> None:
    async with AsyncExitStack() as stack:
        if transfer == _over_channel.__name__:
            channels = await stack.enter_async_context(open_host(SERVER, [LISTEN]))
            channels.serve(PROTOCOL, _drain_channel)
            address = channels.addresses[0]
        else:
            host = await stack.enter_async_context(bare_host(SERVER))
            host.set_stream_handler(PROTOCOL, _drain_stream)
            address = str(host.get_addrs()[0])
        print(address, flush=True)
        await trio.sleep_forever()


async def _drain_channel(channel: Channel) -> None:
    for _ in range(TOTAL // CHUNK):
        await channel.receive_bytes(CHUNK)
    await channel.send({})


async def _drain_stream(stream: INetStream) -> None:
    missing = TOTAL
    while missing:
        missing -= len(await stream.read(CHUNK))
    await stream.write(b"x")
    await stream.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        trio.run(_serve, sys.argv[1])
    else:
        print(json.dumps(measure()))
