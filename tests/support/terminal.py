"""A person at a terminal: runs command lines in this process and keeps what they said."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from xmbl.cli.program import run


@dataclass(frozen=True)
class Said:
    """What one command line printed and left with."""

    code: int
    out: str
    err: str

    def document(self) -> dict[str, Any]:
        """The one JSON document on stdout; fails where there is anything else."""
        return json.loads(self.out)


class Terminal:
    """Runs `xmbl …` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str) -> Said:
        """Run `xmbl` with `arguments`; what was printed before is dropped."""
        self._capsys.readouterr()
        code = run(arguments)
        printed = self._capsys.readouterr()
        return Said(code, printed.out, printed.err)
