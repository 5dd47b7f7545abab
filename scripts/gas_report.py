"""What each action costs, by receipt, beside its limit and the committed snapshot.

`uv run python scripts/gas_report.py` plays on anvil if it is installed, else on py-evm in this process,
which leaves out the thousand deals. `--json` prints `{action: gas}`, `--write` updates the snapshot,
`--quick` leaves out the plays that take long. Exits with 1 if an action is above its limit.
"""

import json
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from tests.support.gas_plays import ONLY_ANVIL, QUICK, SLOW, Play
from tests.support.gas_world import anvil, embedded

SNAPSHOT = Path(__file__).resolve().parent.parent / "tests" / "contracts" / "gas.json"

LIMITS = {
    "redeem": 46_500, "redeem_lane": 52_000, "redeem_5": 125_000,
    "delegate_first": 85_000, "delegate": 68_000, "claim": 60_000, "claim_delegated": 60_000,
    "split_2": 45_000, "split_10": 95_000, "split_100": 660_000,
    "deal_open": 105_000, "deal_open_first": 122_000,
    "prove_one_1mib": 166_000, "prove_small": 166_000,
    "prove_one_1gib": 250_000, "prove_one_8gib": 250_000,
    "prove_100": 250_000, "prove_1000": 250_000, "prove_8gib": 250_000,
    "hole": 5_000,
    "challenge": 74_000, "answer": 85_000, "fail": 105_000, "extend": 70_000, "terminate": 50_000,
    "settle_3": 70_000, "settle_300": 70_000, "settle_close": 120_000, "settle_300_close": 120_000,
    "settle_close_delegated": 120_000,
}  # fmt: skip
"""What the design promises; a first action, which writes where nothing was, has its own or none."""


def plays(quick: bool) -> tuple[Play, ...]:
    """What can be measured here."""
    if quick:
        return QUICK
    return (*QUICK, *SLOW, *ONLY_ANVIL) if shutil.which("anvil") else (*QUICK, *SLOW)


def measure(chosen: tuple[Play, ...]) -> dict[str, int]:
    """The gas of every action of some plays, each on a chain of its own."""
    figures: dict[str, int] = {}
    for play in chosen:
        with anvil() if shutil.which("anvil") else embedded() as node:
            figures.update(play(node))
    if "prove_small_2_hole" in figures:
        figures["hole"] = figures["prove_small_2_hole"] - figures["prove_small_1_hole"]
    return figures


def above(figures: Mapping[str, int]) -> list[str]:
    """The actions that cost more than their limit."""
    return [action for action, gas in figures.items() if gas > LIMITS.get(action, gas)]


def print_table(figures: Mapping[str, int]) -> None:
    """The figures for people."""
    from rich.console import Console
    from rich.table import Table

    known = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
    table = Table("action")
    for name in ("gas", "limit", "snapshot", "change"):
        table.add_column(name, justify="right")
    for action, gas in figures.items():
        limit, before = LIMITS.get(action), known.get(action)
        colour = "red" if limit and gas > limit else ""
        table.add_row(
            action,
            f"{gas:,}",
            f"{limit:,}" if limit else "",
            f"{before:,}" if before else "",
            f"{gas - before:+,}" if before else "",
            style=colour,
        )
    Console().print(table)


@click.command(help=__doc__)
@click.option("--json", "as_json", is_flag=True, help="Print {action: gas}.")
@click.option("--write", is_flag=True, help="Update the committed snapshot.")
@click.option("--quick", is_flag=True, help="Leave out what takes long.")
def cli(as_json: bool, write: bool, quick: bool) -> None:
    """Measure, print, compare."""
    figures = measure(plays(quick))
    if as_json:
        print(json.dumps(figures, indent=2))
    else:
        print_table(figures)
    if write:
        known = json.loads(SNAPSHOT.read_text()) if SNAPSHOT.exists() else {}
        SNAPSHOT.write_text(json.dumps({**known, **figures}, indent=2) + "\n")
    if too_much := above(figures):
        sys.exit(f"Above the limit: {', '.join(too_much)}.")


if __name__ == "__main__":
    cli()
