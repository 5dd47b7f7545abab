"""`tests/support/mutants.py` and `scripts/mutate.py`: each operator changes what it says, exactly there."""

import json
from pathlib import Path

import pytest

from scripts.mutate import ROOT, Hunt, Results, chosen, equivalents
from tests.support.mutants import Mutant, as_python, mutants, names_in, of_contracts

HEAD = '# pragma version 0.4.3\n"""\n@notice 1 < 2 and not 3, said by msg.sender\n"""\n\n\n'


def changes(body: str, operator: str | None = None) -> set[tuple[str, str]]:
    """(before, after) of the changed lines of a function's body, after one operator or any."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    source = f"{HEAD}@internal\ndef _f(a: uint256, b: uint256) -> uint256:\n{lines}"
    made = mutants("contracts/modules/x.vy", source)
    return {each.lines(source) for each in made if operator in (each.operator, None)}


def after(body: str, operator: str) -> set[str]:
    """What an operator makes of a body of one line."""
    return {new for old, new in changes(body, operator) if old == body}


def test_operation__plain_and_unchecked__is_turned() -> None:
    assert after("x = a + b", "operation") == {"x = a - b"}
    assert after("x += a", "operation") == {"x -= a"}
    assert after("x = a >> b", "operation") == {"x = a << b"}
    assert after("x = unsafe_mul(a, b)", "operation") == {"x = unsafe_div(a, b)"}
    assert after("x = min(a, b)", "operation") == {"x = max(a, b)"}


def test_operand__masks_and_sums__lose_one() -> None:
    assert after("x = a & b", "operand") == {"x = a"}
    assert after("x = a | b", "operand") == {"x = a", "x = b"}
    assert after("x = (a + b) * c", "operand") == {"x = (a + b)", "x = (a) * c"}
    assert after("x = unsafe_sub(a, b)", "operand") == {"x = a"}
    assert after("assert a and (b or c)", "operand") == {
        "assert a", "assert (b or c)", "assert a and (b)", "assert a and (c)",
    }  # fmt: skip


def test_comparison__a_boundary__moves_and_loses_its_side() -> None:
    assert after("assert a <= b", "comparison") == {"assert a < b", "assert a == b"}
    assert after("assert a > b", "comparison") == {"assert a >= b", "assert a != b"}
    assert after("assert a == b", "comparison") == {"assert a != b"}
    assert after("assert a in b", "comparison") == {"assert a not in b"}
    assert after("assert a not in b", "comparison") == {"assert a in b"}


def test_comparison__over_lines_with_a_comment__changes_the_sign_only() -> None:
    body = "x = (\n    a  # not < this\n    <\n    b\n)"
    assert {new for _, new in changes(body, "comparison")} == {"<=", "!="}


def test_logic__words_and_signs__are_turned_or_dropped() -> None:
    assert after("assert a and b", "logic") == {"assert a or b"}
    assert after("assert not a", "logic") == {"assert a"}
    assert after("x = a & ~b", "logic") == {"x = a & b"}
    assert after("x = f(a, loud=True)", "logic") == {"x = f(a, loud=False)"}
    assert after("x = f(a, skip_contract_check=True)", "logic") == set()


def test_condition__what_does_not_compare__is_negated() -> None:
    assert after("x = a if self._is(b) else 0", "condition") == {"x = a if not (self._is(b)) else 0"}
    assert after("x = a if b == 1 else 0", "condition") == set()


def test_number__all_but_bases_and_types__go_up_and_down() -> None:
    assert after("x = a + 5", "number") == {"x = a + 6", "x = a + 4"}
    assert after("x = 0", "number") == {"x = 1"}
    assert after("x = 2**10", "number") == {"x = 2**11", "x = 2**9"}
    assert after('x = x"00a1"', "number") == {'x = x"00a0"'}
    assert after("x: Bytes[65] = a", "number") == set()


def test_number__what_a_call_overwrites__is_left() -> None:
    body = "x: uint256 = 0\ny: uint256 = 0\nx, y = self._f()"
    assert changes(body, "number") == set()
    assert changes("x: uint256 = 0\ny: uint256 = x\nx += 1", "number") != set()


def test_text__words_of_a_revert__are_left() -> None:
    assert after('x = keccak256("a tag")', "text") == {'x = keccak256("a tag~")'}
    assert after('assert a, "room: reason"', "text") == set()


def test_sender__the_caller__becomes_the_signer() -> None:
    assert after("x = f(msg.sender, a)", "sender") == {"x = f(tx.origin, a)"}


def test_statement__checks_writes_calls_and_events__go() -> None:
    for body in ("assert a != b", "self.x = a", "x -= a", "extcall A(b).f(c)", "log I.E(a=b)", "self._f(a)"):
        assert after(body, "statement") == {"pass"}
    assert after("break", "statement") == {"pass", "continue"}


def test_value__what_is_declared_or_returned__is_nothing() -> None:
    assert after("x: address = f(a)", "value") == {"x: address = empty(address)"}
    assert after("x: uint256 = 0", "value") == set()
    assert after("return a", "value") == {"return empty(uint256)"}
    source = f"{HEAD}@internal\ndef _f() -> (bool, uint256):\n    return self.a, self.b\n"
    made = [each.lines(source)[1] for each in mutants("x.vy", source) if each.operator == "value"]
    assert made == ["return empty(bool), empty(uint256)"]


def test_arguments__neighbours__are_swapped_where_it_matters() -> None:
    assert after("x = f(a, b, c)", "arguments") == {"x = f(b, a, c)", "x = f(a, c, b)"}
    assert after("log I.E(one=a, two=b)", "arguments") == {"log I.E(one=b, two=a)"}
    assert after("x = unsafe_add(a, b)", "arguments") == set()
    assert after("extcall A(b).f(c, d)", "arguments") == {"extcall A(b).f(d, c)"}


def test_lock__functions_of_a_contract_that_calls_any_token__lose_it() -> None:
    body = "@external\ndef f():\n    extcall IERC20(asset).transfer(msg.sender, 1)\n"
    view = "\n\n@external\n@view\ndef g() -> uint256:\n    return 1\n"
    made = [each for each in mutants("x.vy", HEAD + body + view) if each.operator == "lock"]
    assert [each.apply(HEAD + body + view).count("@reentrant\n@external\ndef f():") for each in made] == [1]


def test_mutants__headers_comments_and_loops__are_left() -> None:
    body = "# 1 + 1\nfor i: uint256 in range(a):\n    continue"
    assert changes(body) == {("continue", "pass"), ("continue", "break")}


@pytest.mark.parametrize("path", sorted(ROOT.glob("contracts/**/*.vy")), ids=lambda path: path.stem)
def test_as_python__every_contract__keeps_all_places(path: Path) -> None:
    source = path.read_text()
    written = as_python(source)
    assert [len(line) for line in written.splitlines()] == [len(line) for line in source.splitlines()]


def test_of_contracts__all__differ_from_the_source_and_from_each_other() -> None:
    made = of_contracts(ROOT)
    sources = {each.path: (ROOT / each.path).read_text() for each in made}
    assert all(each.apply(sources[each.path]) != sources[each.path] for each in made)
    assert len({each.id for each in made}) == len(made) > 1_000


def test_names_in__a_constant__is_seen_where_it_is_used() -> None:
    source = f"{HEAD}_A: constant(uint256) = 1\n_B: constant(uint256) = _A + 1\n"
    source += "@internal\ndef _f() -> uint256:\n    return other._B\n"
    assert names_in(source)["_f"] >= {"_B"}
    assert "_A" in names_in(source)["_B"]


def test_chosen__a_seed__gives_its_order() -> None:
    assert chosen(ROOT, ["bitmap"], 7) == chosen(ROOT, ["bitmap"], 7)
    assert chosen(ROOT, ["bitmap"], 7) != chosen(ROOT, ["bitmap"], 8)
    assert {each.path for each in chosen(ROOT, ["bitmap"], 7)} == {"contracts/modules/bitmap.vy"}


def verdict(status: str) -> dict[str, object]:
    return {"status": status, "by": "a test", "seconds": 1.0}


@pytest.fixture
def order() -> list[Mutant]:
    return chosen(ROOT, ["bitmap"], 1)[:6]


def test_results__after_a_kill_in_the_middle_of_a_line__go_on(tmp_path: Path, order: list[Mutant]) -> None:
    file = tmp_path / "results.jsonl"
    Results(file, "tests").add(order[0], verdict("killed"))
    with file.open("a") as out:
        out.write('{"id": "0123456789ab", "sta')
    again = Results(file, "tests")
    again.add(order[1], verdict("killed"))
    last = Results(file, "tests")
    assert [last.status(each) for each in order[:3]] == ["killed", "killed", None]
    assert len([line for line in file.read_text().splitlines() if line.startswith("{")]) == 3


def test_results__survivors_of_other_tests__are_tried_again(tmp_path: Path, order: list[Mutant]) -> None:
    first = Results(tmp_path / "results.jsonl", "old tests")
    for mutant, status in zip(order, ["killed", "survived", "invalid", "same"], strict=False):
        first.add(mutant, verdict(status))
    again = Results(tmp_path / "results.jsonl", "new tests")
    assert [again.status(each) for each in order[:4]] == ["killed", None, "invalid", None]


def test_hunt__until_enough_count__tries_on(tmp_path: Path, order: list[Mutant]) -> None:
    hunt = Hunt(ROOT, order, 3, Results(tmp_path / "results.jsonl", "tests"))
    assert list(hunt.pending()) == order[:3]  # nothing is known yet: three at once could be enough
    tried = []
    for mutant, status in zip(hunt.pending(), ["killed", "invalid", "survived", "killed"], strict=False):
        hunt.results.add(mutant, verdict(status))
        tried.append(mutant)
    assert tried == order[:4]
    assert list(hunt.pending()) == []
    assert hunt.sampled() == [order[0], order[2], order[3]]


def test_equivalents__all__are_mutants_that_exist_and_have_a_reason() -> None:
    made = {
        (each.path, each.owner, *each.lines((ROOT / each.path).read_text())) for each in of_contracts(ROOT)
    }
    for known in equivalents(ROOT):
        assert (known.file, known.function, known.before, known.after) in made, known
        assert known.reason.endswith(".")


def test_results__each_line__says_what_was_tried_with_which_tests(
    tmp_path: Path, order: list[Mutant]
) -> None:
    Results(tmp_path / "results.jsonl", "tests").add(order[0], verdict("killed"))
    lines = (tmp_path / "results.jsonl").read_text().split()
    assert json.loads(" ".join(lines)) == {"id": order[0].id, "tests": "tests", **verdict("killed")}
