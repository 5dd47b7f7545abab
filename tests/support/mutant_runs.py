"""Which tests a mutant has to survive, and whether it does.

Everything is compiled once and every test file is run once, to see which functions it executes and how long
it takes. A mutant is then tried in a fork: only what imports its file is compiled again, then come the tests
that execute its function, the nearest and fastest first, the random machines last. It runs in the working
directory, which has to be a copy that nobody edits.
"""

import gc
import importlib
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time
from typing import Any

import boa
import pytest
from boa.contracts.vyper.vyper_contract import VyperContract
from boa.environment import Env
from vyper import ast as vy
from vyper.ir.compile_ir import assembly_to_evm

from tests.support.forks import Died, in_forks
from tests.support.mutants import Mutant, names_in
from tests.support.overlay import compiled, imports, overlaid, sources

TESTED_BY = ("tests/contracts/*/**/test_*.py", "tests/stateful/test_*_machine.py")
"""What tests contracts in this process; the gas plays read committed artifacts."""

_PYTEST = [
    *("-q", "--maxfail=1", "--assert=plain", "--tb=line", "-p", "no:ape_test", "-p", "no:cacheprovider"),
    *("-o", "addopts=--strict-markers --strict-config --import-mode=importlib"),
]
_FIRST = 3
"""How many test files are tried before all others."""


@dataclass(frozen=True)
class Tried:
    """What one test file does: its seconds of computing and the `path:function`s that it executes."""

    seconds: float
    functions: frozenset[str]


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant: `killed`, `survived`, or not counted, since it is `invalid` (it doesn't
    compile) or the `same` (to the same code). `by` is the test that killed it, or the compiler's words."""

    status: str
    by: str
    seconds: float


class Bench:
    """The contracts of the working directory, compiled and measured."""

    def __init__(self) -> None:
        self.root = Path.cwd()
        self.sources = sources(self.root)
        self.imports = {path: imports(self.sources, path) for path in self.sources}
        self.deployers: dict[str, Any] = {}
        self.tried: dict[str, Tried] = {}
        self.broken: dict[str, str] = {}
        self.users = _users(self.sources)

    def compile(self) -> None:
        """Compile whatever tests load; a fork shares it."""
        for path in self.sources:
            if path.endswith(".vy") and "/modules/" not in path:
                self.deployers[path] = compiled(self.root / path)
                _deployment_source_map(self.deployers[path])
        boa.load_partial = self._load
        VyperContract._deployment_source_map = property(_deployment_source_map)  # type: ignore[assignment]
        pytest.main(["--version", "-p", "no:ape_test"])  # imports the plugins

    def measure(self, workers: int) -> Iterator[str]:
        """Run each test file once, and tell its name. One that fails already can't tell anything: it is
        `broken`."""
        files = [path.as_posix() for pattern in TESTED_BY for path in sorted(Path().glob(pattern))]
        for file, told in in_forks(files, self._measured, workers, lambda _: 600):
            yield file
            if isinstance(told, Died):
                self.broken[file] = told.words
                continue
            self.tried[file] = Tried(told["seconds"], frozenset(told["functions"]))
            _import_all(told["modules"])
        gc.freeze()

    def remember(self, measured: Mapping[str, Any]) -> None:
        """Take what `to_json` gave before, instead of measuring."""
        for file, each in measured["tried"].items():
            self.tried[file] = Tried(each["seconds"], frozenset(each["functions"]))
        self.broken = dict(measured["broken"])
        _import_all(measured["modules"])
        gc.freeze()

    def to_json(self) -> dict[str, Any]:
        """What was measured."""
        tried = {file: asdict(each) | {"functions": [*each.functions]} for file, each in self.tried.items()}
        return {"tried": tried, "broken": self.broken, "modules": sorted(sys.modules)}

    def plan(self, mutant: Mutant) -> list[list[str]]:
        """The test files that a mutant has to survive: those named after it, the fastest few, the rest, the
        machines."""
        functions = self.users.get((mutant.path, mutant.owner)) or {f"{mutant.path}:{mutant.owner}"}
        files = self._executing(functions) or self._executing(self._whole(mutant.path))
        files.sort(key=lambda file: self.tried[file].seconds)
        names = {f"test_{mutant.owner.strip('_')}", f"test_{Path(mutant.path).stem}"}
        named = [file for file in files if Path(file).stem in names]
        units = [file for file in files if "/stateful/" not in file and file not in named]
        machines = [file for file in files if "/stateful/" in file]
        return [part for part in (named, units[:_FIRST], units[_FIRST:], machines) if part]

    def _executing(self, functions: Set[str]) -> list[str]:
        return [file for file, tried in self.tried.items() if tried.functions & functions]

    def _whole(self, path: str) -> set[str]:
        """All functions of a source: for what only its types mention."""
        return {each for tried in self.tried.values() for each in tried.functions if each.startswith(path)}

    def judge(self, chosen: Iterable[Mutant], workers: int) -> Iterator[tuple[Mutant, Verdict]]:
        """Try mutants, as they come."""
        for mutant, told in in_forks(chosen, self._tried, workers, self._limit):
            if not isinstance(told, Died):
                yield mutant, Verdict(**told)
            elif told.too_long:
                yield mutant, Verdict("killed", "took too long", self._limit(mutant))
            else:
                yield mutant, Verdict("broken", told.words, 0)

    def _limit(self, mutant: Mutant) -> float:
        """Seconds of computing after which a mutant hangs: some for the compiler, thrice what tests need."""
        return 60 + 3 * sum(self.tried[file].seconds for part in self.plan(mutant) for file in part)

    def _measured(self, file: str) -> dict[str, Any]:
        executed = _Executed()
        Env._coverage_enabled = True
        Env._trace_computation = lambda _, *arguments: executed.note(*arguments)  # type: ignore[method-assign]
        begun = process_time()
        if status := pytest.main([*_PYTEST, file]):
            raise RuntimeError(f"pytest: {status!r}")
        functions = {each.removeprefix(f"{self.root}/") for each in executed.functions()}
        return {
            "seconds": round(process_time() - begun, 2),
            "functions": sorted(each for each in functions if each.startswith("contracts/")),
            "modules": sorted(sys.modules),
        }

    def _tried(self, mutant: Mutant) -> dict[str, Any]:
        begun = process_time()
        text = mutant.apply(self.sources[mutant.path])
        self.sources[mutant.path] = text
        with overlaid(self.root / mutant.path, text):
            status, by = self._outcome(mutant)
        return {"status": status, "by": by, "seconds": round(process_time() - begun, 2)}

    def _outcome(self, mutant: Mutant) -> tuple[str, str]:
        before = {path: self.deployers.pop(path) for path in self._affected(mutant.path)}
        gc.disable()
        try:
            self._compiled(min(before, key=lambda path: len(self.imports[path])))
        except Exception as problem:  # noqa: BLE001 - the compiler has many, and some of its own
            return "invalid", f"{type(problem).__name__}: {problem}"[:300]
        gc.enable()
        for part in self.plan(mutant):
            watch = _Watch()
            if pytest.main([*_PYTEST, *part], plugins=[watch]):
                return "killed", watch.failed
        same = all(_code(self._compiled(path)) == _code(old) for path, old in before.items())
        return ("same", "") if same else ("survived", "")

    def _affected(self, path: str) -> list[str]:
        return [each for each in self.deployers if each == path or path in self.imports[each]]

    def _load(self, path: str, **_: Any) -> Any:
        """Instead of `boa.load_partial`: what is compiled already, else the text as it is now."""
        return self._compiled(Path(path).resolve().relative_to(self.root).as_posix())

    def _compiled(self, path: str) -> Any:
        if path not in self.deployers:
            self.deployers[path] = compiled(self.root / path, self.sources[path])
        return self.deployers[path]


class _Executed:
    """The instructions that ran, by contract."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[Any, set[int]]] = {}

    def note(self, computation: Any, contract: Any = None) -> None:
        """What `Env._trace_computation` gets, and what it calls in turn."""
        if hasattr(contract, "source_map"):
            places = contract.source_map["pc_raw_ast_map"]
            self._seen.setdefault(id(places), (places, set()))[1].update(computation.code._trace)
        for child in computation.children:
            if child.msg.code_address:
                self.note(child, boa.env._lookup_contract_fast(child.msg.code_address))

    def functions(self) -> set[str]:
        """`file:function` of all that ran."""
        ran = (places[at] for places, seen in self._seen.values() for at in seen & places.keys())
        nodes = {id(node): node for node in ran}.values()
        return {f"{node.module_node.resolved_path}:{_function(node)}" for node in nodes}


class _Watch:
    """Remembers what failed."""

    def __init__(self) -> None:
        self.failed = "pytest itself"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.failed = f"{report.nodeid} as it is loaded"


def _deployment_source_map(compiled_: Any) -> Any:
    """What boa makes anew at each deployment, though it depends on the compiled contract only."""
    data = compiled_.compiler_data
    if not hasattr(data, "deployment_source_map"):
        data.deployment_source_map = assembly_to_evm(data.assembly)[1]
    return data.deployment_source_map


def _function(node: vy.VyperNode) -> str:
    found = node if isinstance(node, vy.FunctionDef) else node.get_ancestor(vy.FunctionDef)
    return found.name if found else ""


def _users(texts: Mapping[str, str]) -> dict[tuple[str, str], set[str]]:
    """For each constant the functions of any file that may read it, through other constants too."""
    mentions = {
        (path, owner): names
        for path, source in texts.items()
        if path.endswith(".vy")
        for owner, names in names_in(source).items()
    }
    return {
        (path, owner): _readers(owner, mentions) for path, owner in mentions if _is_constant(owner, mentions)
    }


def _is_constant(owner: str, mentions: Mapping[tuple[str, str], set[str]]) -> bool:
    return owner.strip("_").isupper() and any(owner in names for names in mentions.values())


def _readers(name: str, mentions: Mapping[tuple[str, str], set[str]]) -> set[str]:
    known, readers = {name}, set[str]()
    while True:
        using = {key for key, names in mentions.items() if names & known}
        more = {owner for _, owner in using if owner.strip("_").isupper()} - known
        readers |= {f"{path}:{owner}" for path, owner in using}
        if not more:
            return readers
        known |= more


def _code(deployer: Any) -> tuple[bytes, bytes]:
    """Both codes without the hash of the sources that Vyper appends."""
    data = deployer.compiler_data
    creation = data.bytecode
    return creation[: -int.from_bytes(creation[-2:], "big") - 2], data.bytecode_runtime


def _import_all(modules: Sequence[str]) -> None:
    """Import here what a fork imported, so that the next ones needn't."""
    for name in modules:
        if name not in sys.modules and name.partition(".")[0] not in ("tests", "conftest", "__main__"):
            try:
                importlib.import_module(name)
            except ImportError:
                continue
