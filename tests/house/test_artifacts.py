"""What the agents carry of the contracts is what the sources say."""

import pytest

from scripts.export_artifacts import ARTIFACTS, contracts, rendered


@pytest.mark.parametrize("name", contracts())
def test_artifacts__compiled_now__are_the_committed_ones(name):
    for path, text in rendered(name):
        assert path.read_text() == text, "stale: run `uv run python scripts/export_artifacts.py`"


def test_artifacts__contracts_that_are_gone__are_gone_too():
    assert sorted(path.stem for path in ARTIFACTS.glob("*.json")) == contracts()
    assert sorted(path.stem for path in (ARTIFACTS / "standard").glob("*.json")) == contracts()
