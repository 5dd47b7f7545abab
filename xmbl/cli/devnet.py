"""`xmbl devnet`: a throw-away chain on this machine with the contracts deployed, and its network file."""

import secrets
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xmbl import config
from xmbl.cli.frame import Group, Seconds, asking, online
from xmbl.cli.output import facts
from xmbl.cli.sending import ETHER
from xmbl.cli.session import Session
from xmbl.errors import ChainError, UsageError
from xmbl.units import Wei, format_amount, parse_amount

if TYPE_CHECKING:
    from xmbl.chain.call import Call
    from xmbl.chain.devnet import Devnet

_WATCH_SECONDS = 0.5


class _Starting(Group):
    """`xmbl devnet [OPTIONS]` means `xmbl devnet start [OPTIONS]`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `start` where no subcommand is named."""
        asks = {"-h", "--help"} & set(args)
        if not asks and (not args or args[0].startswith("-")) and not set(args) & set(self.commands):
            args = ["start", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Starting)
def command() -> None:
    """Run a throw-away chain with everything deployed; without a subcommand, start one.

    Its keys are known to the whole world: use it for tests only.
    """


@command.command()
@click.option(
    "--port",
    default=8545,
    type=click.IntRange(0, 65_535),
    show_default=True,
    help="Where the chain listens on 127.0.0.1; 0 takes any.",
)
@click.option(
    "--block-time",
    default=1.0,
    type=Seconds(0, 3_600),
    show_default=True,
    help="Seconds a block; 0 mines each transaction.",
)
@click.option(
    "--engine", type=click.Choice(["anvil", "py-evm"]), help="By default anvil where it is installed."
)
@click.option("--name", default="devnet", show_default=True, help="The name of the network file to write.")
@asking
def start(session: Session, port: int, block_time: float, engine: Any, name: str) -> None:
    """Start a chain, deploy the contracts, write the network file; Ctrl-C ends it."""
    from xmbl.chain.devnet import start_devnet

    stopped = _stop_requested()
    config.checked_name(name, "network")
    folder = session.folders.state / "devnet"
    written = folder / f"{name}.toml"
    _require_ours(session, name, written)
    with start_devnet(folder, port=port, block_time=block_time, engine=engine) as devnet:
        with session.out.waiting(f"deploying the contracts on {devnet.engine}"):
            network = _deployed(session, devnet, name)
        path = config.save_network(session.folders, network)
        config.write_text(written, config.network_text(network))
        _announce(session, devnet, network, str(path))
        while not stopped.wait(_WATCH_SECONDS):
            if devnet.process.poll() is not None:
                raise ChainError(f"The devnet ended by itself; its log is {devnet.log}.")
    session.out.note("The devnet has ended; nothing of it is kept.")


@command.command()
@click.argument("to")
@click.option(
    "--xmbl", "tokens", type=parse_amount, metavar="AMOUNT", default="10000", show_default=True,
    help="How much XMBL.",
)  # fmt: skip
@click.option(
    "--ether", type=parse_amount, metavar="AMOUNT", default="10", show_default=True,
    help="How much ether, for gas.",
)  # fmt: skip
@online
def fund(session: Session, to: str, tokens: Wei, ether: Wei) -> None:
    """Give TO, an address or a wallet's name, XMBL and ether of a devnet."""
    from xmbl.chain.call import Call
    from xmbl.chain.devnet import CHAIN_ID

    if session.network().chain_id != CHAIN_ID:
        raise UsageError(f"{session.network().name} isn't a devnet; its XMBL and ether belong to somebody.")
    _require_held(session, tokens, ether)
    target = session.resolve(to)
    sentence = f"Send {format_amount(ether, ETHER)} to {target}."
    calls = [
        Call(to=target, data=b"", action="ether_send", sentence=sentence, value=ether),
        session.token().transfer(target, tokens),
    ]
    _give(session, [call for call, amount in zip(calls, (ether, tokens), strict=True) if amount])
    document = {"address": target, "xmbl_wei": tokens, "ether_wei": ether}
    sums = f"{format_amount(tokens)} and {format_amount(ether, ETHER)}"
    session.out.result(document, f"{target} has got {sums}.")


def _stop_requested() -> threading.Event:
    """Set by Ctrl-C and by a polite kill: both are how a devnet is ended, so neither is an error."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    return stopped


def _require_ours(session: Session, name: str, written: Path) -> None:
    """Replace unasked only the network file that a devnet wrote, of which it keeps the copy `written`."""
    path = config.network_path(session.folders, name)
    if not path.exists() or (written.exists() and written.read_bytes() == path.read_bytes()):
        return
    if not session.agreed(f"Replace the network {name}, which no devnet of yours wrote?"):
        raise UsageError(
            f"No devnet of yours wrote the network {name}: say --yes to replace it, or --name for another."
        )


def _deployed(session: Session, devnet: "Devnet", name: str) -> config.Network:
    from xmbl.chain.deploy import PRESETS, deploy
    from xmbl.chain.devnet import rich_account

    chain, account, folder = devnet.chain(), rich_account(), devnet.log.parent
    outbox = session.outbox_of(chain, account)
    deployment = deploy(outbox, chain, PRESETS["devnet"], folder, report=session.out.note)
    return config.Network(name, chain.chain_id, (devnet.url,), deployment.addresses(), deployment.block)


def _announce(session: Session, devnet: "Devnet", network: config.Network, path: str) -> None:
    document = {
        "name": network.name,
        "engine": devnet.engine,
        "chain_id": network.chain_id,
        "rpc": [devnet.url],
        "contracts": dict(network.contracts),
        "block": network.block,
        "path": path,
    }
    shown = facts(
        [("chain", f"{network.chain_id} ({devnet.engine}) at {devnet.url}"), ("network file", path)]
    )
    session.out.result(document, shown, "", config.network_text(network))
    session.out.note(
        "`xmbl devnet fund ADDRESS` gives XMBL and ether. Ctrl-C ends the chain; nothing is kept."
    )


def _require_held(session: Session, tokens: int, ether: int) -> None:
    """`UsageError` for more than the devnet's rich account can give (wei)."""
    from xmbl.chain.devnet import rich_account

    giver = rich_account().address
    for option, asked, held, unit in (
        ("--xmbl", tokens, session.token().balance_of(giver), "XMBL"),
        ("--ether", ether, session.chain().balance(giver), ETHER),
    ):
        if asked > held:
            raise UsageError(f"The devnet has {format_amount(held, unit)} to give; say less for {option}.")


def _give(session: Session, calls: "list[Call]") -> None:
    from xmbl.chain.devnet import rich_account

    chain, account = session.chain(), rich_account()
    outbox = session.outbox_of(chain, account)
    keys = [f"fund:{secrets.token_hex(16)}" for _ in calls]
    for call, key in zip(calls, keys, strict=True):
        outbox.submit(call, key)
    with session.out.waiting("waiting for the block"):
        for key in keys:
            outbox.wait(key)
