"""Mutants of a Vyper source: each changes one thing, at an exact place, and says what.

Places come from a syntax tree, so comments and docstrings are never touched. It is Python's, since the
tree of Vyper 0.4.3 misplaces ends behind `extcall`: Vyper's keywords are written as Python's of the same
length first. Whether a mutant compiles is for the compiler to say. What is equivalent by construction is
left out where that is cheap: swapped arguments of a commutative function, types, the base of a power, the
words of a revert.
"""

import ast
import re
import tokenize
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import StringIO
from itertools import pairwise
from pathlib import Path

_KEYWORDS = {
    "extcall": "await  ", "staticcall": "await     ", "log": "not", "struct": "class ",
    "interface": "class    ",
}  # fmt: skip

_SYMBOLS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.FloorDiv: "//", ast.Mod: "%", ast.LShift: "<<",
    ast.RShift: ">>", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.Eq: "==", ast.NotEq: "!=",
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.In: "in", ast.NotIn: "not in",
    ast.And: "and", ast.Or: "or",
}  # fmt: skip

_OTHERS = {
    "+": "-", "-": "+", "*": "//", "//": "*", "%": "//", "<<": ">>", ">>": "<<", "&": "|", "|": "&",
    "^": "|", "==": "!=", "!=": "==", "in": "not in", "not in": "in", "and": "or", "or": "and",
}  # fmt: skip

_BOUNDARIES = {"<": ("<=", "!="), "<=": ("<", "=="), ">": (">=", "!="), ">=": (">", "==")}
"""The neighbour on the boundary, and what a comparison is like without its side."""

_NAMES = {
    "unsafe_add": "unsafe_sub", "unsafe_sub": "unsafe_add", "unsafe_mul": "unsafe_div",
    "unsafe_div": "unsafe_mul", "min": "max", "max": "min",
}  # fmt: skip

_COMMUTATIVE = {"unsafe_add", "unsafe_mul", "min", "max"}
_NOTHING = re.compile(r"0|False|empty\(.*\)|\[\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of the bytes from `start` to `end` of a source; `owner` is the function or constant that
    it is in, `id` the same as long as the file is."""

    path: str
    owner: str
    operator: str
    line: int
    start: int
    end: int
    old: str
    new: str
    id: str

    def apply(self, source: str) -> str:
        """The mutated source."""
        raw = source.encode()
        assert raw[self.start : self.end].decode() == self.old, "not the source that it was made from"
        return (raw[: self.start] + self.new.encode() + raw[self.end :]).decode()

    def lines(self, source: str) -> tuple[str, str]:
        """The changed lines before and after, without their common indent and white space at the ends."""
        raw = source.encode()
        first = raw.rfind(b"\n", 0, self.start) + 1
        last = raw.find(b"\n", self.end)
        head, tail = raw[first : self.start].decode(), raw[self.end : last].decode()
        return (head + self.old + tail).strip(), (head + self.new + tail).strip()


Change = tuple[str, int, int, str]
"""Operator, first byte, byte after the last one, new text."""


def mutants(path: str, source: str) -> list[Mutant]:
    """All mutants of a source, in the order of their places."""
    tree = _Tree(source)
    state = sha256(source.encode()).hexdigest()
    found: dict[tuple[int, int, str], tuple[str, str, str]] = {}
    for node in tree.nodes:
        for operator, start, end, new in tree.changes(node):
            old = tree.raw[start:end].decode()
            if old != new:
                found.setdefault((start, end, new), (operator, old, tree.owners[node]))
    return [
        Mutant(
            path, owner, operator, tree.raw.count(b"\n", 0, start) + 1, start, end, old, new,
            sha256(f"{path}:{state}:{start}:{end}:{new}".encode()).hexdigest()[:12],
        )
        for (start, end, new), (operator, old, owner) in sorted(found.items())
    ]  # fmt: skip


def of_contracts(root: Path) -> list[Mutant]:
    """The mutants of all contracts and modules below a folder that has `contracts/`."""
    paths = [*sorted((root / "contracts").glob("*.vy")), *sorted((root / "contracts/modules").glob("*.vy"))]
    return [
        mutant for path in paths for mutant in mutants(path.relative_to(root).as_posix(), path.read_text())
    ]


def names_in(source: str) -> dict[str, set[str]]:
    """For each function and constant of a source the names that it mentions."""
    found: dict[str, set[str]] = {}
    for node in ast.parse(as_python(source)).body:
        if name := _owned_name(node):
            inside = list(ast.walk(node))
            found[name] = {each.id for each in inside if isinstance(each, ast.Name)}
            found[name] |= {each.attr for each in inside if isinstance(each, ast.Attribute)}
    return found


def as_python(source: str) -> str:
    """A Vyper source as one that Python parses, with everything in its place."""
    lines = [list(line) for line in source.splitlines(keepends=True)]

    def write(start: tuple[int, int], text: str) -> None:
        lines[start[0] - 1][start[1] : start[1] + len(text)] = text

    tokens = [token for token in tokenize.generate_tokens(StringIO(source).readline) if token.string.strip()]
    for place, token in enumerate(tokens):
        if token.type == tokenize.NAME and token.string in _KEYWORDS:
            write(token.start, _KEYWORDS[token.string])
        if token.string == "x" and tokens[place + 1].start == token.end:  # x"00" are bytes
            write(token.start, "b")
        if token.string == "for":  # a loop's variable has a type, up to `in`
            end = next(each for each in tokens[place:] if each.string == "in").start
            start = tokens[place + 2].start
            assert start[0] == end[0], "the head of a loop is one line"
            write(start, " " * (end[1] - start[1]))
    return "".join("".join(line) for line in lines)


def _owned_name(node: ast.AST) -> str | None:
    """The name of a function or constant."""
    if isinstance(node, ast.FunctionDef):
        return node.name
    if isinstance(node, ast.AnnAssign) and node.value and isinstance(node.target, ast.Name):
        return node.target.id
    return None


class _Tree:
    """A source with its syntax tree."""

    def __init__(self, source: str) -> None:
        self.raw = source.encode()
        self.lines = [0, *(match.end() for match in re.finditer(rb"\n", self.raw))]
        self.calls_strangers = b"extcall IERC20(" in self.raw
        self.nodes: list[ast.AST] = []
        self.parents: dict[ast.AST, ast.AST] = {}
        self.owners: dict[ast.AST, str] = {}
        for top in ast.parse(as_python(source)).body:
            if name := _owned_name(top):
                self._enter(top, name)

    def _enter(self, node: ast.AST, owner: str) -> None:
        """Takes a node and what is below, but no type, decorator or docstring."""
        self.nodes.append(node)
        self.owners[node] = owner
        for field, value in ast.iter_fields(node):
            if field in ("annotation", "returns", "decorator_list", "args") and not isinstance(
                node, ast.Call
            ):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST) and not _is_docstring(child):
                    self.parents[child] = node
                    self._enter(child, owner)

    def changes(self, node: ast.AST) -> Iterator["Change"]:
        """What can be changed at a node."""
        for operator in _OPERATORS:
            yield from operator(self, node)

    def function(self, node: ast.AST) -> ast.FunctionDef:
        """The function that a node is in."""
        while not isinstance(node, ast.FunctionDef):
            node = self.parents[node]
        return node

    def is_overwritten(self, node: ast.AST) -> bool:
        """Whether a variable is only declared, since the results of a call go into it before it is read."""
        if not isinstance(node, ast.AnnAssign) or not isinstance(node.target, ast.Name):
            return False
        body = getattr(self.parents.get(node), "body", [])
        for later in body[body.index(node) + 1 :] if node in body else []:
            if isinstance(later, ast.Assign) and isinstance(later.targets[0], ast.Tuple):
                return node.target.id in {
                    each.id for each in later.targets[0].elts if isinstance(each, ast.Name)
                }
            if not isinstance(later, ast.AnnAssign):
                return False
        return False

    def span(self, node: ast.AST) -> tuple[int, int]:
        """The first byte of a node, and the one after it."""
        assert isinstance(node, ast.expr | ast.stmt | ast.keyword)
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        return (
            self.lines[node.lineno - 1] + node.col_offset,
            self.lines[node.end_lineno - 1] + node.end_col_offset,
        )

    def text(self, node: ast.AST) -> str:
        """The source of a node."""
        start, end = self.span(node)
        return self.raw[start:end].decode()

    def part(self, node: ast.AST) -> str:
        """The source of a node, in brackets where it may need them."""
        loose = isinstance(node, ast.BinOp | ast.BoolOp | ast.Compare | ast.IfExp | ast.UnaryOp)
        return f"({self.text(node)})" if loose else self.text(node)

    def between(self, left: ast.AST, right: ast.AST, symbol: str) -> tuple[int, int]:
        """Where an operator stands between its operands, whatever comments and brackets do too."""
        start, end = self.span(left)[1], self.span(right)[0]
        pattern = rb"#[^\n]*|(" + re.escape(symbol.encode()).replace(rb"\ ", rb"\s+") + rb")"
        place = next(match for match in re.finditer(pattern, self.raw[start:end]) if match[1])
        return start + place.start(1), start + place.end(1)

    def whole(self, operator: str, node: ast.AST, new: str) -> "Change":
        """A change of the whole node."""
        return operator, *self.span(node), new


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _arithmetic(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """Another operation, or only the left operand; the right one too where it is a part of a word."""
    if not isinstance(node, ast.BinOp) or type(node.op) not in _SYMBOLS:
        return
    symbol = _SYMBOLS[type(node.op)]
    yield "operation", *tree.between(node.left, node.right, symbol), _OTHERS[symbol]
    if not isinstance(node.right, ast.Constant):  # as good as the number one less
        yield tree.whole("operand", node, tree.part(node.left))
    if symbol == "|":
        yield tree.whole("operand", node, tree.part(node.right))


def _augmented(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.AugAssign):
        symbol = _SYMBOLS[type(node.op)]
        yield "operation", *tree.between(node.target, node.value, f"{symbol}="), f"{_OTHERS[symbol]}="


def _functions(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """Another operation without checks, or only its first operand; the larger for the smaller."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _NAMES:
        return
    yield tree.whole("operation", node.func, _NAMES[node.func.id])
    if node.func.id.startswith("unsafe") and not isinstance(node.args[1], ast.Constant):
        yield tree.whole("operand", node, tree.text(node.args[0]))
    if node.func.id in ("min", "max"):
        for argument in node.args:
            yield tree.whole("operand", node, tree.text(argument))


def _comparison(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        symbol = _SYMBOLS[type(node.ops[0])]
        place = tree.between(node.left, node.comparators[0], symbol)
        for other in _BOUNDARIES.get(symbol) or (_OTHERS[symbol],):
            yield "comparison", *place, other


def _logic(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """`and` for `or`, one operand less, no `not`, no `~`."""
    if isinstance(node, ast.BoolOp):
        symbol = _SYMBOLS[type(node.op)]
        for left, right in pairwise(node.values):
            yield "logic", *tree.between(left, right, symbol), _OTHERS[symbol]
        for gone in range(len(node.values)):
            rest = [tree.part(value) for place, value in enumerate(node.values) if place != gone]
            yield tree.whole("operand", node, f" {symbol} ".join(rest))
    if isinstance(node, ast.UnaryOp) and tree.text(node).startswith(("not", "~")):
        yield tree.whole("logic", node, tree.part(node.operand))


def _condition(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """The other branch; what only compares is turned by its comparison."""
    if isinstance(node, ast.If | ast.IfExp) and not isinstance(node.test, ast.Compare):
        yield tree.whole("condition", node.test, f"not ({tree.text(node.test)})")


def _literal(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """One more, one less; the other truth; another byte; another text."""
    if not isinstance(node, ast.Constant):
        return
    parent, text = tree.parents[node], tree.text(node)
    if isinstance(node.value, bool):
        if isinstance(parent, ast.keyword) and parent.arg == "skip_contract_check":
            return  # only gas
        yield tree.whole("logic", node, str(not node.value))
    elif text.startswith('x"'):
        yield tree.whole("number", node, f'{text[:-2]}{int(text[-2], 16) ^ 1:x}"')
    elif text.startswith("0x"):
        yield tree.whole("number", node, f"{text[:-1]}{int(text[-1], 16) ^ 1:x}")
    elif isinstance(node.value, int) and not _is_base(parent, node) and not tree.is_overwritten(parent):
        yield tree.whole("number", node, str(node.value + 1))
        if node.value:
            yield tree.whole("number", node, str(node.value - 1))
    elif isinstance(node.value, str) and not isinstance(parent, ast.Assert):
        yield tree.whole("text", node, f"{text[:-1]}~{text[-1]}")


def _is_base(parent: ast.AST, node: ast.AST) -> bool:
    """Whether a number is that of a power."""
    return isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.Pow) and parent.left is node


def _sender(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """Whoever signed the transaction for whoever calls."""
    if isinstance(node, ast.Attribute) and tree.text(node) == "msg.sender":
        yield tree.whole("sender", node, "tx.origin")


def _statement(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """A statement less; `break` for `continue`."""
    if isinstance(node, ast.Assert | ast.Assign | ast.AugAssign | ast.Expr | ast.Continue | ast.Break):
        yield tree.whole("statement", node, "pass")
    if isinstance(node, ast.Continue | ast.Break):
        yield tree.whole("statement", node, "break" if isinstance(node, ast.Continue) else "continue")


def _value(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """Nothing for what is declared or returned."""
    if isinstance(node, ast.AnnAssign) and node in tree.parents:
        value = node.value
        if value is not None and not _NOTHING.fullmatch(tree.text(value)):
            yield tree.whole("value", value, f"empty({tree.text(node.annotation)})")
    if isinstance(node, ast.Return) and node.value:
        returns = tree.function(node).returns
        types: Sequence[ast.AST] = returns.elts if isinstance(returns, ast.Tuple) else [returns]  # type: ignore[list-item]
        yield tree.whole("value", node.value, ", ".join(f"empty({tree.text(each)})" for each in types))


def _arguments(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """Two neighbouring arguments the other way round; what stands between them stays."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    positional = [] if name in _COMMUTATIVE else node.args
    for left, right in (*pairwise(positional), *pairwise(each.value for each in node.keywords)):
        (start, left_end), (right_start, end) = tree.span(left), tree.span(right)
        gap = tree.raw[left_end:right_start].decode()
        yield "arguments", start, end, tree.text(right) + gap + tree.text(left)


def _lock(tree: _Tree, node: ast.AST) -> Iterator[Change]:
    """A function without the contract-wide lock, where a token that anyone wrote is called."""
    if not isinstance(node, ast.FunctionDef) or not tree.calls_strangers:
        return
    decorators = {tree.text(each) for each in node.decorator_list}
    if "external" in decorators and not {"view", "pure", "reentrant"} & decorators:
        start, _ = tree.span(node.decorator_list[0])
        yield "lock", start, start, "reentrant\n@"


_OPERATORS = (
    _arithmetic, _augmented, _functions, _comparison, _logic, _condition, _literal, _sender, _statement,
    _value, _arguments, _lock,
)  # fmt: skip
