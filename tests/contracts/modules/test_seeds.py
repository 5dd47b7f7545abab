"""`seeds`: which blocks can be asked, and what follows from their hashes."""

import boa
import pytest

from tests.support.boa_world import block, load, mine, person
from tests.support.deals_world import BlockHashes, hash_of, history
from xmbl.storage import drawing

SEEDS = load("mocks/SeedsHarness.vy").deploy()
OPERATOR = person("provider")


@pytest.fixture(autouse=True)
def _hashes() -> None:
    boa.env.evm.patch.prev_hashes = BlockHashes()
    mine(9_000)


@pytest.mark.parametrize("age", [1, 2, 255, 256])
def test_seed__recent_block__is_made_of_its_hash(age: int) -> None:
    number = block() - age
    assert SEEDS.seed(number, OPERATOR) == drawing.seed_of(hash_of(number), OPERATOR)


@pytest.mark.parametrize("age", [0, -1, -1_000, 257, 8_191, 8_192])
def test_seed__block_that_the_chain_cannot_tell__reverts(age: int) -> None:
    with boa.reverts("deals: seed"):
        SEEDS.seed(block() - age, OPERATOR)


@pytest.mark.parametrize("age", [257, 8_000, 8_191])
def test_seed__old_block_in_the_history__is_made_of_its_hash(age: int) -> None:
    number = block() - age
    with history(number):
        assert SEEDS.seed(number, OPERATOR) == drawing.seed_of(hash_of(number), OPERATOR)


def test_seed__block_before_the_history__reverts() -> None:
    number = block() - 8_192
    with history(number), boa.reverts("deals: seed"):
        SEEDS.seed(number, OPERATOR)


def test_is_readable__with_and_without_history__knows_its_reach() -> None:
    assert [SEEDS.is_readable(blocks) for blocks in (256, 257, 8_000)] == [True, False, False]
    with history():
        assert [SEEDS.is_readable(blocks) for blocks in (257, 8_000, 8_001)] == [True, True, False]


def test_draw__numbers__are_those_of_the_rules() -> None:
    seed = drawing.seed_of(hash_of(7), OPERATOR)
    for number, (position, pick) in enumerate(drawing.draws(seed, 3, 10)):
        drawn = SEEDS.draw(seed, number)
        assert (3 + drawn % 2**128 % 7, drawn >> 128) == (position, pick)
