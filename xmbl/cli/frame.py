"""What every command has in common: the shared options, and the session that they describe.

An option of `SHARED` may stand before or after the subcommand: each level remembers what it was
given in one `Choices`, the innermost last.
"""

from collections.abc import Callable
from difflib import get_close_matches
from functools import update_wrapper
from math import isnan
from pathlib import Path
from typing import Any

import click

from xmbl.cli.choices import Choices


def _remember(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    if value and not ctx.resilient_parsing:
        setattr(ctx.ensure_object(Choices), str(parameter.name), value)


def _names(kind: str) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    def complete(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        from xmbl.config import folders

        pattern = {"network": "networks/*.toml", "wallet": "wallets/*.json"}[kind]
        stems = (path.stem for path in folders().config.glob(pattern))
        return sorted(stem for stem in stems if stem.startswith(incomplete))

    return complete


SHARED: dict[str, dict[str, Any]] = {
    "--json": {"is_flag": True, "help": "Print exactly one JSON document on stdout."},
    "--network": {
        "metavar": "NAME",
        "help": "The network to use, else $XMBL_NETWORK or the chosen one.",
        "shell_complete": _names("network"),
    },
    "--wallet": {
        "metavar": "NAME",
        "help": "The wallet to use, else $XMBL_WALLET or the chosen one.",
        "shell_complete": _names("wallet"),
    },
    "--password-file": {
        "metavar": "FILE",
        "type": click.Path(dir_okay=False),
        "help": "Where the wallet's password is, else $XMBL_PASSWORD_FILE or a hidden prompt.",
    },
    "--yes": {"is_flag": True, "help": "Don't ask before sending or overwriting."},
    "--dry-run": {"is_flag": True, "help": "Show what would be sent, its cost and its checks; send nothing."},
}


def _option(name: str, hidden: bool = False) -> click.Option:
    return click.Option([name], expose_value=False, callback=_remember, hidden=hidden, **SHARED[name])


class Group(click.Group):
    """A group that takes the shared options too and guesses what a mistyped command was meant to be."""

    hides_shared = True

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.params.extend(_option(name, hidden=self.hides_shared) for name in SHARED)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Show the help where nothing was asked, as click's versions don't agree on it."""
        if not args and not ctx.resilient_parsing:
            click.echo(self.get_help(ctx))
            ctx.exit()
        return super().parse_args(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its whole first sentence, however narrow the terminal."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(1_000)) for name, each in found if each])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that `args` begins with; a usage error with a suggestion when there is none."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None:
            names = self.list_commands(ctx)
            near = get_close_matches(args[0], names, n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"there are {', '.join(names)}."
            raise click.UsageError(f"{ctx.command_path} has no command {args[0]!r}; {hint}", ctx)
        return super().resolve_command(ctx, args)


def group(function: Callable[[], None]) -> Group:
    """A command group named after its file; its docstring is its help."""
    return click.group(cls=Group, name=function.__module__.rpartition(".")[2])(function)


def _with_session(*options: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        def run(*args: Any, **values: Any) -> None:
            from xmbl.cli.session import Session

            context = click.get_current_context()
            choices = context.ensure_object(Choices)
            if choices.dry_run and "--dry-run" not in options:
                raise click.UsageError("This command has no dry run; leave --dry-run away.", context)
            session = Session(choices)
            try:
                function(session, *args, **values)
            finally:
                choices.answered = session.out.answered

        wrapped = update_wrapper(run, function)
        for name in reversed(options):
            parameters = wrapped.__dict__.setdefault("__click_params__", [])
            parameters.append(_option(name))
        return wrapped

    return decorate


local = _with_session("--json")
"""A command that needs nothing but this machine."""

asking = _with_session("--json", "--yes")
"""A command on this machine that asks before it overwrites."""

sealing = _with_session("--json", "--password-file")
"""A command that makes something under a new password."""

owning = _with_session("--json", "--wallet")
"""A command about a wallet; it needs no password."""

opening_here = _with_session("--json", "--wallet", "--password-file")
"""A command that opens a wallet on this machine."""

unlocking = _with_session("--json", "--wallet", "--password-file", "--yes")
"""The same, and it asks before it goes on."""

online = _with_session("--json", "--network")
"""A command that reads a network."""

looking = _with_session("--json", "--network", "--wallet")
"""A command that reads a network on behalf of a wallet; it needs no password."""

opening = _with_session("--json", "--network", "--wallet", "--password-file")
"""A command that opens a wallet and reads a network."""

unlocking_online = _with_session("--json", "--network", "--wallet", "--password-file", "--yes")
"""The same, and it asks before it overwrites."""

sending = _with_session("--json", "--network", "--wallet", "--password-file", "--yes", "--dry-run")
"""A command that sends transactions from a wallet."""


class Target(click.Path):
    """A parameter that is a file to be written into a folder that is there."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The file's path, or a usage error."""
        found: Path = super().convert(value, param, ctx)  # type: ignore[assignment]
        if not found.absolute().parent.is_dir():
            self.fail(f"there is no folder {found.parent}; make it first or give another place.", param, ctx)
        return found


FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
"""A parameter that must be a readable file."""


class Seconds(click.FloatRange):
    """A parameter that is a time to wait; `nan`, which click finds in every range, is none."""

    def __init__(self, least: float, most: float) -> None:
        super().__init__(least, most)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Seconds in the range, or a usage error."""
        found = super().convert(value, param, ctx)
        if isnan(found):
            self.fail(f"{value!r} is not a number of seconds.", param, ctx)
        return found
