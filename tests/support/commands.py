"""Real commands: `xmbl` as a process of its own, with a home of its own."""

import io
import json
import os
import signal
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

from tests.support.terminal import Said
from xmbl.cli.program import run

PATIENCE = 60


class Commands:
    """Runs `xmbl …` for one user: files below `home`, the wallets' password in a file, a wallet to act with.

    A call runs in this process, where the imports are paid for once; `start` makes a process of its own.
    """

    def __init__(self, home: Path, password: Path, wallet: str = "") -> None:
        self.home = home
        self._password = password
        self._wallet = wallet

    def acting_with(self, wallet: str) -> "Commands":
        """The same user with another wallet."""
        return Commands(self.home, self._password, wallet)

    def __call__(self, *arguments: str) -> Said:
        """Run one command to its end."""
        out, err = io.StringIO(), io.StringIO()
        with (
            patch.dict(os.environ, self.environment(), clear=True),
            redirect_stdout(out),
            redirect_stderr(err),
        ):
            code = run(arguments)
        return Said(code, out.getvalue(), err.getvalue())

    def process(self, *arguments: str) -> Said:
        """Run one command to its end, in a process of its own."""
        done = subprocess.run(
            self._line(arguments), env=self.environment(), stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        return Said(done.returncode, done.stdout, done.stderr)

    def process_of(self, *arguments: str, stderr: IO[str]) -> "subprocess.Popen[bytes]":
        """Begin one command in a process of its own, which the test ends."""
        return subprocess.Popen(
            self._line(arguments), env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=stderr,
        )  # fmt: skip

    def document(self, *arguments: str) -> dict[str, Any]:
        """Run one command with --json that has to succeed; its document."""
        said = self(*arguments, "--json")
        assert said.code == 0, said.err
        return said.document()

    def start(self, *arguments: str) -> "Service":
        """Begin a command that runs until it is stopped; waits for its one document."""
        path = self.home / f"{'-'.join(arguments[:2])}.log"
        with path.open("w") as log:
            process = subprocess.Popen(
                self._line((*arguments, "--json")), env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE, stderr=log, text=True,
            )  # fmt: skip
        return Service(process, path)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Begin a command that is followed by what it does; what it notes on the way is in its log."""
        with (self.home / f"{'-'.join(arguments[:2])}.log").open("w") as log:
            return subprocess.Popen(
                self._line(arguments), env=self.environment(), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log, text=True,
            )  # fmt: skip

    def environment(self) -> dict[str, str]:
        """This process's, but for the user's own settings; bytecode is kept, or imports take seconds."""
        dropped = ("XMBL_", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
        own = {"XMBL_HOME": self.home, "XMBL_PASSWORD_FILE": self._password, "XMBL_WALLET": self._wallet}
        return kept | {name: str(value) for name, value in own.items()}

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
            self.kill()

    def kill(self) -> None:
        """SIGKILL: no goodbye."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
