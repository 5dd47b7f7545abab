"""The peer that the tests of the network talk to and attack."""

from collections.abc import Iterator

import pytest

from tests.support.network_peer import Provider, running_provider


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """One peer process for all tests that leave it as it was: well, and silent to its end."""
    with running_provider() as running:
        yield running
