"""A peer in a process of its own, and what its clients do.

`python -m tests.support.network_peer SEED LISTEN` prints its address, serves until its standard input ends,
and then leaves with code 0 and nothing said on standard error: what the tests of the network hold it to,
whatever was done to it.
"""

import hashlib
import os
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import trio

from xmbl.network.channel import Channel
from xmbl.network.host import Host, open_host

ECHO, SINK, SOURCE, STATE = "/test/echo/1", "/test/sink/1", "/test/source/1", "/test/state/1"
STALL, RAISE, HANG, SHORT_HANG = "/test/stall/1", "/test/raise/1", "/test/hang/1", "/test/short-hang/1"
CHUNK = 262_144
ANYWHERE = "/ip4/127.0.0.1/tcp/0"


def seed(number: int) -> bytes:
    """The node key of the test peer of this number."""
    return number.to_bytes(32, "big")


class Provider:
    """A running peer process, as a test sees it."""

    def __init__(self, number: int, listen: str) -> None:
        command = [sys.executable, "-m", "tests.support.network_peer", str(number), listen]
        self.process = subprocess.Popen(  # closed by stop
            command,
            cwd=Path(__file__).parents[2],
            env={name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.address = self._out().readline().strip()

    def stop(self) -> tuple[int, str]:
        """Its exit code and what it said on standard error, after its input has ended."""
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors

    def kill(self) -> None:
        """End it at once, as a power cut would, but for the kernel's goodbye."""
        self.process.kill()
        self.process.communicate()

    def _out(self) -> Any:
        return self.process.stdout


@contextmanager
def running_provider(number: int = 1, listen: str = ANYWHERE) -> Iterator[Provider]:
    """A peer process for the length of a block; it must have nothing to complain about at its end."""
    provider = Provider(number, listen)
    try:
        yield provider
        assert provider.process.returncode is not None or provider.stop() == (0, "")
    finally:
        if provider.process.returncode is None:
            provider.kill()


def as_client(work: Callable[[Host], Awaitable[None]]) -> None:
    """Run a client's side of a test in a host of its own, which must come to an end."""

    async def client() -> None:
        async with open_host(seed(99)) as host:
            with trio.fail_after(30):
                await work(host)

    trio.run(client)


async def ask(
    host: Host,
    address: str,
    protocol: str,
    message: dict[str, Any],
    *,
    timeout: float = 10,
    patience: float = 30,
) -> dict[str, Any]:
    """The peer's answer to one message."""
    async with host.dial(address, protocol, timeout, patience) as channel:
        await channel.send(message)
        return await channel.receive()


async def echoed(host: Host, address: str, timeout: float = 10) -> None:
    """One round trip, which shows that the peer is well."""
    assert await ask(host, address, ECHO, {"n": 1}, timeout=timeout) == {"n": 1}


async def uploaded(host: Host, address: str, data: bytes) -> None:
    """Send `data` to the sink and compare what it saw."""
    async with host.dial(address, SINK) as channel:
        await channel.send({"bytes": len(data)})
        await channel.send_bytes(data)
        assert await channel.receive() == {"sha256": hashlib.sha256(data).digest()}


async def send_forever(channel: Channel) -> None:
    """Send until something stops it."""
    while True:
        await channel.send_bytes(bytes(CHUNK))


async def receive_forever(channel: Channel) -> None:
    """Receive until something stops it."""
    while True:
        await channel.receive_bytes(CHUNK)


async def echo(channel: Channel) -> None:
    """One message comes back."""
    await channel.send(await channel.receive())


async def sink(channel: Channel) -> None:
    """Take `bytes` bytes, answer their hash."""
    digest, missing = hashlib.sha256(), (await channel.receive())["bytes"]
    while missing:
        chunk = await channel.receive_bytes(min(missing, CHUNK))
        digest.update(chunk)
        missing -= len(chunk)
    await channel.send({"sha256": digest.digest()})


async def source(channel: Channel) -> None:
    """Send `bytes` zero bytes."""
    missing = (await channel.receive())["bytes"]
    while missing:
        await channel.send_bytes(bytes(min(missing, CHUNK)))
        missing -= min(missing, CHUNK)


async def hang(_: Channel) -> None:
    """Never answer."""
    await trio.sleep_forever()


async def fail(channel: Channel) -> None:
    """Be a handler with a mistake in it."""
    raise ValueError(await channel.receive())


class Stall:
    """Read nothing until another stream says so; then take everything."""

    def __init__(self) -> None:
        self.go = trio.Event()

    async def __call__(self, channel: Channel) -> None:
        message = await channel.receive()
        if message["go"]:
            self.go.set()
        else:
            await self.go.wait()
            await channel.receive_bytes(message["bytes"])
        await channel.send({"done": True})


async def state(channel: Channel) -> None:
    """How much is going on in this process."""
    stats = trio.lowlevel.current_statistics()
    peak = Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]
    await channel.send(
        {"tasks": stats.tasks_living, "threads": threading.active_count(), "memory": int(peak) * 1024}
    )


async def serve(number: int, listen: str) -> None:
    """Serve the test protocols until standard input ends."""
    async with open_host(seed(number), [listen]) as host:
        host.serve(ECHO, echo)
        host.serve(SINK, sink, concurrent=2)
        host.serve(SOURCE, source)
        host.serve(STALL, Stall())
        host.serve(RAISE, fail)
        host.serve(HANG, hang)
        host.serve(SHORT_HANG, hang, deadline=0.2)
        host.serve(STATE, state)
        print(host.addresses[0], flush=True)
        await trio.to_thread.run_sync(sys.stdin.read)


if __name__ == "__main__":
    trio.run(serve, int(sys.argv[1]), sys.argv[2])
