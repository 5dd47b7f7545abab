"""`tests/support/forks.py`: what comes back from forked processes."""

import os
import signal
from pathlib import Path

import pytest

from tests.support.forks import Died, in_forks


def always(_: object) -> float:
    return 20


def test_in_forks__answers__come_back_with_their_tasks() -> None:
    assert dict(in_forks(range(5), lambda task: [task, task * 2], 2, always)) == {
        n: [n, 2 * n] for n in range(5)
    }


def test_in_forks__what_a_child_changes__stays_there() -> None:
    state = [0]

    def work(task: int) -> int:
        state[0] += task
        return state[0]

    assert dict(in_forks([1, 2, 3], work, 1, always)) == {1: 1, 2: 2, 3: 3}
    assert state == [0]


def test_in_forks__an_exception__is_told_with_its_words() -> None:
    def work(_: int) -> int:
        raise ValueError("no such thing")

    [(_, died)] = in_forks([1], work, 1, always)
    assert isinstance(died, Died)
    assert (died.signal, died.too_long) == (0, False)
    assert "no such thing" in died.words


def test_in_forks__a_signal__is_told() -> None:
    [(_, died)] = in_forks([1], lambda _: os.kill(os.getpid(), signal.SIGKILL), 1, always)
    assert died.signal == signal.SIGKILL


def test_in_forks__more_computing_than_allowed__ends_it() -> None:
    def work(_: int) -> int:
        number = 0
        while True:
            number += 1

    [(_, died)] = in_forks([1], work, 1, lambda _: 0)
    assert died.too_long


def test_in_forks__who_stops_asking__ends_all_that_run(tmp_path: Path) -> None:
    other = tmp_path / "other"

    def work(task: int) -> int:
        if task:
            other.write_text(str(os.getpid()))
            signal.pause()
        while not other.exists() or not other.read_text():
            os.sched_yield()
        return int(other.read_text())

    answers = in_forks([0, 1], work, 2, always)
    waiting = next(answers)[1]
    os.kill(waiting, 0)  # it runs
    answers.close()
    with pytest.raises(ProcessLookupError):
        os.kill(waiting, 0)
