"""`xmbl doctor`: what is wrong on the way from this machine to the deals, and what to do about it."""

import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import click

from xmbl import config
from xmbl.cli.frame import looking
from xmbl.cli.output import Table
from xmbl.cli.sending import ETHER
from xmbl.cli.session import Session
from xmbl.errors import XmblError
from xmbl.units import format_amount, format_size

_LIBRARIES = ("click", "rich", "web3", "eth-account", "libp2p", "pynacl")
_ROOM = 2**30
_CLOCK_SECONDS = 60
_STILL_SECONDS = 600
_PATIENCE = 5.0


@dataclass(frozen=True)
class Finding:
    """What one check found; `remedy` is empty where all is well."""

    name: str
    state: Literal["ok", "note", "broken"]
    detail: str
    remedy: str = ""


@click.command(name="doctor")
@looking
def command(session: Session) -> None:
    """Check this machine, the network and your funds; exit code 1 if something is broken."""
    session.patience = 0
    findings = [finding for check in _CHECKS for finding in _examined(check, session)]
    broken = sum(finding.state == "broken" for finding in findings)
    rows = [(each.state, each.name, each.detail) for each in findings]
    remedies = [f"{each.name}: {each.remedy}" for each in findings if each.remedy]
    verdict = f"\n{broken} broken." if broken else "\nNothing is broken."
    document = {"healthy": not broken, "checks": [asdict(finding) for finding in findings]}
    session.out.result(
        document, Table(("", "CHECK", "FOUND"), rows, ""), "\n".join(["", *remedies, verdict]).strip()
    )
    click.get_current_context().exit(1 if broken else 0)


def _examined(check: Callable[[Session], Iterator[Finding]], session: Session) -> Iterator[Finding]:
    name = check.__name__.strip("_").replace("_", " ")
    try:
        yield from check(session)
    except XmblError as error:
        yield Finding(name, "broken", type(error).__name__, str(error))
    except OSError as error:
        yield Finding(name, "broken", str(error), "Mend the file or folder that it names.")


def _python(_session: Session) -> Iterator[Finding]:
    version = platform.python_version()
    if (3, 11) <= sys.version_info < (3, 13):
        yield Finding("python", "ok", f"{version} on {platform.system()} {platform.machine()}")
    else:
        yield Finding(
            "python", "broken", version, "Use Python 3.11 or 3.12; `uv python install 3.12` gets one."
        )


def _libraries(_session: Session) -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    for name in _LIBRARIES:
        try:
            yield Finding(name, "ok", version(name))
        except PackageNotFoundError:
            yield Finding(
                name, "broken", "missing", "Install XMBL again: `uv sync`, or pip in a fresh environment."
            )


def _anvil(_session: Session) -> Iterator[Finding]:
    found = shutil.which("anvil")
    yield Finding("anvil", "ok", found or "not installed; devnets run on py-evm, which needs nothing")


def _folders(session: Session) -> Iterator[Finding]:
    for name, folder in asdict(session.folders).items():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = folder / ".doctor"
        probe.touch()
        probe.unlink()
        yield Finding(f"{name} folder", "ok", str(folder))


def _disk(session: Session) -> Iterator[Finding]:
    free = shutil.disk_usage(_existing(session.folders.data)).free
    remedy = "" if free >= _ROOM else "Make room, or put the data elsewhere with XMBL_HOME."
    yield Finding("disk", "broken" if remedy else "ok", f"{format_size(free)} free", remedy)


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)


def _network(session: Session) -> Iterator[Finding]:
    if not config.network_names(session.folders):
        yield Finding(
            "network", "note", "none yet", "`xmbl devnet` starts one, `xmbl config join FILE` joins one."
        )
        return
    network = session.network()
    yield Finding("network", "ok", f"{network.name}, chain {network.chain_id}")
    for url in network.rpc:
        yield from _endpoint(session, url, network.chain_id)
    yield from _contracts(session)


def _endpoint(session: Session, url: str, chain_id: int) -> Iterator[Finding]:
    from xmbl.chain.client import Chain

    chain = Chain([url], chain_id, timeout=_PATIENCE, patience=0, waiting=session.silence)
    try:
        header = chain.header()
    except XmblError as error:
        yield Finding("rpc", "broken", url, str(error))
        return
    yield Finding("rpc", "ok", f"{url} at block {header.number}")
    yield _clock(int(time.time()) - header.timestamp)


def _clock(age: int) -> Finding:
    """`age` is how many seconds the newest block is behind this machine's clock."""
    if age < -_CLOCK_SECONDS:
        return Finding(
            "clock", "broken", f"the newest block is {-age} s ahead", "Set this machine's clock: use NTP."
        )
    if age > _STILL_SECONDS:
        remedy = "The chain stands still, the endpoint is behind, or this machine's clock is ahead."
        return Finding("clock", "note", f"the newest block is {age} s old", remedy)
    return Finding("clock", "ok", f"the newest block is {max(0, age)} s old")


def _contracts(session: Session) -> Iterator[Finding]:
    session.require_deployed()
    yield Finding("contracts", "ok", f"all {len(config.CONTRACTS)} are deployed")


def _wallet(session: Session) -> Iterator[Finding]:
    if not session.keystore().list():
        yield Finding("wallet", "note", "none yet", "`xmbl wallet new NAME` makes one.")
        return
    yield Finding("wallet", "ok", f"{session.wallet()}  {session.address()}")
    if config.network_names(session.folders):
        yield from _funds(session)


def _funds(session: Session) -> Iterator[Finding]:
    address = session.address()
    ether = session.chain().balance(address)
    remedy = "" if ether else f"Send ether to {address}: without it nothing can be sent."
    yield Finding("ether for gas", "note" if remedy else "ok", format_amount(ether, ETHER), remedy)
    held = session.token().balance_of(address)
    paid = session.payments().balance_of(address)
    yield Finding("XMBL", "ok", f"{format_amount(held)} in the wallet, {format_amount(paid)} in Payments")


_CHECKS = (_python, _libraries, _anvil, _folders, _disk, _network, _wallet)
