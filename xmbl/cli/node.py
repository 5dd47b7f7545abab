"""`xmbl node`: an operator's node: its file, its registration, its running."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli import draining, earning, enlisting, maintaining, node_status
from xmbl.cli.frame import Seconds, group, local, looking, sending, unlocking_online
from xmbl.cli.node_log import teller
from xmbl.cli.output import counted, facts
from xmbl.cli.sending import send
from xmbl.cli.session import Session
from xmbl.config import write_text
from xmbl.errors import UsageError
from xmbl.units import Wei, format_amount, parse_amount

if TYPE_CHECKING:
    from xmbl.node.config import NodeConfig

_NOBODY = "0x" + "00" * 20
_ADDRESSES = 8

NODE_FILE = click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))


@group
def command() -> None:
    """Register an operator and run its node."""


@command.command()
@NODE_FILE
@click.option("--agent", default="agent", show_default=True, help="The hot wallet; made if there is none.")
@click.option("--listen", default="/ip4/0.0.0.0/tcp/4001", show_default=True, help="Where to listen.")
@click.option("--announce", multiple=True, help="What the registry shall say, where that isn't --listen.")
@click.option("--capacity", default="100 GiB", show_default=True, help="The most that is kept.")
@click.option("--price", default="0.01 XMBL", show_default=True, help="Of a GiB and a period.")
@click.option("--egress", default="0 XMBL", show_default=True, help="Of a MiB that is read; 0 asks nothing.")
@unlocking_online
def init(session: Session, file: Path | None, **options: Any) -> None:
    """Write a node file for the wallet as operator, with an agent's wallet and a node key.

    The node starts without anybody at the keyboard: --password-file (or $XMBL_PASSWORD_FILE) names the
    file with the password that opens the agent's wallet and the node key, and stays where it is.
    """
    from xmbl.node.config import node_text, parse_node

    path = _file(session, file)
    if path.exists() and not session.agreed(f"Overwrite {path}?"):
        raise UsageError(f"{path} exists; name another file or say --yes to overwrite it.")
    password_file = session.password_file()
    if password_file is None:
        raise UsageError("The node needs a password file: say --password-file FILE.")
    text = node_text(enlisting.settings_of(session, password_file, options))
    parse_node(text, path, session.folders)
    agent = enlisting.made_agent(session, options["agent"])
    write_text(path, text)
    shown = [("node file", str(path)), ("operator", session.address()), ("agent", agent)]
    session.out.result({name.replace(" ", "_"): value for name, value in shown}, facts(shown))
    if vague := enlisting.undialable(options["announce"] or [options["listen"]]):
        session.out.note(
            f"Nobody can dial {vague[0]}: put the address that others reach you at into `announce`."
        )
    session.out.note(
        f"Next: send ether for gas to the agent {agent}; `xmbl stake add`, `xmbl stake authorize deals`,"
        " `xmbl node register`, `xmbl node run`."
    )


@command.command()
@NODE_FILE
@click.option(
    "--payee", help="Who gets the income: an address, a wallet's name or a split; else the operator."
)
@click.option(
    "--cap", type=parse_amount, metavar="AMOUNT", help="As `xmbl node cap`; else what all capacity earns."
)
@sending
def register(session: Session, file: Path | None, payee: str | None, cap: Wei | None) -> None:
    """Enter the node in the registry, and cap how fast its deals may grow."""
    from xmbl.chain.registry import STORAGE
    from xmbl.identity.node_key import public_key_of

    settings = _loaded(session, file)
    session.use((settings.network, *settings.older))
    enlisting.require_dialable(settings, _file(session, file))
    agent = session.keystore().address(settings.agent)
    call = session.registry().register(
        agent=agent,
        payee=session.resolve(payee) if payee else _NOBODY,
        node_key=public_key_of(settings.node_key),
        services=STORAGE,
        profile=bytes(32),
        multiaddrs=settings.announce[:_ADDRESSES],
    )
    units = (
        enlisting.price_units(session, cap)
        if cap is not None
        else enlisting.whole_capacity(session, settings)
    )
    transactions = send(
        session, call, *enlisting.capping(session, units), checks=[enlisting.own(session, settings)]
    )
    cap_wei = units * session.market().parameters.price_unit
    document = {
        "operator": session.address(), "agent": agent, "cap_wei": cap_wei, "transactions": transactions,
    }  # fmt: skip
    session.out.result(document, f"{session.address()} is registered; {agent} acts for it.")
    session.out.note(f"Its deals may grow by {format_amount(cap_wei)} of income a period.")
    session.out.note(
        "Whoever steals the agent's key can lose what you authorised in Staking; the cap slows that down."
    )


@command.command()
@click.argument("amount", type=parse_amount)
@sending
def cap(session: Session, amount: Wei) -> None:
    """Let the wallet's deals grow by at most AMOUNT of income a period; 0 takes no new deals.

    It bounds what a stolen agent key can lock in a period, to about a hundred times AMOUNT.
    """
    units = enlisting.price_units(session, amount)
    calls = enlisting.capping(session, units)
    if not calls:
        raise UsageError(f"The cap is {format_amount(amount)} a period already.")
    transactions = send(session, *calls)
    session.out.result(
        {"cap_wei": amount, "transactions": transactions},
        f"Growth is capped at {format_amount(amount)} a period.",
    )


@command.command()
@NODE_FILE
@local
def run(session: Session, file: Path | None) -> None:
    """Run the node in the foreground; Ctrl-C or a polite kill ends it in order."""
    import trio

    from xmbl.node.node import run_node

    settings = _loaded(session, file)
    session.out.note(f"Starting the node of {settings.operator} on {settings.network.name} …")
    trio.run(run_node, settings, teller(session, settings))


@command.command()
@NODE_FILE
@looking
def status(session: Session, file: Path | None) -> None:
    """Show one screen about the node: running, proofs, deals, money."""
    settings = _loaded(session, file)
    session.use((settings.network,))
    node_status.show(session, settings)


@command.command()
@click.argument("operator", required=False)
@click.option(
    "--since", default=0, type=click.IntRange(min=0), metavar="PERIOD", help="Leave out what is older."
)
@click.option("--csv", "target", metavar="FILE|-", help="Write every booking as CSV; - is stdout.")
@looking
def earnings(session: Session, operator: str | None, since: int, target: str | None) -> None:
    """Show what OPERATOR, by default the wallet, earned and lost, by deal and by period."""
    from xmbl.storage.earnings import bookings

    if target == "-" and session.out.as_json:
        raise UsageError("Stdout has room for one: leave --json or --csv - away, or name a file.")
    market = session.market()
    address = session.resolve(operator) if operator else session.address()
    found = bookings(market, address, max(market.since, since * market.parameters.period))
    text = earning.csv_text(found)
    if target not in (None, "-"):
        write_text(Path(str(target)), text)
        session.out.note(f"{target} has {counted(len(found), 'booking')}.")
    shown = [text.rstrip("\n")] if target == "-" else earning.tables(found)
    session.out.result({"operator": address, **earning.document(found)}, *shown)


@command.command()
@NODE_FILE
@click.option(
    "--every", default=6.0, type=Seconds(0.1, 3_600), show_default=True, help="Seconds between two looks."
)
@click.option(
    "--early", is_flag=True, help="End the deals after their notice, at the exit price of their terms."
)
@click.option("--no-wait", is_flag=True, help="Do what can be done now, say what remains, and end.")
@sending
def drain(session: Session, file: Path | None, every: float, *, early: bool, no_wait: bool) -> None:
    """Leave the market: no new deals, the old ones to their end, then the wallet's stake back.

    The cap is set to 0, and the whole stake thaws as soon as that ends after the deals; it covers them until
    they are closed. The node has to run until then. Vouchers that are still held are redeemed where they are
    worth their gas. Ctrl-C loses nothing: the same command goes on. Until `xmbl node cap` and `xmbl stake
    add` bring the operator back, its node takes no deals and isn't announced, however often it is started.
    """
    # the operator's own machine needn't be the node's
    settings = _loaded(session, file) if file or _file(session, file).exists() else None
    draining.drain(session, settings, every, early=early, wait=not no_wait)


@command.command()
@click.argument("periods", nargs=-1, metavar="[PERIOD]...")
@sending
def maintain(session: Session, periods: tuple[str, ...]) -> None:
    """Declare each PERIOD (a number, or +1) for maintenance, or show what is declared.

    The wallet's node needn't prove in a declared period, and isn't paid for it. Two of each 32 periods can
    be declared, before they begin, and none can be taken back.
    """
    maintaining.maintain(session, periods)


def _file(session: Session, file: Path | None) -> Path:
    return (file or session.folders.config / "node.toml").absolute()


def _loaded(session: Session, file: Path | None) -> "NodeConfig":
    from xmbl.node.config import load_node

    return load_node(_file(session, file), session.folders)
