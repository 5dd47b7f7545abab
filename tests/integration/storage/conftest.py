"""One chain for the tests of this folder, on which blocks are mined with each transaction and on demand."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from tests.support import agent_world
from tests.support.agent_world import Provider
from tests.support.paid_story import Story
from tests.support.storage_stage import DATA, Stage
from tests.support.storage_world import World, storage_world
from xmbl.units import WHOLE


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with storage_world(tmp_path_factory.mktemp("world"), block_time=0) as running:
        yield running


@pytest.fixture(scope="module")
def client(world: World) -> LocalAccount:
    return agent_world.paying_client(world)


@pytest.fixture(scope="module")
def shared_provider(
    world: World, client: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Provider]:
    made = agent_world.provider(world, tmp_path_factory.mktemp("shared") / "provider", client)
    yield made
    made.die()


@pytest.fixture
def fresh_provider(shared_provider: Provider) -> Provider:
    """One that is used again and again: nothing is signed or held, nothing was told."""
    shared_provider.forget()
    shared_provider.to_period(shared_provider.period + 1, block=0)
    return shared_provider


@pytest.fixture
def provider(world: World, client: LocalAccount, tmp_path: Path) -> Iterator[Provider]:
    made = agent_world.provider(world, tmp_path / "provider", client)
    # opened at the start of a period, deals begin in the next one, however many there are
    made.to_period(made.period + 1, block=0)
    yield made
    made.die()


@pytest.fixture(scope="module")
def providers(
    world: World, client: LocalAccount, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[Provider]]:
    made = [
        agent_world.provider(world, tmp_path_factory.mktemp("providers") / "one", client) for _ in range(3)
    ]
    yield made
    for provider in made:
        provider.die()


@pytest.fixture
def account(world: World) -> LocalAccount:
    made: LocalAccount = Account.create()
    world.give(made, 10 * WHOLE)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def stage(world: World, providers: list[Provider], account: LocalAccount) -> Stage:
    made = Stage(world, providers, account)
    made.to_next_period()
    return made


@pytest.fixture
def story(fresh_provider: Provider, tmp_path: Path) -> Iterator[Story]:
    made = Story(fresh_provider, tmp_path)
    yield made
    for book in made.books:
        book.close()
