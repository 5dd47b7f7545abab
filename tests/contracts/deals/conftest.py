"""The market deployed once; each test starts from it with an operator, a client and nothing opened."""

from dataclasses import replace

import pytest

from tests.support.boa_world import WHOLE, person
from tests.support.deals_world import World


@pytest.fixture(scope="module")
def provider(deployed: World) -> str:
    """An operator with 1,000 XMBL staked for the market and a cap."""
    return deployed.operator("provider")


@pytest.fixture(scope="module")
def client(deployed: World) -> str:
    """Has 1,000 XMBL in Payments, of which the market may take any."""
    return deployed.client("client")


@pytest.fixture(scope="module")
def attacker(deployed: World) -> str:
    """Somebody with money and bad intentions."""
    return deployed.client("attacker", 100 * WHOLE)


@pytest.fixture(scope="module")
def stranger() -> str:
    """Somebody without any part in a deal."""
    return person("stranger")


@pytest.fixture(params=["client", "attacker", "stranger"])
def outsider(request: pytest.FixtureRequest, client: str, attacker: str, stranger: str) -> str:
    """Anyone who is neither the operator nor its agent."""
    return {"client": client, "attacker": attacker, "stranger": stranger}[request.param]


@pytest.fixture
def world(deployed: World, provider: str, client: str, attacker: str) -> World:
    """The market with its people; what a test opens is its own."""
    return replace(deployed, opened={})
