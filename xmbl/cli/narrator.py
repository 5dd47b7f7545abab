"""Tells what happens while bytes travel: bars on a terminal, a line for each thing done elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from xmbl.cli.output import Output, printable
from xmbl.units import format_size

if TYPE_CHECKING:
    from xmbl.events import Event


class Narrator:
    """A subscriber to the client's events."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}

    @contextmanager
    def telling(self) -> Iterator["Narrator"]:
        """Draw bars on stderr while the block runs, if that is a terminal."""
        if not sys.stderr.isatty():
            yield self
            return
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            DownloadColumn(),
            TransferSpeedColumn(),
        )
        with Progress(*columns, console=Console(stderr=True), transient=True) as self._bars:
            yield self
        self._bars = None

    def __call__(self, event: "Event") -> None:
        """Tell one event."""
        from xmbl.storage import client_events as events

        match event:
            case events.Uploading(number=number, operator=operator, sent=sent, size=size):
                self._show(f"replica {number} to {operator[:10]}…", sent, size)
            case events.Downloading(name=name, done=done, size=size):
                self._show(f"{name} back", done, size)
            case events.Uploaded(number=number, operator=operator):
                self._say(f"replica {number}: {operator} holds it and signed the deal")
            case events.DealOpened(number=number, gas=gas, transaction=transaction):
                self._say(f"replica {number}: deal opened, {gas:,} gas, {transaction}")
            case events.OperatorPassed(operator=operator, reason=reason):
                self._say(f"{operator} isn't used: {reason}")
            case events.DealExtended(number=number, end=end, gas=gas, transaction=transaction):
                self._say(f"replica {number}: lasts until period {end}, {gas:,} gas, {transaction}")
            case events.ExtensionRefused(number=number, operator=operator, reason=reason):
                self._say(f"replica {number}: not extended by {operator}: {reason}")
            case events.ReplicaLost(number=number, operator=operator, missed=missed):
                self._say(f"replica {number}: lost by {operator} after {missed} misses")
            case events.ReplicaRepaired(number=number, operator=operator, replaced=replaced):
                self._say(f"replica {number}: stands at {operator} for replica {replaced}")

    def _say(self, line: str) -> None:
        if self._bars is None:
            self._out.note(line)
        else:
            self._bars.console.print(printable(line), markup=False, highlight=False)

    def _show(self, what: str, done: int, total: int) -> None:
        if self._bars is None:
            if done >= total:
                self._out.note(f"{what}: {format_size(total)}")
            return
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(printable(what), total=total)
        self._bars.update(self._tasks[what], completed=done)
