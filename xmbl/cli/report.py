"""How a command ends when it doesn't end well: one sentence, and an exit code that scripts can use.

0    done
1    the world is broken: the chain, a peer, the disk, a password; or a bug, with its traceback in a file
2    bad input: the caller can mend it
130  interrupted; the sentence says what state that left
"""

import errno
import os
import re
import sys
import traceback
from datetime import UTC, datetime

import click

from xmbl.errors import Reverted, XmblError

INTERRUPTED = 130


def report(error: BaseException, as_json: bool) -> int:
    """Print `error` where it belongs (stderr, or stdout as a JSON document); returns the exit code."""
    from xmbl.cli.output import document_text, printable

    cause = _cause(error)
    if isinstance(cause, OSError) and cause.errno == errno.EPIPE:
        # whoever read our output has seen enough; flushing at exit would complain again
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    code, exit_code, sentence = _told(cause)
    after_echo = "\n" if exit_code == INTERRUPTED and sys.stderr.isatty() else ""  # the terminal showed ^C
    click.echo(printable(f"{after_echo}xmbl: {sentence}"), err=True)
    if as_json:
        fields = {"code": code, "message": sentence, "exit_code": exit_code}
        if isinstance(cause, Reverted):
            fields["reason"] = cause.reason
        click.echo(document_text({"ok": False, "error": fields}))
    return exit_code


def _leaves(error: BaseException) -> list[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        return [leaf for part in error.exceptions for leaf in _leaves(part)]
    return [error]


def _cause(error: BaseException) -> BaseException:
    """The one error that a person should read about: an interruption first, then ours, then anything."""
    leaves = _leaves(error)

    def rank(leaf: BaseException) -> int:
        kinds = (KeyboardInterrupt | click.Abort, XmblError | click.ClickException, BaseException)
        return next(place for place, kind in enumerate(kinds) if isinstance(leaf, kind))

    first = min(leaves, key=rank)
    for note in getattr(error, "__notes__", []) if first is not error else []:
        first.add_note(note)
    return first


def _told(error: BaseException) -> tuple[str, int, str]:
    """The error's code for scripts, its exit code and its sentence."""
    match error:
        case KeyboardInterrupt() | click.Abort():
            notes = getattr(error, "__notes__", []) or getattr(error.__cause__, "__notes__", [])
            return "interrupted", INTERRUPTED, " ".join(["Stopped.", *notes])
        case XmblError():
            return _code(error), error.exit_code, str(error)
        case click.ClickException():
            return "usage", 2, _usage(error)
        case OSError() if error.filename:
            return "files", 1, f"{error.filename}: {error.strerror}."
        case SystemExit():
            return "exit", error.code if isinstance(error.code, int) else 1, f"Left with {error.code}."
    return "unexpected", 1, _unexpected(error)


def _code(error: XmblError) -> str:
    """`RpcUnavailable` is `rpc_unavailable` to scripts."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


def _usage(error: click.ClickException) -> str:
    sentence = error.format_message().rstrip()
    sentence = sentence if sentence.endswith((".", "?")) else f"{sentence}."
    context = getattr(error, "ctx", None)
    return f"{sentence} See `{context.command_path} --help`." if context else sentence


def _unexpected(error: BaseException) -> str:
    from xmbl.config import folders, write_text

    moment = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%f")
    path = folders().state / "crashes" / f"{moment}.txt"
    # the standard traceback shows code and no values, so no secret can land in the file
    write_text(path, "".join(traceback.format_exception(error)))
    return (
        f"Something that nobody foresaw went wrong ({type(error).__name__}); this is a bug of XMBL."
        f" The traceback is in {path}: please send it to the project."
    )
