"""Running chains that tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.devnets import ENGINES, MINED_AT_ONCE, ON_DEMAND, ServedNet, quick_devnet
from xmbl.chain.devnet import Devnet


@pytest.fixture(scope="package", params=ENGINES)
def eager(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Devnet | ServedNet]:
    """A chain that mines each transaction as it comes."""
    with quick_devnet(tmp_path_factory.mktemp("eager"), request.param, MINED_AT_ONCE) as running:
        yield running


@pytest.fixture(params=ENGINES)
def idle(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Devnet | ServedNet]:
    """A new chain that mines only when told to."""
    with quick_devnet(tmp_path, request.param, ON_DEMAND) as running:
        yield running
