"""What a command says: its result on stdout, everything else on stderr.

With `--json` stdout is exactly one document. On a terminal tables are drawn by rich; in a pipe they
are plain columns.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.table import Table as RichTable

_CONTROLS = (*range(9), *range(11, 32), *range(127, 160))
_UNPRINTABLE = dict.fromkeys(_CONTROLS, "�")
_ESCAPED = {code: f"\\u{code:04x}" for code in _CONTROLS}


@dataclass(frozen=True)
class Table:
    """Rows under headings; `empty` is said where there are none."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    empty: str


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """`name  value` lines with the values in one column."""
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in pairs)


def counted(number: int, noun: str) -> str:
    """`1 deal`, `2 deals`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def printable(text: str) -> str:
    """`text` without control characters: what comes from a peer or a file must not steer the terminal."""
    return text.translate(_UNPRINTABLE)


def document_text(document: dict[str, Any]) -> str:
    """`document` as JSON that steers no terminal: JSON itself escapes only half of the control characters."""
    return json.dumps(document, indent=2, ensure_ascii=False).translate(_ESCAPED)


class Output:
    """The two streams of a command; `answered` once stdout has its result, `is_waiting` while stderr shows
    what is waited for."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json
        self.answered = False
        self.is_waiting = False

    def result(self, document: dict[str, Any], *parts: str | Table) -> None:
        """The command's result, once: `document` with `--json`, else `parts` for people."""
        self.answered = True
        if self.as_json:
            click.echo(document_text({"ok": True, **document}))
        for part in () if self.as_json else parts:
            if isinstance(part, Table):
                _show(part)
            else:
                click.echo(printable(part))

    def note(self, text: str) -> None:
        """Something beside the result, on stderr."""
        click.echo(printable(text), err=True)

    def table(self, table: Table) -> None:
        """A table beside the result, on stderr."""
        click.echo(_plain(table), err=True)

    def confirm(self, question: str) -> bool:
        """Ask on stderr; no is the default."""
        return click.confirm(printable(question), err=True)

    @contextmanager
    def waiting(self, doing: str) -> Iterator[None]:
        """Say on stderr what is being waited for, with a spinner on a terminal."""
        self.is_waiting = True
        try:
            with self._shown(f"{doing} …"):
                yield
        finally:
            self.is_waiting = False

    @contextmanager
    def _shown(self, line: str) -> Iterator[None]:
        if not sys.stderr.isatty():
            self.note(line)
            yield
            return
        from rich.console import Console

        with Console(stderr=True).status(line):
            yield


def _cell(text: str) -> str:
    return printable(text).replace("\n", " ")


def _plain(table: Table) -> str:
    if not table.rows:
        return table.empty
    rows = [[_cell(cell) for cell in row] for row in (table.headings, *table.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.headings))]
    return "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)


def drawn(table: Table) -> "RichTable":
    """The table as rich draws it."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table as RichTable
    from rich.text import Text

    found = RichTable(*table.headings, box=SIMPLE_HEAD, pad_edge=False)
    for row in table.rows:
        found.add_row(*(Text(_cell(cell), overflow="fold") for cell in row))
    return found


def _show(table: Table) -> None:
    if not (table.rows and sys.stdout.isatty()):
        click.echo(_plain(table))
        return
    from rich.console import Console

    Console().print(drawn(table))


@contextmanager
def leaving(sentence: str) -> Iterator[None]:
    """Whoever interrupts the block is told `sentence`: the state that things were left in."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt | click.Abort | BaseExceptionGroup):
            error.add_note(sentence)
        raise
