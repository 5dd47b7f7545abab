"""Real commands: `xmbl` as a process of its own, with a home of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.terminal import Said

PATIENCE = 60


class Commands:
    """Runs `xmbl …` for one user, whose files lie below `home`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str) -> Said:
        """Run one command to its end."""
        done = subprocess.run(
            self._line(arguments), env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def document(self, *arguments: str) -> dict[str, Any]:
        """Run one command with --json that has to succeed; its document."""
        said = self(*arguments, "--json")
        assert said.code == 0, said.err
        return said.document()

    def start(self, *arguments: str) -> "Service":
        """Begin a command that runs until it is stopped; waits for its one document."""
        log = (self.home / f"{'-'.join(arguments[:2])}.log").open("w")
        process = subprocess.Popen(
            self._line((*arguments, "--json")), env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
        return Service(process, Path(log.name))

    def environment(self) -> dict[str, str]:
        """This process's, but for the user's own settings; bytecode is kept, or imports take seconds."""
        dropped = ("XMBL_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        return {**kept, "XMBL_HOME": str(self.home)}

    def _line(self, arguments: tuple[str, ...]) -> list[str]:
        return [sys.executable, "-m", "xmbl", *arguments]


class Service:
    """A command that runs until it is stopped."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self.process = process
        self.log = log
        self.document = self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        lines: list[str] = []
        while line := self.process.stdout.readline():
            lines.append(line)
            if line.rstrip() == "}":
                return json.loads("".join(lines))
        raise AssertionError(f"it ended with {self.process.wait()}: {self.log.read_text()}")

    def stop(self, number: int = signal.SIGINT) -> int:
        """Interrupt it; its exit code."""
        self.process.send_signal(number)
        try:
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            assert self.process.stdout is not None
            self.process.stdout.close()
