"""What an installed wheel must do without Ape: keep a key, send a transaction, carry a stream."""

import secrets
import tempfile
from pathlib import Path

import trio

from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import rich_account, start_devnet
from xmbl.chain.outbox import Habits, Outbox
from xmbl.chain.token import Token
from xmbl.identity.keystore import Keystore
from xmbl.network.channel import Channel
from xmbl.network.host import open_host

PROTOCOL = "/smoke/1"


def keystore(folder: Path) -> str:
    """Make a wallet and open it again; its address."""
    wallets = Keystore(folder / "wallets", work=2**12)
    address = wallets.new("smoke", "a password")
    assert wallets.unlock("smoke", "a password").address == address
    return address


def transaction(folder: Path, receiver: str) -> None:
    """Deploy on the embedded chain and send a token."""
    with start_devnet(folder / "chain", block_time=0, engine="py-evm") as devnet:
        chain = devnet.chain()
        outbox = Outbox(folder / "outbox.sqlite", chain, rich_account(), Habits(poll=0.02))
        deployment = deploy(outbox, chain, PRESETS["devnet"], folder, lambda _: None)
        token = Token(chain, deployment.token)
        outbox.send(token.transfer(receiver, 10**18), "smoke")
        assert token.balance_of(receiver) == 10**18
        outbox.close()


async def stream() -> None:
    """Send a megabyte to another host and back."""
    sent = secrets.token_bytes(2**20)

    async def echo(channel: Channel) -> None:
        await channel.send_bytes(await channel.receive_bytes(len(sent)))

    async with (
        open_host(bytes([1]) * 32, ["/ip4/127.0.0.1/tcp/0"]) as server,
        open_host(bytes([2]) * 32) as client,
    ):
        server.serve(PROTOCOL, echo)
        async with client.dial(server.addresses[0], PROTOCOL) as channel:
            await channel.send_bytes(sent)
            assert await channel.receive_bytes(len(sent)) == sent


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        transaction(Path(name), keystore(Path(name)))
    trio.run(stream)
    print("smoke: a keystore, a transaction and a stream work")
