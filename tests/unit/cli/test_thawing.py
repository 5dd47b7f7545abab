"""What of stake can leave, and what is told where it can't."""

from types import SimpleNamespace

import pytest

from xmbl.chain.client import Header
from xmbl.cli.thawing import require_thawed
from xmbl.errors import UsageError

SPAN = 14


def session_at(block):
    """Somebody on a chain at that block, where what has thawed can leave for `SPAN` blocks."""
    chain = SimpleNamespace(
        block_number=lambda: block, header=lambda number=block: Header(number, b"", b"", 12 * number, 0)
    )
    return SimpleNamespace(chain=lambda: chain, staking=lambda: SimpleNamespace(withdraw_blocks=lambda: SPAN))


@pytest.mark.parametrize("block", [1, SPAN - 2, SPAN, 10_000])
def test_require_thawed__nothing_thaws__is_a_mistake_however_young_the_chain(block):
    check = require_thawed(session_at(block), 0, 0)
    assert isinstance(check.error, UsageError)
    assert "Nothing thaws" in str(check.error)


@pytest.mark.parametrize(
    ("block", "said"),
    [(98, "thaws for 1 block more, until block 100"), (113, "It could leave until block 113;")],
)
def test_require_thawed__too_early_or_too_late__is_a_mistake(block, said):
    assert said in str(require_thawed(session_at(block), 5, 100).error)


@pytest.mark.parametrize("block", [99, 112])
def test_require_thawed__in_time__passes(block):
    assert require_thawed(session_at(block), 5, 100).error is None
