"""The operator of these tests: one for a file, as new for each."""

import pytest

from tests.support.agent_world import Provider


@pytest.fixture
def provider(fresh_provider: Provider) -> Provider:
    return fresh_provider
