"""Change the contracts one place at a time; does a test fail? `uv run python scripts/mutate.py`.

Tries mutants in an order that `--seed` shuffles, until `--sample` of them have counted. Works on a copy of
the tree; results are kept in `.cache/mutants/results.jsonl`, so an interrupted run goes on where it was, and
survivors are tried again once the tests have changed. `tests/contracts/mutants.toml` lists the survivors that
are known to be equivalent, with the reason. Exits with 1 while there are others or fewer than 95% are killed.
"""

import atexit
import json
import os
import shutil
import signal
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from random import Random
from time import monotonic
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tests.support.mutants import Mutant, of_contracts

if TYPE_CHECKING:
    from tests.support.mutant_runs import Bench

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".cache" / "mutants"
EQUIVALENT = Path("tests/contracts/mutants.toml")
COPIED = ("contracts", "scripts", "tests", "xmbl", "pyproject.toml")
LEAST = 0.95
COUNTED = ("killed", "survived")


class Results:
    """Verdicts by mutant, a line of a file each, on the disk before the next one starts."""

    def __init__(self, path: Path, tests: str) -> None:
        self._tests = tests
        self.known: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        for line in path.read_text().splitlines() if path.exists() else []:
            self._take(line)
        self._path = path
        self._write("")  # the last run may have died in the middle of a line

    def _take(self, line: str) -> None:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            return
        if entry["status"] == "killed" or entry["status"] == "invalid" or entry["tests"] == self._tests:
            self.known[entry["id"]] = entry

    def add(self, mutant: Mutant, verdict: Mapping[str, Any]) -> None:
        """Remember a verdict."""
        entry = {"id": mutant.id, "tests": self._tests, **verdict}
        self.known[mutant.id] = entry
        self._write(json.dumps(entry))

    def _write(self, line: str) -> None:
        with self._path.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    def status(self, mutant: Mutant) -> str | None:
        """`killed`, `survived`, `invalid`, `same`, or None if it wasn't tried."""
        return self.known.get(mutant.id, {}).get("status")


@dataclass(frozen=True)
class Equivalent:
    """A mutant that no test can kill; `before` and `after` are its changed lines."""

    file: str
    function: str
    before: str
    after: str
    reason: str


def equivalents(root: Path) -> list[Equivalent]:
    """The survivors that are known."""
    return [Equivalent(**entry) for entry in tomllib.loads((root / EQUIVALENT).read_text())["equivalent"]]


def chosen(root: Path, names: Sequence[str], seed: int) -> list[Mutant]:
    """The mutants of some sources, or some by their ids, or all, in the seed's order."""
    found = [each for each in of_contracts(root) if not names or {Path(each.path).stem, each.id} & {*names}]
    if not found:
        raise click.UsageError(f"no contract, module or mutant is called {', '.join(names)}")
    Random(seed).shuffle(found)  # noqa: S311 - an order that can be had again
    return found


@dataclass(frozen=True)
class Hunt:
    """What is tried: mutants of the sources below `root` in an order, until `sample` of them have counted."""

    root: Path
    order: Sequence[Mutant]
    sample: int | None
    results: Results

    def sampled(self) -> list[Mutant]:
        """The first mutants of the order that count, as far as they were tried."""
        return list(
            islice((each for each in self.order if self.results.status(each) in COUNTED), self.sample)
        )

    def pending(self) -> Iterator[Mutant]:
        """What to try next; it stops when there is enough, should all count that is under way."""
        under_way: list[Mutant] = []
        for mutant in self.order:
            under_way = [each for each in under_way if self.results.status(each) is None]
            if self.sample is not None and len(self.sampled()) + len(under_way) >= self.sample:
                return
            if self.results.status(mutant) is None:
                under_way.append(mutant)
                yield mutant

    def statuses(self) -> Counter[str | None]:
        """How many mutants have which status."""
        return Counter(self.results.status(each) for each in self.order)


def snapshot() -> Path:
    """A copy of the tree that nobody edits."""
    folder = Path(tempfile.mkdtemp(prefix="mutants-"))
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def digest(root: Path, *names: str) -> str:
    """What some folders hold; if none is named, those of which the contracts' tests are made."""
    folders = names or ("tests/contracts", "tests/stateful", "tests/support")
    parts = [path for name in folders for path in sorted((root / name).rglob("*.*y*")) if path.is_file()]
    return sha256(b"".join(path.read_bytes() for path in parts)).hexdigest()[:12]


def run(hunt: Hunt, state: Path, workers: int) -> None:
    """Try what is left to try; some may turn out not to count, then there is more."""
    if next(hunt.pending(), None) is None:
        return
    bench = prepared(hunt.root, state, workers)
    begun, tried = monotonic(), 0
    while next(hunt.pending(), None) is not None:
        for mutant, verdict in bench.judge(hunt.pending(), workers):
            hunt.results.add(mutant, asdict(verdict))
            tried += 1
            statuses, pace = hunt.statuses(), (monotonic() - begun) / tried
            say(
                f"{statuses['killed']} killed, {statuses['survived']} survived, "
                f"{statuses['invalid']} invalid, {statuses['same']} the same; {pace:.1f} s each; "
                f"{verdict.status} {mutant.path}:{mutant.line} {mutant.operator}"
            )


def prepared(root: Path, state: Path, workers: int) -> "Bench":
    """The contracts compiled and their tests measured, unless that is known from before."""
    os.environ["XMBL_PROFILE"] = "mutants"
    from tests.support.mutant_runs import Bench

    bench = Bench()
    say("compiles the contracts")
    bench.compile()
    measured = state / f"measured-{digest(root, 'contracts')}-{digest(root)}.json"
    if measured.exists():
        bench.remember(json.loads(measured.read_text()))
    else:
        say("runs their tests once")
        for file in bench.measure(workers):
            say(f"  {file}")
        measured.write_text(json.dumps(bench.to_json()))
    for file, words in bench.broken.items():
        say(f"LEFT OUT, since it fails without any mutant: {file}\n{words[-300:]}")
    return bench


def say(text: str) -> None:
    """Progress, beside the output."""
    click.echo(text, err=True)


def summary(hunt: Hunt, seed: int) -> dict[str, Any]:
    """The figures of a run, with all survivors."""
    tried, results = hunt.sampled(), hunt.results
    survivors = [_survivor(hunt.root, each) for each in tried if results.status(each) == "survived"]
    killed = len(tried) - len(survivors)
    return {
        "seed": seed, "mutants": len(hunt.order), "tried": len(tried), "killed": killed,
        "survived": len(survivors), "equivalent": sum(each["reason"] is not None for each in survivors),
        "share": round(killed / len(tried), 4) if tried else 0.0,
        "statuses": {status or "not tried": number for status, number in hunt.statuses().items()},
        "by file": _shares(tried, results, "path"), "by operator": _shares(tried, results, "operator"),
        "survivors": survivors,
    }  # fmt: skip


def _survivor(root: Path, mutant: Mutant) -> dict[str, Any]:
    before, after = mutant.lines((root / mutant.path).read_text())
    known = {(each.file, each.function, each.before, each.after): each.reason for each in equivalents(root)}
    return {
        "file": mutant.path, "line": mutant.line, "function": mutant.owner, "operator": mutant.operator,
        "before": before, "after": after, "reason": known.get((mutant.path, mutant.owner, before, after)),
    }  # fmt: skip


def _shares(tried: Sequence[Mutant], results: Results, field: str) -> dict[str, str]:
    of = Counter(getattr(mutant, field) for mutant in tried)
    killed = Counter(getattr(mutant, field) for mutant in tried if results.status(mutant) == "killed")
    return {name: f"{killed[name]}/{count}" for name, count in sorted(of.items())}


def show(figures: Mapping[str, Any]) -> None:
    """The figures for people."""
    for each in figures["survivors"]:
        print(f"\n{each['file']}:{each['line']} in {each['function']} ({each['operator']})")
        print("".join(f"- {line}\n" for line in each["before"].splitlines()), end="")
        print("".join(f"+ {line}\n" for line in each["after"].splitlines()), end="")
        print(f"  {each['reason'] or 'UNEXPLAINED'}")
    print(
        f"\n{figures['killed']} of {figures['tried']} killed ({figures['share']:.1%}), "
        f"{figures['survived']} survived, of which {figures['equivalent']} are equivalent; "
        f"{figures['mutants']} in all, seed {figures['seed']}"
    )


def listed(root: Path, order: Sequence[Mutant]) -> Iterator[str]:
    """A line for each mutant."""
    for mutant in order:
        before, after = (" ".join(text.split()) for text in mutant.lines((root / mutant.path).read_text()))
        yield f"{mutant.id} {mutant.path}:{mutant.line} {mutant.owner} {mutant.operator}: {before} -> {after}"


@click.command(help=__doc__)
@click.option("--seed", default=1, show_default=True, help="Which order.")
@click.option("--sample", type=click.IntRange(min=1), help="How many have to count; else all.")
@click.option("--contract", "names", multiple=True, help="A contract, module or mutant; may be repeated.")
@click.option("--workers", default=os.cpu_count() or 1, show_default=True, help="Processes at once.")
@click.option("--fresh", is_flag=True, help="Forget all results first.")
@click.option("--list", "only_list", is_flag=True, help="Print the mutants in their order and try none.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def cli(
    *, seed: int, sample: int | None, names: tuple[str, ...], workers: int, fresh: bool, only_list: bool,
    as_json: bool,
) -> None:  # fmt: skip
    """Choose, try, report."""
    if "XMBL_MUTANTS" not in os.environ:
        _go_on_in_a_copy()
    root, state = Path.cwd(), Path(os.environ["XMBL_MUTANTS"])
    atexit.register(shutil.rmtree, root, ignore_errors=True)
    for deadly in (signal.SIGINT, signal.SIGTERM):  # whoever runs in the background is told to ignore Ctrl-C
        signal.signal(deadly, signal.default_int_handler)
    order = chosen(root, names, seed)
    if only_list:
        print("\n".join(listed(root, order)))
        return
    if fresh:
        (state / "results.jsonl").unlink(missing_ok=True)
    hunt = Hunt(root, order, sample, Results(state / "results.jsonl", digest(root)))
    try:
        run(hunt, state, workers)
    except KeyboardInterrupt:
        say("interrupted; the same command goes on from here")
    figures = summary(hunt, seed)
    print(json.dumps(figures, indent=2)) if as_json else show(figures)
    if figures["survived"] > figures["equivalent"] or figures["share"] < LEAST:
        sys.exit(1)


def _go_on_in_a_copy() -> NoReturn:
    """This command again, in a copy of the tree, which it removes at its end."""
    copy = snapshot()
    os.chdir(copy)
    environment = os.environ | {"PYTHONPATH": str(copy), "XMBL_MUTANTS": str(STATE)}
    os.execve(sys.executable, [sys.executable, "scripts/mutate.py", *sys.argv[1:]], environment)  # noqa: S606


if __name__ == "__main__":
    cli()
