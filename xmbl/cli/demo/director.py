"""The demo's director: sets the stage, starts everybody, kills one operator, and reads out the account."""

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from types import FrameType
from typing import Any

from rich.console import Console

from xmbl.chain.devnet import Devnet, Engine, start_devnet
from xmbl.cli.demo import report as accounts
from xmbl.cli.demo.processes import Processes
from xmbl.cli.demo.report import FileReport, Report
from xmbl.cli.demo.scene import Actor, Scene
from xmbl.cli.demo.stage import CLIENT, Home, Split, Stage, write_node_file
from xmbl.cli.demo.view import short, shown
from xmbl.cli.demo.watching import watched
from xmbl.errors import ChainError

OPERATORS = {"north": "50 XMBL", "east": "51 XMBL", "south": "52 XMBL", "west": "53 XMBL"}
"""Names, and what they ask for a GiB and a period: the dearest waits until somebody is lost."""

_BLOCK_SECONDS = 0.2


@dataclass(frozen=True)
class Play:
    """Where the demo plays and what it stores; `keep` leaves everybody running at the end."""

    folder: Path
    file: Path
    keep: bool
    engine: Engine | None = None


@dataclass(frozen=True)
class Cast:
    """Everybody who takes part."""

    stage: Stage
    processes: Processes
    operators: list[Home]
    client: Home
    split: Split

    def named(self, address: str) -> Home:
        """The operator with this cold account."""
        return next(home for home in self.operators if home.accounts["operator"].address == address)


@dataclass(frozen=True)
class Ending:
    """How it ended: the account, and the process ids of what still runs in `folder`."""

    report: Report
    folder: Path
    running: dict[str, int]


def perform(play: Play, scene: Scene) -> Ending:
    """Run the whole demo; nothing is left running unless it ends well and `keep` is set."""
    processes = Processes(play.folder / "logs")
    kept = False
    with shown(scene, Console(stderr=True)), _ending_politely():
        scene.begin("Starting a chain and deploying five contracts")
        devnet = start_devnet(
            play.folder / "chain", block_time=_BLOCK_SECONDS, engine=play.engine, outlives=play.keep
        )
        try:
            report = _act(play, scene, devnet, processes)
            kept = play.keep and report.ok
            running = {"chain": devnet.process.pid, **processes.pids()} if kept else {}
            return Ending(report, play.folder, running)
        finally:
            if not kept:
                processes.stop()
                devnet.stop()


def _act(play: Play, scene: Scene, devnet: Devnet, processes: Processes) -> Report:
    stage = Stage(play.folder, devnet)
    scene.chain = f"chain {stage.chain.chain_id} ({devnet.engine})"
    before = stage.market.token.total_supply()
    with watched(scene, stage.market):
        cast = _enter(scene, stage, processes)
        told = _story(scene, cast, play.file)
        _share_out(scene, cast)
        scene.begin("Reading the account from the chain")
        report = _account(play, scene, cast, told, before)
        scene.finish()
    return report


def _enter(scene: Scene, stage: Stage, processes: Processes) -> Cast:
    scene.begin("Four operators stake, register and start their nodes")
    ports = _free_ports(len(OPERATORS))
    split = stage.split()
    operators = stage.operators([*OPERATORS], split, ports)
    scene.actors = [Actor(home.name, home.accounts["operator"].address) for home in operators]
    client = stage.client()
    for home, port in zip(operators, ports, strict=True):
        file = write_node_file(home, port, OPERATORS[home.name])
        processes.start(home.name, ["xmbl", "node", "run", str(file)], home.folder)
    return Cast(stage, processes, operators, client, split)


# the client's story, line by line


def _story(scene: Scene, cast: Cast, file: Path) -> dict[str, Any]:
    child = cast.processes.start(CLIENT, ["xmbl.cli.demo.client", str(file)], cast.client.folder, pipe=True)
    told: dict[str, Any] = {}
    for line in _lines(child):
        told |= line
        _follow(scene, cast, line)
    if child.wait() != 0 or "restored_sha256" not in told:
        reason = told.get("error") or f"see {cast.processes.log(CLIENT)}"
        raise ChainError(f"The demo's client gave up: {reason}")
    cast.processes.check()
    return told


def _follow(scene: Scene, cast: Cast, line: dict[str, Any]) -> None:
    if "step" in line:
        scene.begin(_named(cast, line["step"]))
    if "tell" in line:
        scene.tell(_named(cast, line["tell"]))
    if "running" in line:
        for actor in scene.actors:
            actor.state = "running"
    if "lose" in line:
        home = cast.named(line["lose"])
        cast.processes.kill(home.name)
        next(actor for actor in scene.actors if actor.name == home.name).state = "killed"


def _named(cast: Cast, text: str) -> str:
    for home in cast.operators:
        text = text.replace(home.accounts["operator"].address, home.name)
    return text


def _lines(child: Popen[bytes]) -> Iterator[dict[str, Any]]:
    assert child.stdout is not None  # noqa: S101 - it was started with a pipe
    with child.stdout as pipe:
        for line in pipe:
            with suppress(ValueError):
                yield json.loads(line)


# money at the end


def _share_out(scene: Scene, cast: Cast) -> None:
    scene.begin("The split is distributed; incomes and compensation are withdrawn; what was slashed is burnt")
    market, stage = cast.stage.market, cast.stage
    shares = market.payments.distribute(cast.split.recipients, cast.split.weights)
    stage.send(stage.deployer, "deployer", shares)
    for home in cast.operators:
        account = home.accounts["operator"].address
        income = market.payments.balance_of(account)
        if income:
            stage.send(home, "operator", market.payments.withdraw(income))
        if market.staking.lock_of(account, market.deals.address).to_burn:
            stage.send(stage.deployer, "deployer", market.staking.burn(account, market.deals.address))


def _account(play: Play, scene: Scene, cast: Cast, told: dict[str, Any], before: int) -> Report:
    stage = cast.stage
    deals = accounts.deals_of(stage.market)
    names = {str(home.accounts["operator"].address): home.name for home in cast.operators}
    file = FileReport(str(play.file), play.file.stat().st_size, told["sha256"], told["restored_sha256"])
    supply = accounts.supply_of(stage.market, stage.deployment, before)
    return Report(
        ok=file.sha256 == file.restored_sha256 and supply["before"] == supply["after"] + supply["burnt"],
        seconds=scene.seconds,
        chain=scene.chain,
        file=file,
        operators=accounts.operators_of(stage.market, names, deals, told["lose"]),
        deals=deals,
        transactions=stage.receipts([*cast.operators, cast.client]),
        supply=supply,
        others=_shares(cast) | {"client (compensation)": int(told["compensation"])},
    )


def _shares(cast: Cast) -> dict[str, int]:
    payments, owner = cast.stage.market.payments, cast.operators[0].name
    return {
        f"partner {short(account)} ({weight // 10_000}% of {owner})": payments.balance_of(account)
        for account, weight in zip(cast.split.recipients, cast.split.weights, strict=True)
    }


# going on by hand


def how_to_go_on(ending: Ending) -> str:
    """What `--keep` says: where the client's home is, what to try, and how to end it all."""
    home = ending.folder / CLIENT
    pids = " ".join(str(pid) for pid in ending.running.values())
    return (
        f"export XMBL_HOME={home} XMBL_PASSWORD_FILE={home / 'password'}\n"
        "xmbl deal list; xmbl deal show demo; xmbl pay balance; xmbl node status\n"
        f"kill {pids}    # ends it all; everything lies in {ending.folder}"
    )


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@contextmanager
def _ending_politely() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as Ctrl-C does: with everybody stopped."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
