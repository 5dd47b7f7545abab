"""Follows something on the chain: a table that changes on a terminal, a line for each change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from xmbl.cli.output import Output, Table, drawn
from xmbl.errors import RpcUnavailable

T = TypeVar("T")


class Outages:
    """For who looks again and again: an RPC that is silent for a while is told once, and looked past."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._is_out = False

    def tried(self, look: Callable[[], T]) -> T | None:
        """What `look` finds; None while the chain can't be asked."""
        try:
            found = look()
        except RpcUnavailable as error:
            if not self._is_out:
                self._out.note(f"{error} It is looked again.")
            self._is_out = True
            return None
        self._is_out = False
        return found


def follow(out: Output, look: Callable[[], tuple[Table, bool]], every: float) -> None:
    """Show what `look` finds every so many seconds, until it says that all is over."""
    outages = Outages(out)
    with _screen(out) as show:
        while True:
            if found := outages.tried(look):
                table, is_over = found
                show(table)
                if is_over:
                    return
            time.sleep(every)


@contextmanager
def _screen(out: Output) -> Iterator[Callable[[Table], None]]:
    if not sys.stderr.isatty():
        seen: set[tuple[str, ...]] = set()

        def tell(table: Table) -> None:
            for row in table.rows:
                if tuple(row) not in seen:
                    out.note(
                        "  ".join(
                            f"{name.lower()} {cell}" for name, cell in zip(table.headings, row, strict=True)
                        )
                    )
                    seen.add(tuple(row))

        yield tell
        return
    from rich.console import Console
    from rich.live import Live

    with Live(console=Console(stderr=True), transient=True) as live:
        yield lambda table: live.update(drawn(table))
