"""The table of commands, and the way in and out of the program.

A command's module is imported when that command is used; `--help` reads this table alone.
"""

from collections.abc import Sequence
from importlib import import_module

import click

from xmbl import __version__
from xmbl.cli.choices import Choices
from xmbl.cli.frame import Group
from xmbl.cli.report import report

COMMANDS = {
    "demo": (
        "xmbl.cli.demo:command",
        "Store a file, prove it, lose an operator, bring it back: the whole path on a throw-away chain",
    ),
    "wallet": ("xmbl.cli.wallet:command", "Make and keep keys, see balances, send XMBL"),
    "pay": ("xmbl.cli.pay:command", "Fill and use your account in Payments, from which services are paid"),
    "split": ("xmbl.cli.split:command", "Share income by fixed shares, without a contract of your own"),
    "deal": ("xmbl.cli.deal:command", "Store files with operators and bring them back"),
    "stake": ("xmbl.cli.stake:command", "Bond XMBL behind an operator and limit what markets may lock"),
    "node": ("xmbl.cli.node:command", "Register an operator and run its node"),
    "devnet": ("xmbl.cli.devnet:command", "Run a throw-away chain with everything deployed"),
    "config": ("xmbl.cli.config:command", "Join networks and choose defaults"),
    "doctor": ("xmbl.cli.doctor:command", "Check this machine, the network and your funds, with remedies"),
    "completion": ("xmbl.cli.completion:command", "Print the completion script of your shell"),
    "help": ("xmbl.cli.help:command", "Explain exit codes, files, JSON and other topics"),
}
"""Name: where its click command is, and its line of help; in the order in which people meet them."""


class Table(Group):
    """The root: its commands come from `COMMANDS`."""

    hides_shared = False

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """The names, as the table orders them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command `cmd_name`, imported now."""
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name][0].split(":")
        found: click.Command = getattr(import_module(module), name)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The table itself: no command is imported for a list of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.command(cls=Table, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", message="xmbl %(version)s")
def program() -> None:
    """XMBL: store files with strangers who must prove that they keep them.

    Begin with `xmbl demo`; on a machine of your own, with `xmbl doctor`. `xmbl help` explains the rest.
    """


def run(arguments: Sequence[str]) -> int:
    """Run one command line; its error, if any, becomes a sentence. Returns the exit code."""
    choices = Choices()
    try:
        return int(program.main(list(arguments), prog_name="xmbl", standalone_mode=False, obj=choices) or 0)
    except BaseException as error:  # noqa: BLE001 - the last door: everything leaves as a sentence and a code
        return report(error, as_json="--json" in arguments and not choices.answered)
