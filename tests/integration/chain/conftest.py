"""Running chains that tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.deployed import Deployed
from tests.support.devnets import ENGINES, MINED_AT_ONCE, ON_DEMAND, ServedNet, quick_devnet, serving
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.devnet import Devnet, rich_account
from xmbl.chain.outbox import Habits, Outbox


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


@pytest.fixture(scope="module")
def net() -> Iterator[ServedNet]:
    """A chain that mines each transaction as it comes, for the tests of a file."""
    with serving(block_time=MINED_AT_ONCE) as running:
        yield running


@pytest.fixture
def deployed(net: ServedNet, tmp_path: Path) -> Iterator[Deployed]:
    """Contracts that no test has used."""
    chain = net.chain()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, rich_account(), Habits(confirmations=1, poll=0.01))
    yield Deployed(net, chain, outbox, deploy(outbox, chain, PRESETS["devnet"], tmp_path, lambda _: None))
    outbox.close()
