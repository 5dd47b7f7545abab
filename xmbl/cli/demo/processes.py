"""The demo's processes: started each in a session of its own, ended together, none left behind."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

from xmbl.errors import XmblError

_PATIENCE = 10.0
"""Seconds that a process has to end by itself before it is killed."""


class ProcessDied(XmblError):
    """A process of the demo ended by itself; its log says why."""


class Processes:
    """Child processes by name, with one log file each."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        logs.mkdir(parents=True, exist_ok=True)

    def start(
        self, name: str, arguments: list[str], home: Path, *, pipe: bool = False
    ) -> subprocess.Popen[bytes]:
        """Run `python -m …` with `XMBL_HOME` set to `home`; what isn't piped goes to the log."""
        environment = {**os.environ, "XMBL_HOME": str(home)}
        # Compiled modules are kept: five interpreters would each compile web3 and libp2p otherwise.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with self.log(name).open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else log,
                stderr=log,
                start_new_session=True,
            )
        self._running[name] = child
        return child

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self._logs / f"{name}.log"

    def pids(self) -> dict[str, int]:
        """The process ids of the children that still run."""
        return {name: child.pid for name, child in self._running.items() if child.poll() is None}

    def check(self) -> None:
        """Raise `ProcessDied` if a child ended that nobody ended."""
        for name, child in self._running.items():
            if child.poll() not in (None, 0):
                tail = self.log(name).read_text(errors="replace").strip().splitlines()[-1:]
                raise ProcessDied(
                    f"The demo's {name} ended by itself: {' '.join(tail) or 'no output'} ({self.log(name)})"
                )

    def kill(self, name: str) -> None:
        """SIGKILL, as a machine that loses its power."""
        child = self._running.pop(name)
        child.kill()
        child.wait()

    def stop(self) -> None:
        """End every child: politely, then not."""
        for child in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                child.send_signal(signal.SIGTERM)
        for child in self._running.values():
            try:
                child.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._running.clear()
