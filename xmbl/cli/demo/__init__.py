"""`xmbl demo`: the whole path on a throw-away chain, played by real processes."""

import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xmbl.cli.frame import local
from xmbl.cli.output import leaving
from xmbl.cli.session import Session

if TYPE_CHECKING:
    from xmbl.cli.demo.director import Ending


@click.command(name="demo")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--keep", is_flag=True, help="Leave everything running at the end, and say how to go on.")
@click.option(
    "--engine", type=click.Choice(["anvil", "py-evm"]), help="By default anvil where it is installed."
)
@local
def command(session: Session, file: Path | None, keep: bool, engine: Any) -> None:
    """Store FILE, prove it, lose an operator, bring it back, on a throw-away chain.

    Without FILE a tar of XMBL's own sources is stored. Nothing is left behind but with --keep.
    """
    from xmbl.cli.demo import sources
    from xmbl.cli.demo.director import Play, perform
    from xmbl.cli.demo.scene import Scene

    folder = Path(tempfile.mkdtemp(prefix="xmbl-demo-"))
    play = Play(folder, file or sources.pack(folder / "xmbl.tar"), keep, engine)
    try:
        with leaving("Every process of the demo was ended."):
            ending = perform(play, Scene())
    except KeyboardInterrupt:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    if not ending.running:
        shutil.rmtree(folder, ignore_errors=True)
    _tell(session, ending)
    if not ending.report.ok:
        click.get_current_context().exit(1)


def _tell(session: Session, ending: "Ending") -> None:
    from rich.console import Console

    from xmbl.cli.demo.director import how_to_go_on
    from xmbl.cli.demo.view import show_report

    if session.out.as_json:
        session.out.result(ending.report.document())
    else:
        show_report(ending.report, Console(width=None if sys.stdout.isatty() else 120))
    if ending.running:
        session.out.note(how_to_go_on(ending))
