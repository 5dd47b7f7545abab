"""Passwords: from a file or a hidden prompt, never from the command line."""

import sys
from pathlib import Path

import click

from xmbl.cli.session import Session
from xmbl.errors import UsageError
from xmbl.identity.passwords import read_password

_SHORTEST = 8

_FROM_FILE = "--passphrase-file FILE"


def ask(session: Session, wallet: str) -> str:
    """The password of `wallet`: from the file that was named, else asked for without echo."""
    return _from_file(session) or _prompted(f"Password of wallet {wallet}")


def ask_new(session: Session, wallet: str) -> str:
    """A password to seal `wallet` with; asked for twice, `UsageError` if it is too short to be one."""
    password = _from_file(session) or _prompted(f"New password of wallet {wallet}", twice=True)
    return _long_enough(password, "password")


def ask_secret(what: str) -> str:
    """A secret that has no file, asked for without echo."""
    return _prompted(what, "--from FILE")


def ask_passphrase(session: Session, path: Path | None) -> str:
    """The passphrase of a shared file: from the file `path`, else asked for without echo."""
    return _read(session, path) if path else _prompted("Passphrase of the shared file", _FROM_FILE)


def ask_new_passphrase(session: Session, path: Path | None) -> str:
    """A passphrase to share a file under; `UsageError` if it is too short to be one."""
    found = (
        _read(session, path)
        if path
        else _prompted("New passphrase of the shared file", _FROM_FILE, twice=True)
    )
    return _long_enough(found, "passphrase")


def _from_file(session: Session) -> str:
    path = session.password_file()
    return "" if path is None else _read(session, path)


def _read(session: Session, path: Path) -> str:
    password = read_password(path)
    if path.stat().st_mode & 0o077:
        session.out.note(f"Others can read the password in {path}; `chmod 600 {path}` stops that.")
    return password


def _long_enough(found: str, what: str) -> str:
    if len(found) < _SHORTEST:
        raise UsageError(f"This {what} is too short; choose {_SHORTEST} characters or more.")
    return found


def _prompted(what: str, instead: str = "--password-file FILE", *, twice: bool = False) -> str:
    """The answer; `UsageError` names the option that is there `instead` where nobody can be asked."""
    if not sys.stdin.isatty():
        raise UsageError(f"There is no terminal to ask for it: {what}; use {instead}.")
    return str(click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))
