"""Random splits and settlements, by the contracts and by the rules: `uv run python scripts/differential.py`.

Plays batches on anvil until `--cases` distributions and settlements have been compared, to the wei. The first
difference ends the run with 1 and tells the seed that makes it again in one batch.
"""

import json
import shutil
import sys
from contextlib import closing
from itertools import count
from time import monotonic

import click

from tests.support.differential import GENESIS, Bench, Different
from tests.support.gas_world import anvil


def compare(cases: int, seed: int) -> dict[str, float]:
    """Play batches until so many cases agree; a difference raises with its seed."""
    begun = monotonic()
    splits = settlements = 0
    with anvil(genesis=GENESIS) as node, closing(Bench(node)) as bench:
        for batch in count(seed):
            if splits + settlements >= cases:
                break
            try:
                more_splits, more_settlements = bench.play(batch)
            except Different as difference:
                raise Different(f"seed {batch}: {difference}") from difference
            splits, settlements = splits + more_splits, settlements + more_settlements
            click.echo(f"{splits:,} splits and {settlements:,} settlements agree", err=True)
    seconds = round(monotonic() - begun, 1)
    return {"cases": splits + settlements, "splits": splits, "settlements": settlements, "seconds": seconds}


@click.command(help=__doc__)
@click.option("--cases", default=100_000, show_default=True, help="How many cases to compare at least.")
@click.option("--seed", default=1, show_default=True, help="The first batch's; the next ones count on.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def cli(cases: int, seed: int, as_json: bool) -> None:
    """Play and tell."""
    if not shutil.which("anvil"):
        raise click.ClickException("It needs anvil: install the pinned build of .ci/anvil.")
    try:
        figures = compare(cases, seed)
    except Different as difference:
        sys.exit(str(difference))
    if as_json:
        print(json.dumps(figures))
    else:
        print(
            f"{figures['cases']:,} cases in {figures['seconds']} s, {figures['splits']:,} splits and "
            f"{figures['settlements']:,} settlements: 0 wei of difference"
        )


if __name__ == "__main__":
    cli()
