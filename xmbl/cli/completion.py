"""`xmbl completion`: the script by which a shell completes commands, options, networks and wallets."""

import click

from xmbl.cli.frame import local
from xmbl.cli.session import Session

_HOW = {
    "bash": 'eval "$(xmbl completion bash)" in ~/.bashrc',
    "zsh": 'eval "$(xmbl completion zsh)" in ~/.zshrc',
    "fish": "xmbl completion fish > ~/.config/fish/completions/xmbl.fish",
}


@click.command(name="completion")
@click.argument("shell", type=click.Choice([*_HOW]))
@local
def command(session: Session, shell: str) -> None:
    """Print the completion script of SHELL: bash, zsh or fish."""
    from click.shell_completion import get_completion_class

    from xmbl.cli.program import program

    kind = get_completion_class(shell)
    assert kind is not None  # noqa: S101 - click knows the three that Choice lets pass
    # the template itself: source() would start a bash to ask for its version
    template = kind(program, {}, "xmbl", "_XMBL_COMPLETE")
    script = template.source_template % template.source_vars()
    session.out.result({"shell": shell, "script": script}, script)
    session.out.note(f"# to keep it: {_HOW[shell]}")
