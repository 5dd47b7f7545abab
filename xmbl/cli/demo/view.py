"""The demo's picture: live on a terminal, a line a step where there is none."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from xmbl.cli.demo.report import Report
from xmbl.cli.demo.scene import Actor, Scene, Step
from xmbl.units import format_amount, format_size

_MARKS = {"●": "green", "✕": "red", "·": "dim"}
_STATES = {"running": "green", "killed": "red", "starting": "yellow"}


@contextmanager
def shown(scene: Scene, console: Console) -> Iterator[None]:
    """Show the scene while the block runs."""
    if console.is_terminal:
        with Live(get_renderable=lambda: _picture(scene), console=console, refresh_per_second=8):
            yield
    else:
        with _lines(scene, console):
            yield


@contextmanager
def _lines(scene: Scene, console: Console) -> Iterator[None]:
    over = threading.Event()

    def follow() -> None:
        told = 0
        while not over.wait(0.2) or told < len(scene.steps):
            for step in scene.steps[told:]:
                if step.done is None and not over.is_set():
                    break
                told += 1
                console.print(_step_line(step), highlight=False)

    thread = threading.Thread(target=follow, name="demo lines", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _picture(scene: Scene) -> RenderableType:
    head = Text.assemble(
        ("XMBL demo", "bold"),
        f"   {scene.chain}   block {scene.block}   period {scene.period}   {scene.seconds:.0f} s",
    )
    return Group(head, Text(), _actors(scene), Text(), *(_step_line(step) for step in scene.steps), Text())


def _actors(scene: Scene) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("operator", "address", "state", "deal", "periods  ● proven  ✕ missed"):
        table.add_column(column, header_style="dim")
    for actor in scene.actors:
        state = Text(actor.state, style=_STATES.get(actor.state, ""))
        table.add_row(actor.name, short(actor.address), state, actor.deal, _periods(actor))
    return table


def _periods(actor: Actor) -> Text:
    return Text.assemble(*((mark, _MARKS.get(mark, "")) for mark in actor.periods))


def _step_line(step: Step) -> Text:
    if step.done is None:
        return Text.assemble(("… ", "yellow"), step.text)
    return Text.assemble(("✓ ", "green"), step.text, (f"  {step.done:.1f} s", "dim"))


def show_report(report: Report, console: Console) -> None:
    """The last screen: the file, who was paid what, and the gas of each action."""
    console.print()
    console.print(_file_line(report))
    for table in (_payments(report), _deals(report), _gas(report)):
        console.print()
        console.print(table)
    console.print()
    console.print(_supply_line(report))


def _file_line(report: Report) -> Text:
    same = report.file.sha256 == report.file.restored_sha256
    verdict = ("byte for byte the same", "green") if same else ("NOT the same", "bold red")
    return Text.assemble(f"{report.file.path} ({format_size(report.file.bytes)}) came back ", verdict, ".")


def short(address: str) -> str:
    """Enough of an address to tell it from others on one screen."""
    return f"{address[:8]}…{address[-4:]}"


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in columns:
        # words are read from the left, numbers compared from the right
        left = column in _WORDS
        table.add_column(column, header_style="dim", justify="left" if left else "right", no_wrap=True)
    return table


_WORDS = {"account", "deal", "operator", "action"}


def _payments(report: Report) -> Table:
    table = _table("Who was paid what", "account", "earned", "slashed")
    for operator in report.operators:
        name = f"{operator.name} {short(operator.address)}" + (" (killed)" if operator.killed else "")
        table.add_row(name, format_amount(operator.earned), format_amount(operator.slashed))
    for name, amount in report.others.items():
        table.add_row(name, format_amount(amount), "")
    return table


def _deals(report: Report) -> Table:
    table = _table("Deals", "deal", "operator", "proven", "missed", "paid", "refunded", "penalty")
    names = {operator.address: operator.name for operator in report.operators}
    for deal in report.deals:
        periods = str(deal.periods_proven), str(deal.periods_missed)
        money = (format_amount(amount) for amount in (deal.paid, deal.refunded, deal.penalty))
        table.add_row(deal.id[:10], names[deal.operator], *periods, *money)
    return table


def _gas(report: Report) -> Table:
    table = _table("Gas", "action", "times", "least", "most")
    for action, gas in sorted(report.gas_by_action().items()):
        table.add_row(action, str(len(gas)), f"{min(gas):,}", f"{max(gas):,}")
    return table


def _supply_line(report: Report) -> str:
    supply: dict[str, Any] = report.supply
    amounts = (format_amount(supply[key]) for key in ("before", "after", "burnt"))
    return "Supply: {} before = {} after + {} burnt.".format(*amounts)
