"""Passwords: from a file or a hidden prompt, never from the command line."""

import sys
from pathlib import Path

import click

from xmbl.cli.output import Output
from xmbl.errors import UsageError
from xmbl.identity.passwords import read_password

_SHORTEST = 8

_FROM_FILE = "--passphrase-file FILE"


def ask(out: Output, file: Path | None, wallet: str) -> str:
    """The password of `wallet`: from `file` where one was named, else asked for without echo."""
    return _read(out, file) if file else _prompted(f"Password of wallet {wallet}")


def ask_new(out: Output, file: Path | None, wallet: str) -> str:
    """A password to seal `wallet` with; asked for twice, `UsageError` if it is too short to be one."""
    found = _read(out, file) if file else _prompted(f"New password of wallet {wallet}", twice=True)
    return _long_enough(found, "password")


def ask_secret(what: str) -> str:
    """A secret that has no file, asked for without echo."""
    return _prompted(what, "--from FILE")


def ask_passphrase(out: Output, file: Path | None) -> str:
    """The passphrase of a shared file: from `file` where one was named, else asked for without echo."""
    return _read(out, file) if file else _prompted("Passphrase of the shared file", _FROM_FILE)


def ask_new_passphrase(out: Output, file: Path | None) -> str:
    """A passphrase to share a file under; `UsageError` if it is too short to be one."""
    found = (
        _read(out, file) if file else _prompted("New passphrase of the shared file", _FROM_FILE, twice=True)
    )
    return _long_enough(found, "passphrase")


def _read(out: Output, file: Path) -> str:
    password = read_password(file)
    if file.stat().st_mode & 0o077:
        out.note(f"Others can read the password in {file}; `chmod 600 {file}` stops that.")
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
