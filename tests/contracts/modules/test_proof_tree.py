"""`proof_tree` against a tree written from the RFC's words."""

import boa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boa_world import load
from tests.support.proof_trees import SmallTree, UniformTree

TREES = load("mocks/ProofTreeHarness.vy").deploy()


@pytest.mark.parametrize("leaves", [*range(1, 18), 31, 32, 33])
def test_climb__every_leaf__reaches_the_root(leaves: int) -> None:
    tree = SmallTree(leaves)
    for index in range(leaves):
        words = tree.words(index)
        assert TREES.climb(words, 0, index, leaves) == (tree.root, len(words))


@given(st.integers(0, 2**25 - 1))
def test_climb__the_largest_tree__reaches_the_root(index: int) -> None:
    tree = UniformTree(25)
    assert TREES.climb([bytes(32), *tree.words(index)], 1, index, 2**25) == (tree.root, 34)


@given(st.integers(2, 12), st.data())
def test_climb__another_place_or_size__misses_the_root(leaves: int, data: st.DataObject) -> None:
    tree = SmallTree(leaves)
    index = data.draw(st.integers(0, leaves - 1))
    other = data.draw(st.integers(0, leaves - 1).filter(lambda at: at != index))
    padded = [*tree.words(index), *[bytes(32)] * 8]
    assert TREES.climb(padded, 0, other, leaves)[0] != tree.root


@given(st.integers(1, 12), st.data())
def test_climb__any_changed_word__misses_the_root(leaves: int, data: st.DataObject) -> None:
    tree = SmallTree(leaves)
    index = data.draw(st.integers(0, leaves - 1))
    words = tree.words(index)
    words[data.draw(st.integers(0, len(words) - 1))] = bytes(32)
    assert TREES.climb(words, 0, index, leaves)[0] != tree.root


def test_climb__path_too_short__reverts() -> None:
    tree = SmallTree(5)
    with boa.reverts():
        TREES.climb(tree.words(0)[:-1], 0, 0, 5)
    with boa.reverts():
        TREES.climb(tree.words(0)[:7], 0, 0, 1)
