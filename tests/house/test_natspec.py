"""Every function of the contracts says what it is for, what each parameter is and what it returns."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from vyper.ast import parse_to_ast

CONTRACTS = Path(__file__).parents[2] / "contracts"
FILES = [
    path
    for folder in (CONTRACTS, CONTRACTS / "modules", CONTRACTS / "interfaces")
    for path in sorted(folder.glob("*.vy*"))
]
ALWAYS = ("external", "deploy")


def _functions(path: Path) -> Iterator[Any]:
    tree = parse_to_ast(path.read_text(encoding="utf-8"), is_interface=path.suffix == ".vyi")
    for node in tree.body:
        if node.ast_type == "FunctionDef":
            yield node


def _returns(node: Any) -> int:
    if node.returns is None:
        return 0
    return len(node.returns.elements) if node.returns.ast_type == "Tuple" else 1


def _lacks(node: Any) -> list[str]:
    """What is missing from, or too much in, the docstring of a function."""
    said = node.doc_string.value if node.doc_string else ""
    parameters = [each.arg for each in node.args.args]
    told = re.findall(r"@param (\w+) \S", said)
    lacks = [] if re.search(r"@notice \S", said) else ["@notice"]
    lacks += [] if told == parameters else [f"@param of {parameters}, not {told}"]
    count = len(re.findall(r"@return \S", said))
    return lacks + ([] if count == _returns(node) else [f"@return: {count} instead of {_returns(node)}"])


def _is_public(node: Any) -> bool:
    return any(each.id in ALWAYS for each in node.decorator_list if each.ast_type == "Name")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_natspec__of_every_external__is_whole(path):
    wanting = {node.name: _lacks(node) for node in _functions(path) if _is_public(node)}
    assert {name: lacks for name, lacks in wanting.items() if lacks} == {}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_natspec__of_every_internal__begins_with_what_it_is_for(path):
    said = {node.name: node.doc_string.value if node.doc_string else "" for node in _functions(path)}
    assert [name for name, text in said.items() if "@notice" not in text] == []
