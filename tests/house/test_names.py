"""Names tell what a thing is, and a size that fits the head."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path
from statistics import median, quantiles

import pytest

import xmbl

PROJECT = Path(__file__).parents[2]
SHELVES = {"utils", "util", "helpers", "helper", "common", "misc", "shared", "tools", "base", "core", "lib"}
"""Names that say nothing about what is inside."""

LISTING = ["git", "ls-files"]

PYTHON = sorted((PROJECT / "xmbl").rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("test_*.py"))
CONTRACTS = PROJECT / "contracts"


def test_files__names__say_what_is_inside():
    files = [*PYTHON, *(PROJECT / "tests").rglob("*.py"), *CONTRACTS.rglob("*.vy*")]
    assert [str(path) for path in files if path.stem in SHELVES or path.parent.name in SHELVES] == []


def test_contracts__case__tells_what_deploys():
    assert [
        path.name for path in CONTRACTS.glob("*.vy") if not re.fullmatch(r"([A-Z][a-z]+)+", path.stem)
    ] == []
    assert [
        path.name for path in (CONTRACTS / "modules").iterdir() if not re.fullmatch(r"[a-z_]+\.vy", path.name)
    ] == []
    interfaces = (CONTRACTS / "interfaces").iterdir()
    assert [path.name for path in interfaces if not re.fullmatch(r"I([A-Z][a-z]+)+\.vyi", path.name)] == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_tests__names__are_subject_condition_expectation(path):
    """`test_<what>__<condition>__<expected>`; an invariant or a machine may leave the condition out."""
    names = [node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    odd = [name for name in names if name.startswith("test_") and not 2 <= len(name.split("__")) <= 3]
    assert odd == []


def test_actors__names__are_roles():
    """A numbered account may only be named: `deployer = accounts[0]`."""
    names = re.compile(r"\b(alice|bob|charlie|mallory)\b|^(?!\s*[\w.]+ = ).*\baccounts\[\d+\]", re.I | re.M)
    here = Path(__file__)
    files = [path for path in (PROJECT / "tests").rglob("*.py") if path != here]
    assert [str(path) for path in files if names.search(path.read_text(encoding="utf-8"))] == []


def test_left_to_do__nothing__is_in_the_tree():
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    files = [*PYTHON, *CONTRACTS.rglob("*.vy*")]
    assert [str(path) for path in files if words.search(path.read_text(encoding="utf-8"))] == []


def test_top_level__everything__is_in_the_plan():
    plan = {"contracts", "scripts", "tests", "xmbl"}
    plan |= {"ape-config.yaml", "pyproject.toml", "uv.lock", "README.md", "LICENSE", "CHANGELOG.md"}
    plan |= {"ape_console_extras.py"}  # `ape console` looks for it nowhere else
    listed = subprocess.run(LISTING, cwd=PROJECT, capture_output=True, text=True, check=False).stdout
    top = {name.split("/")[0] for name in listed.splitlines()}
    assert {name for name in top if not name.startswith(".")} <= plan


def test_version__package_and_project__are_the_same():
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == xmbl.__version__


def _code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Lines of the body without its docstring, comments and blanks."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    if not body:
        return 0
    inside = lines[body[0].lineno - 1 : node.end_lineno]
    return sum(1 for line in inside if line.strip() and not line.strip().startswith("#"))


def _functions() -> list[tuple[str, int]]:
    found = []
    for path in PYTHON:
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append((f"{path.stem}.{node.name}", _code_lines(node, text.splitlines())))
    return found


def test_functions__sizes__are_those_of_the_admired():
    sizes = [size for _, size in _functions()]
    assert median(sizes) <= 6
    assert quantiles(sizes, n=10)[-1] <= 20


def test_functions__none__needs_scrolling():
    assert [each for each in _functions() if each[1] > 40] == []


def test_files__none__is_a_novel():
    lengths = {str(path.relative_to(PROJECT)): len(path.read_text().splitlines()) for path in PYTHON}
    assert {path: length for path, length in lengths.items() if length > 350} == {}
