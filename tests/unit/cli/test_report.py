"""How a command ends badly: one sentence, one exit code."""

import errno
import json

import click
import pytest

from xmbl.cli.output import leaving
from xmbl.cli.report import report
from xmbl.errors import ConfigError, Refused, Reverted, RpcUnavailable


def test_report__world_broken__is_a_sentence_and_one(capsys):
    assert report(RpcUnavailable("No endpoint answers; check --network."), as_json=False) == 1
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "xmbl: No endpoint answers; check --network.\n")


def test_report__bad_input__is_two(capsys):
    assert report(ConfigError("No."), as_json=False) == 2


def test_report__json__is_one_document_on_stdout(capsys):
    assert report(Reverted("Refused.", "payments: balance"), as_json=True) == 1
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "error": {"code": "reverted", "message": "Refused.", "exit_code": 1, "reason": "payments: balance"},
    }


def test_report__interrupted__is_130_and_says_the_state(capsys):
    with pytest.raises(KeyboardInterrupt) as caught, leaving("Nothing was sent."):
        raise KeyboardInterrupt
    assert report(caught.value, as_json=False) == 130
    assert capsys.readouterr().err == "xmbl: Stopped. Nothing was sent.\n"


def test_report__clicks_abort__carries_the_state_of_its_cause(capsys):
    interruption = KeyboardInterrupt()
    interruption.add_note("The upload can be taken up again.")
    abort = click.Abort()
    abort.__cause__ = interruption
    assert report(abort, as_json=False) == 130
    assert "taken up again" in capsys.readouterr().err


def test_report__group_of_tasks__finds_the_interruption_and_its_note(capsys):
    with pytest.raises(BaseExceptionGroup) as caught, leaving("Two of three replicas are stored."):
        raise BaseExceptionGroup(
            "tasks", [ValueError("cancelled"), BaseExceptionGroup("x", [KeyboardInterrupt()])]
        )
    assert report(caught.value, as_json=False) == 130
    assert "Two of three" in capsys.readouterr().err


def test_report__group_of_tasks__prefers_our_sentence(capsys):
    assert report(ExceptionGroup("tasks", [ValueError("x"), ConfigError("Mend it.")]), as_json=False) == 2
    assert capsys.readouterr().err == "xmbl: Mend it.\n"


def test_report__missing_file__names_it(capsys):
    assert report(FileNotFoundError(errno.ENOENT, "No such file or directory", "a.toml"), as_json=False) == 1
    assert capsys.readouterr().err == "xmbl: a.toml: No such file or directory.\n"


def test_report__a_bug__writes_the_traceback_and_says_where(home, capsys):
    def fail(password):
        raise ValueError(f"length {len(password)}")

    with pytest.raises(ValueError, match="length") as caught:
        fail("hunter2" * 2)
    assert report(caught.value, as_json=False) == 1
    [crash] = (home / "state" / "crashes").iterdir()
    assert str(crash) in capsys.readouterr().err
    assert "ValueError: length 14" in crash.read_text()
    assert "hunter2hunter2" not in crash.read_text()


def test_report__escape_sequences_of_a_peer__steer_no_terminal(capsys):
    error = Refused("No \x1b[2J\x9b31m\x7froom.")
    report(error, as_json=True)
    printed = capsys.readouterr()
    assert printed.err == "xmbl: No �[2J�31m�room.\n"
    assert not set(printed.out) & {"\x1b", "\x9b", "\x7f"}
    assert json.loads(printed.out)["error"]["message"] == str(error)
