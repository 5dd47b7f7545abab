"""Follows something on the chain: a table that changes on a terminal, a line for each change elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from xmbl.cli.output import Output, Table, drawn
from xmbl.errors import RpcUnavailable


def follow(out: Output, look: Callable[[], tuple[Table, bool]], every: float) -> None:
    """Show what `look` finds every so many seconds, until it says that all is over."""
    with _screen(out) as show:
        while True:
            try:
                table, is_over = look()
            except RpcUnavailable as error:
                out.note(f"{error} It is looked again.")
            else:
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
