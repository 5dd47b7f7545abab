"""Every command is documented, speaks JSON, and stands in the README's table."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from xmbl.cli.program import COMMANDS, program

README = Path(__file__).parents[2] / "README.md"

ROW = re.compile(r"^\| `xmbl ([a-z]+)` \|([^|]*)\|", re.MULTILINE)
"""A row of the README's table: the group or command, then its subcommands in backticks."""


def _leaves(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from _leaves(inner, f"{path} {name}")
    else:
        yield path, command


LEAVES = dict(_leaves(program, "xmbl"))


@pytest.mark.parametrize("path", LEAVES)
def test_command__help__is_a_sentence_that_fits_its_line(path):
    command = LEAVES[path]
    assert command.help, "give the function a docstring"
    assert command.help.split("\n\n")[0].rstrip().endswith((".", ":")), "a sentence ends with a full stop"
    assert not command.get_short_help_str(90).endswith("..."), (
        "the first sentence is what lists show: shorten it"
    )


@pytest.mark.parametrize("path", LEAVES)
def test_command__options__are_explained(path):
    command = LEAVES[path]
    silent = [each.name for each in command.params if isinstance(each, click.Option) and not each.help]
    assert silent == []


@pytest.mark.parametrize("path", LEAVES)
def test_command__json__is_offered(path):
    assert "json" in {each.name for each in LEAVES[path].params}


@pytest.mark.parametrize("path", LEAVES)
def test_command__passwords_and_keys__are_never_arguments(path):
    names = {each.name for each in LEAVES[path].params}
    assert names & {"password", "passphrase", "key", "private_key", "seed", "secret"} == set()


@pytest.mark.parametrize("name", COMMANDS)
def test_table__line__is_one_line_without_a_full_stop(name):
    line = COMMANDS[name][1]
    assert line[0].isupper()
    assert not line.endswith(".")


def _subcommands(name: str) -> set[str]:
    return {path.split()[2] for path in LEAVES if path.startswith(f"xmbl {name} ")}


@pytest.mark.parametrize("name", COMMANDS)
def test_readme__table__has_every_command(name):
    rows = dict(ROW.findall(README.read_text(encoding="utf-8")))
    expected = (
        f"| `xmbl {name}` | {' '.join(f'`{each}`' for each in sorted(_subcommands(name))) or '-'} | … |"
    )
    assert name in rows, f"README.md's table of commands needs the row: {expected}"
    assert set(re.findall(r"`([a-z-]+)`", rows[name])) == _subcommands(name), (
        f"README.md's row should be: {expected}"
    )


def test_readme__table__has_no_command_that_is_gone():
    assert {name for name, _ in ROW.findall(README.read_text(encoding="utf-8"))} <= set(COMMANDS)
