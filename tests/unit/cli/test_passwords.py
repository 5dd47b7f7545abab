"""Where passwords come from."""

import pytest

from xmbl.cli import passwords
from xmbl.cli.choices import Choices
from xmbl.cli.output import Output
from xmbl.cli.session import Session
from xmbl.errors import ConfigError, UsageError


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "password"
    path.write_text("correct horse\nsecond line\n")
    path.chmod(0o600)
    return path


def test_ask__file__gives_its_first_line(home, file, capsys):
    assert Session(Choices(password_file=str(file))).password("main") == "correct horse"
    assert capsys.readouterr().err == ""


def test_ask__variable__names_the_file(home, file, monkeypatch):
    monkeypatch.setenv("XMBL_PASSWORD_FILE", str(file))
    assert Session(Choices()).password("main") == "correct horse"


def test_ask__file_that_others_read__is_remarked(home, file, capsys):
    file.chmod(0o644)
    Session(Choices(password_file=str(file))).password("main")
    assert "Others can read" in capsys.readouterr().err


def test_ask__empty_first_line__is_refused(home, file):
    file.write_text("\n")
    with pytest.raises(ConfigError, match="first line"):
        Session(Choices(password_file=str(file))).password("main")


def test_ask__no_terminal__names_the_option(home, monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(UsageError, match="--password-file"):
        Session(Choices()).password("main")


@pytest.mark.parametrize(
    ("ask", "option"),
    [
        (lambda: passwords.ask_passphrase(Output(as_json=False), None), "--passphrase-file FILE"),
        (lambda: passwords.ask_new_passphrase(Output(as_json=False), None), "--passphrase-file FILE"),
        (lambda: passwords.ask_secret("Private key (hex)"), "--from FILE"),
    ],
)
def test_ask_something_else__no_terminal__names_its_own_option(home, monkeypatch, ask, option):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False)
    with pytest.raises(UsageError, match=option):
        ask()


def test_ask_new__short_password__is_refused(home, file):
    file.write_text("1234567\n")
    with pytest.raises(UsageError, match="8 characters"):
        Session(Choices(password_file=str(file))).new_password("main")
