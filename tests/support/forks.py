"""Tasks in forks: each inherits what this process imported and compiled, and leaves no trace in it."""

import json
import os
import select
import signal
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from resource import RLIMIT_CPU, setrlimit
from tempfile import TemporaryDirectory
from typing import Any, Generic, TypeVar

Task = TypeVar("Task")


@dataclass(frozen=True)
class Died:
    """A task that gave no answer: the signal that ended it (0 if it just left), and its last words."""

    signal: int
    words: str

    @property
    def too_long(self) -> bool:
        """Whether it used up its time."""
        return self.signal == signal.SIGXCPU


@dataclass
class _Child(Generic[Task]):
    task: Task
    process: int
    answer: int
    log: Path
    heard: bytes = b""


def in_forks(
    tasks: Iterable[Task], work: Callable[[Task], Any], workers: int, seconds: Callable[[Task], float]
) -> Iterator[tuple[Task, Any]]:
    """(task, what `work` gave, over JSON) as they come; `Died` instead where a task needs more than its
    `seconds` of computing or falls over. Whoever stops asking ends all that run."""
    waiting = iter(tasks)
    running: dict[int, _Child[Task]] = {}
    with TemporaryDirectory(prefix="forks-") as folder:
        try:
            while True:
                while len(running) < workers and (task := next(waiting, None)) is not None:
                    child = _start(task, work, Path(folder), seconds(task))
                    running[child.answer] = child
                if not running:
                    return
                for answer in select.select([*running], [], [])[0]:
                    heard = os.read(answer, 65_536)
                    running[answer].heard += heard
                    if not heard:
                        yield _finished(running.pop(answer))
        finally:
            for child in running.values():
                os.killpg(child.process, signal.SIGKILL)
                os.waitpid(child.process, 0)


def _start(task: Task, work: Callable[[Task], Any], folder: Path, seconds: float) -> _Child[Task]:
    answer, tell = os.pipe()
    with warnings.catch_warnings():  # of threads: those of tests don't hold what a child needs
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
    if process == 0:
        os.setpgid(0, 0)  # Ctrl-C is for the parent
        os.close(answer)
        _live(task, work, folder, tell, seconds)
    os.close(tell)
    with suppress(OSError):  # whoever is first
        os.setpgid(process, process)
    return _Child(task, process, answer, folder / str(process))


def _live(task: Task, work: Callable[[Task], Any], folder: Path, tell: int, seconds: float) -> None:
    """The whole life of a child."""
    status = 1
    try:
        setrlimit(RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 60))
        log = os.open(folder / str(os.getpid()), os.O_CREAT | os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(log, stream)
        with os.fdopen(tell, "w") as out:
            json.dump(work(task), out)
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may reach what the parent was doing
        os.write(2, traceback.format_exc().encode())  # Python's own streams may be somebody's buffers
    finally:
        os._exit(status)


def _finished(child: _Child[Task]) -> tuple[Task, Any]:
    os.close(child.answer)
    _, status = os.waitpid(child.process, 0)
    words = child.log.read_text(errors="replace")[-3_000:] if child.log.exists() else ""
    child.log.unlink(missing_ok=True)
    if status == 0:
        return child.task, json.loads(child.heard)
    return child.task, Died(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, words)
