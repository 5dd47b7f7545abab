"""What is told while a command waits, and what isn't. Each wait here ends once all was said."""

import threading
from types import SimpleNamespace

import pytest

from xmbl.cli.output import Output
from xmbl.cli.silence import Silence


class Listener(Output):
    """Keeps what is noted; `heard` is set by the first of it."""

    def __init__(self):
        super().__init__(as_json=True)
        self.notes = []
        self.heard = threading.Event()

    def note(self, text):
        self.notes.append(text)
        self.heard.set()


@pytest.fixture
def out():
    return Listener()


def test_silence__a_wait_that_lasts__is_told_before_it_ends(out):
    with Silence(out, after=0)("an answer of node"):
        assert out.heard.wait(30)
    assert out.notes == ["waiting for an answer of node …"]


def test_silence__waits_on_end__are_one_and_told_once(out):
    silence = Silence(out, after=0)
    with silence("an answer of node"):
        assert out.heard.wait(30)
        for _ in range(3):
            with silence("another"):
                pass
    assert out.notes == ["waiting for an answer of node …"]


def test_silence__a_short_wait__is_not_told(out):
    threads = threading.active_count()
    with Silence(out, after=3_600)("an answer of node"):
        pass
    for each in threading.enumerate()[threads:]:
        each.join(30)
    assert out.notes == []


def test_silence__the_same_long_wait_again__is_told_anew_after_a_short_one(out, monkeypatch):
    clock = iter(range(0, 1_000, 100))
    monkeypatch.setattr("xmbl.cli.silence.time", SimpleNamespace(monotonic=lambda: next(clock)))
    silence = Silence(out, after=3_600)
    for is_long in (True, True, False, True):
        with silence("an answer of node"):
            if is_long:
                silence._tell("an answer of node")
    assert out.notes == ["waiting for an answer of node …"] * 2


def test_silence__something_is_shown_already__is_not_told(out):
    silence = Silence(out, after=0)
    out.is_waiting = True
    silence._tell("an answer of node")
    assert out.notes == []
    out.is_waiting = False
    silence._tell("an answer of node")
    assert out.notes == ["waiting for an answer of node …"]


def test_silence__the_wait_fails__is_over_too(out):
    silence = Silence(out, after=3_600)
    with pytest.raises(OSError, match="gone"), silence("an answer of node"):
        raise OSError("gone")
    assert silence._under_way == 0


def test_searched__as_it_lasts__is_told_of_every_few_seconds(out, monkeypatch):
    clock = iter([0, 1, 4.9, 5, 9, 10, 11, 100, 101])
    monkeypatch.setattr("xmbl.cli.silence.time", SimpleNamespace(monotonic=lambda: next(clock)))
    silence = Silence(out)
    for block in range(1_000, 10_000, 1_000):
        silence.searched(block, 12_000)
    assert out.notes == [
        "read block 4,000 of 12,000; that is needed once …",
        "read block 6,000 of 12,000; that is needed once …",
    ]


def test_searched__something_else_shows_what_is_waited_for__is_not_told(out, monkeypatch):
    clock = iter([0, 6, 12])
    monkeypatch.setattr("xmbl.cli.silence.time", SimpleNamespace(monotonic=lambda: next(clock)))
    silence = Silence(out)
    out.is_waiting = True
    for block in (1_000, 2_000, 3_000):
        silence.searched(block, 6_000)
    assert out.notes == []
