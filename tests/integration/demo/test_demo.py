"""The demo as a person runs it, in processes of its own."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KEYS = {"ok", "seconds", "chain", "file", "operators", "deals", "transactions", "supply"}


def _demo(home: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "XMBL_HOME": str(home), "TMPDIR": str(home)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "xmbl", "demo", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def _processes_in(folder: Path) -> list[str]:
    """Commands of living processes that name the folder in their arguments or environment."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("this machine has no /proc to look for processes in")
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(folder).encode() in said and int(process.name) != os.getpid():
            found.append((process / "cmdline").read_text(errors="replace"))
    return found


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    home = tmp_path_factory.mktemp("demo")
    file = home / "letter.bin"
    file.write_bytes(os.urandom(300_000))
    child = _demo(home, str(file), "--json")
    out, err = child.communicate(timeout=300)
    assert child.returncode == 0, err.decode()
    return home, json.loads(out)


def test_demo__json__is_the_documented_document(story):
    _, document = story
    assert set(document) == KEYS
    assert document["ok"] is True
    assert set(document["operators"][0]) == {"address", "earned", "slashed", "killed"}
    assert set(document["transactions"][0]) == {"action", "hash", "gas", "status"}
    assert set(document["deals"][0]) == {
        "id", "operator", "periods_proven", "periods_missed", "paid", "refunded", "penalty",
    }  # fmt: skip


def test_demo__file__comes_back_as_it_was(story):
    _, document = story
    assert document["file"]["bytes"] == 300_000
    assert document["file"]["sha256"] == document["file"]["restored_sha256"]


def test_demo__killed_operator__pays_for_three_misses_and_the_fourth_stands_in(story):
    _, document = story
    (killed,) = [one for one in document["operators"] if one["killed"]]
    (lost,) = [deal for deal in document["deals"] if deal["operator"] == killed["address"]]
    assert lost["periods_missed"] == 3
    assert lost["penalty"] == killed["slashed"] > 0
    assert len(document["deals"]) == 4
    assert len({deal["operator"] for deal in document["deals"]}) == 4
    assert all(deal["periods_missed"] == 0 for deal in document["deals"] if deal is not lost)


def test_demo__supply__falls_by_what_was_burnt_and_by_nothing_else(story):
    _, document = story
    supply = document["supply"]
    assert supply["before"] == supply["after"] + supply["burnt"]
    slashed = sum(one["slashed"] for one in document["operators"])
    # half of a slash is the client's, in units of 10^9 wei, the odd one burnt
    assert supply["burnt"] == slashed - slashed // 10**9 // 2 * 10**9


def test_demo__end__leaves_no_process_and_no_file(story):
    home, _ = story
    assert _processes_in(home) == []
    assert [path.name for path in home.iterdir() if path.name.startswith("xmbl-demo-")] == []


def test_demo__interrupted__leaves_no_process(tmp_path):
    child = _demo(tmp_path)
    deadline = time.monotonic() + 60
    while len(_processes_in(tmp_path)) < 6:  # the demo, the chain, four nodes
        assert time.monotonic() < deadline, "the demo's processes never came up"
        assert child.poll() is None
        time.sleep(0.2)
    child.send_signal(signal.SIGINT)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 130
    assert b"Every process of the demo was ended." in err
    assert _processes_in(tmp_path) == []
