"""A contract's header says what it is, who may do what, what always holds, and that nobody can stop it."""

import re
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[2] / "contracts"
DEPLOYABLE = sorted(CONTRACTS.glob("*.vy"))
LINES = 400

PARTS = {
    "what it is": r"@notice \S",
    "its licence": r"@license (AGPL-3\.0-only|GNU Affero General Public License v3\.0 only)",
    "who may": r"(?i)\bwho may\b|\beveryone\b",
    "its invariants": r"(?i)\binvariants\b|\bit holds that\b",
    "that nobody can stop it": r"(?i)\bnobody can\b[^.;]*\bstop\b",
}


def _header(path: Path) -> str:
    """The first docstring, its lines joined."""
    found = re.search(r'^"""\n(.*?)^"""', path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""


@pytest.mark.parametrize("path", DEPLOYABLE, ids=lambda path: path.name)
@pytest.mark.parametrize("part", PARTS)
def test_header__deployable__says(path, part):
    assert re.search(PARTS[part], _header(path)), f"the header of {path.name} doesn't say {part}"


@pytest.mark.parametrize("path", DEPLOYABLE, ids=lambda path: path.name)
def test_pragma__deployable__locks_and_pins_the_compiler(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# pragma version 0.4.3", "# pragma nonreentrancy on"]


@pytest.mark.parametrize("path", DEPLOYABLE, ids=lambda path: path.name)
def test_size__deployable__can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LINES


@pytest.mark.parametrize("path", sorted((CONTRACTS / "modules").glob("*.vy")), ids=lambda path: path.name)
def test_header__module__says_what_it_is(path):
    assert _header(path)
