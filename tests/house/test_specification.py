"""`contracts/README.md` is the specification: it tells all that the sources have, and nothing else."""

import ast
import doctest
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

from xmbl.chain.deploy import PRESETS, Parameters

PROJECT = Path(__file__).parents[2]
CONTRACTS = PROJECT / "contracts"
TEXT = (CONTRACTS / "README.md").read_text(encoding="utf-8")
NAMES = sorted(path.stem for path in CONTRACTS.glob("*.vy"))
SOURCES = [*CONTRACTS.glob("*.vy"), *(CONTRACTS / "modules").glob("*.vy")]

REASON = re.compile(r'"((?:payments|staking|registry|deals): [a-z ]+)"')
SIGNED = re.compile(r'"([A-Z]\w+\([a-zA-Z0-9]+ \w+,.*\))"')
NUMBER = re.compile(r"(\d+)(?:(?:\*\*|\^)(\d+))?(?: - (\d+))?")
THREATS = [
    f"{level}{n}" for level, last in (("C", 8), ("H", 10), ("M", 21), ("L", 11)) for n in range(1, last + 1)
]
INVARIANTS = [
    f"{room}{n}" for room, last in (("P", 8), ("S", 10), ("D", 15), ("N", 2)) for n in range(1, last + 1)
]


def section(title: str) -> str:
    """A chapter of the specification, without its title."""
    return TEXT.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of all tables, heads left out."""
    lines = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| ---")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def number(text: str) -> int:
    """What a source or a table means by `10_000`, `10,000`, `2**48 - 1` or, with a minus sign, `2^48 - 1`."""
    found = NUMBER.fullmatch(re.sub("[_,]", "", text).replace("\N{MINUS SIGN}", "-"))
    assert found, f"{text!r} is no number"
    base, power, less = found.groups()
    return int(base) ** int(power or 1) - int(less or 0)


# What the sources have


@cache
def abi(name: str) -> list[dict[str, Any]]:
    """The ABI of a contract, as agents have it; another test holds it against the sources."""
    artifact = PROJECT / "xmbl" / "chain" / "artifacts" / f"{name}.json"
    return json.loads(artifact.read_text(encoding="utf-8"))["abi"]


@cache
def structs() -> Mapping[str, list[str]]:
    """The structs of the interfaces, each with its fields as `type name`."""
    found = {}
    for path in (CONTRACTS / "interfaces").glob("*.vyi"):
        for name, body in re.findall(
            r"^struct (\w+):\n((?:    .*\n)+)", path.read_text(encoding="utf-8"), re.M
        ):
            fields = re.findall(r"^    (\w+): ([\w\[\], ]+)", body, re.M)
            found[f"{path.stem}.{name}"] = [f"{kind.strip()} {field}" for field, kind in fields]
    return found


def kind(parameter: Mapping[str, Any]) -> str:
    """The type of a parameter as the specification writes it: structs by their names."""
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    fields = [component["name"] for component in parameter["components"]]
    named = [name for name, them in structs().items() if [each.split()[-1] for each in them] == fields]
    return named[0].split(".")[1] + parameter["type"].removeprefix("tuple") if named else "tuple"


def canonical(parameter: Mapping[str, Any]) -> str:
    """The type of a parameter as selectors are made of it."""
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    inner = ",".join(map(canonical, parameter["components"]))
    return f"({inner})" + parameter["type"].removeprefix("tuple")


def written(parameter: Mapping[str, Any]) -> str:
    """A parameter as the specification writes it."""
    indexed = " indexed" if parameter.get("indexed") else ""
    return f"{kind(parameter)}{indexed} {parameter['name']}".strip()


def function_row(entry: Mapping[str, Any]) -> str:
    """The row of a function in the specification."""
    inputs = ",".join(map(canonical, entry["inputs"]))
    selector = keccak(f"{entry['name']}({inputs})".encode())[:4].hex()
    returned = ", ".join(map(kind, entry["outputs"])) or "-"
    call = {"view": "reads", "pure": "reads", "nonpayable": "changes"}[entry["stateMutability"]]
    signature = f"{entry['name']}({', '.join(map(written, entry['inputs']))})"
    return f"| `0x{selector}` | `{signature}` | `{returned}` | {call} |"


def event_row(entry: Mapping[str, Any]) -> str:
    """The row of an event in the specification."""
    return f"| `{entry['name']}({', '.join(map(written, entry['inputs']))})` |"


def expected_rows(name: str) -> list[str]:
    """The rows of a contract in the chapter on its ABI."""
    functions = [function_row(entry) for entry in abi(name) if entry["type"] == "function"]
    return functions + [event_row(entry) for entry in abi(name) if entry["type"] == "event"]


def struct_rows() -> list[str]:
    """The rows of the structs."""
    return [f"| `{name}` | `{', '.join(fields)}` |" for name, fields in sorted(structs().items())]


def of_sources(pattern: re.Pattern[str]) -> set[str]:
    """What the contracts and their modules have of a pattern."""
    return {found for path in SOURCES for found in pattern.findall(path.read_text(encoding="utf-8"))}


# The ABI


@pytest.mark.parametrize("name", NAMES)
def test_abi__of_a_contract__is_that_of_its_artifact(name):
    told = section("ABI").split(f"\n### {name}\n", 1)[1].split("\n### ", 1)[0]
    lines = [line for line in told.splitlines() if line.startswith("| `")]
    assert sorted(lines) == sorted(expected_rows(name))


def test_abi__structs__are_those_of_the_interfaces():
    told = section("ABI").split("\n### Structs\n", 1)[1].split("\n### ", 1)[0]
    assert [line for line in told.splitlines() if line.startswith("| `")] == struct_rows()


@pytest.mark.parametrize("name", NAMES)
def test_functions__each_of_a_contract__is_told_beside_the_abi(name):
    """What a call does stands in the contract's own chapter, or is what every ERC-20 does."""
    chapter = section(f"`{name}`")
    names = {entry["name"] for entry in abi(name) if entry["type"] == "function"}
    assert [each for each in sorted(names) if not re.search(rf"`{each}[`(]", chapter)] == []


# Words


def test_refusals__of_the_sources__are_all_told_and_no_others():
    told = set(re.findall(r"`((?:payments|staking|registry|deals): [a-z ]+)`", TEXT))
    assert told == of_sources(REASON)


def test_signed_types__of_the_sources__are_told_to_the_letter():
    types = of_sources(SIGNED)
    assert len(types) == 5
    assert [each for each in sorted(types) if each not in TEXT] == []


# Tests


def _tests(path: Path) -> Iterator[str]:
    """The functions of a file of tests, and the methods of its classes as `Class.method`."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.ClassDef):
            yield from (f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef))


def test_tests__that_are_named__exist():
    named = re.findall(r"`([\w/]+\.py)::([\w.]+)`", TEXT)
    assert named
    assert [
        f"{file}::{test}"
        for file, test in named
        if not (path := PROJECT / "tests" / file).exists() or test not in _tests(path)
    ] == []


@pytest.mark.parametrize(("title", "ids"), [("Invariants", INVARIANTS), ("Threat model", THREATS)])
def test_tests__of_every_invariant_and_attack__are_named(title, ids):
    """What is accepted, since a contract can't defend it, needs none."""
    told = {cells[0]: cells for cells in rows(section(title))}
    assert [each for each in ids if each not in told] == []
    unproven = [each for each in ids if ".py::" not in told[each][-1]]
    assert [each for each in unproven if not told[each][-2].startswith("accepted")] == []


# Numbers


def _presets(preset: Parameters) -> dict[str, int]:
    """All numbers of a preset by name."""
    return {name: value for name, value in asdict(preset).items() if name != "market"} | asdict(preset.market)


def test_parameters__of_the_presets__are_those_that_deploy():
    told = {cells[0].strip("`"): cells[1:3] for cells in rows(section("Parameters")) if len(cells) == 4}
    for column, preset in enumerate(("devnet", "mainnet")):
        numbers = {name: number(cells[column]) for name, cells in told.items() if name != "parameter"}
        assert numbers == _presets(PRESETS[preset])


def test_constants__that_are_told__are_those_of_the_sources():
    told = [cells for cells in rows(section("Parameters")) if len(cells) == 5 and cells[0].startswith("`")]
    assert len(told) > 10
    for name, value, file, *_ in told:
        source = (CONTRACTS / file.strip("`")).read_text(encoding="utf-8")
        found = re.search(rf"^{name.strip('`')}: constant\(uint256\) = ([^#\n]+)", source, re.M)
        assert found, f"{file} has no constant {name}"
        assert number(value) == number(found.group(1).strip()), name


def test_examples__all__come_out():
    blocks = re.findall(r"^```python\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    example = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "README.md", None, 0)
    assert len(example.examples) > 10
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert report == []
