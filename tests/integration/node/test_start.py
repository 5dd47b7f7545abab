"""A node that can't work says so before it serves anybody."""

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from tests.support.storage_world import LIGHT, PASSWORD, World, storage_world
from xmbl import config
from xmbl.blocks.store import FileStore
from xmbl.chain.outbox import owned_name
from xmbl.errors import Busy, ConfigError, KeystoreError, XmblError
from xmbl.files import Lock
from xmbl.identity import node_key
from xmbl.identity.keystore import Keystore
from xmbl.node.config import NodeConfig, load_node
from xmbl.node.node import LOCK, STATUS, run_node, status
from xmbl.storage.agent import Habits


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with storage_world(tmp_path_factory.mktemp("world"), block_time=0) as running:
        running.enlist("north")
        yield running


@pytest.fixture
def settings(world: World) -> NodeConfig:
    home = world.operators[0].home
    return load_node(home / "node.toml", config.folders({"XMBL_HOME": str(home)}))


def refusal(settings: NodeConfig, kind: type[XmblError]) -> str:
    with pytest.raises(kind) as refused:
        trio.run(run_node, settings, print)
    return str(refused.value)


def test_run__another_agent_than_registered__is_refused(settings: NodeConfig, tmp_path: Path) -> None:
    Keystore(tmp_path, work=LIGHT).new("agent", PASSWORD)
    assert "doesn't name" in refusal(replace(settings, wallets=tmp_path), ConfigError)


def test_run__another_node_key_than_registered__is_refused(settings: NodeConfig, tmp_path: Path) -> None:
    node_key.create(tmp_path / "key", PASSWORD, log2_work=4)
    other = replace(settings, node_key=tmp_path / "key")
    assert "names another node key" in refusal(other, ConfigError)


def test_run__confirmations_that_leave_no_time__are_refused(settings: NodeConfig) -> None:
    patient = replace(settings, habits=Habits(confirmations=11))
    assert "set it to 10 at most" in refusal(patient, ConfigError)


def test_run__addresses_of_another_deployment__are_refused(settings: NodeConfig) -> None:
    contracts = {**settings.network.contracts, "deals": "0x" + "12" * 20}
    elsewhere = replace(settings, network=replace(settings.network, contracts=contracts))
    assert refusal(elsewhere, ConfigError).startswith("deals isn't where the network's file says")


def test_run__no_password_file__is_refused(settings: NodeConfig, tmp_path: Path) -> None:
    assert "no password file" in refusal(replace(settings, password_file=tmp_path / "no"), KeystoreError)


def test_run__a_password_file_of_two_lines__is_opened_by_the_first(
    settings: NodeConfig, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\nand a remark\n")
    impatient = replace(settings, password_file=tmp_path / "password", habits=Habits(confirmations=11))
    # further than the password it gets
    assert "set it to 10 at most" in refusal(impatient, ConfigError)


def test_run__a_wrong_password__is_refused(settings: NodeConfig, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("wrong\n")
    wrong = replace(settings, password_file=tmp_path / "wrong")
    assert "doesn't open wallet agent" in refusal(wrong, KeystoreError)


def test_run__a_second_one_of_the_same_node__is_refused(settings: NodeConfig, tmp_path: Path) -> None:
    alone = replace(settings, state=tmp_path)
    with Lock(tmp_path / LOCK, ""):
        assert "name another `state`" in refusal(alone, Busy)


def test_run__a_store_that_another_node_has_open__is_refused(
    world: World, settings: NodeConfig, tmp_path: Path
) -> None:
    both = replace(settings, state=tmp_path / "state", store=tmp_path / "store")
    other = FileStore(tmp_path / "store" / owned_name(world.chain, settings.operator), 1000, margin=0)
    assert "a folder of its own" in refusal(both, Busy)
    other.close()


def test_run__an_operator_that_has_left__says_so_and_announces_nothing(world: World) -> None:
    operator = world.enlist("south")
    market = world.market()
    world.send(operator.cold, market.deals.set_cap(0))
    places = config.folders({"XMBL_HOME": str(operator.home)})
    told = first_word(load_node(operator.home / "node.toml", places), "NoNewDeals", "Announced")
    assert told["event"] == "NoNewDeals"
    assert "`xmbl node cap AMOUNT`" in told["remedy"]
    assert market.node(operator.address).multiaddrs == ()


def test_run__an_operator_that_is_leaving__stays_where_its_clients_find_it(world: World) -> None:
    operator = world.enlist("east")
    market = world.market()
    before = market.registry.announce(operator.address, ["/ip4/127.0.0.1/tcp/4001"])
    world.send(operator.cold, market.deals.set_cap(0), before)
    places = config.folders({"XMBL_HOME": str(operator.home)})
    told = first_word(load_node(operator.home / "node.toml", places), "Announced")
    assert list(market.node(operator.address).multiaddrs) == told["addresses"]


def first_word(settings: NodeConfig, *kinds: str) -> dict[str, Any]:
    """The first event of one of these kinds from a node that runs until then."""
    told: list[dict[str, Any]] = []

    async def play() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(run_node, settings, lambda event: told.append(event.record()))
            with trio.fail_after(60):
                while not any(each["event"] in kinds for each in told):
                    await trio.sleep(0.05)
            nursery.cancel_scope.cancel()

    trio.run(play)
    return next(each for each in told if each["event"] in kinds)


def test_status__of_a_node_whose_process_id_somebody_else_has__isnt_running(
    settings: NodeConfig, tmp_path: Path
) -> None:
    (tmp_path / STATUS).write_text(json.dumps({"pid": os.getpid()}))
    dead = replace(settings, state=tmp_path)
    assert status(dead)["running"] is False
    with Lock(tmp_path / LOCK, ""):
        assert status(dead)["running"] is True


def test_status__of_a_node_that_never_ran__says_how_to_start_it(settings: NodeConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="xmbl node run"):
        status(replace(settings, state=tmp_path))
