"""A node whose reads cost, as a process from its file, and a client that brings a file back by commands."""

import secrets
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import AsyncMock, patch

import pytest
from eth_account import Account

from tests.support.commands import Commands
from tests.support.storage_world import LIGHT, PASSWORD, Operator, World, storage_world, until
from xmbl import config
from xmbl.identity.keystore import Keystore
from xmbl.storage.client import StorageClient
from xmbl.units import WHOLE

DATA = secrets.token_bytes(700_000)
A_MIB = WHOLE // 100


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with storage_world(tmp_path_factory.mktemp("world")) as running:
        yield running


@pytest.fixture(scope="module")
def operator(world: World) -> Operator:
    made = world.enlist("operator", egress="0.01 XMBL", minimum="1")
    made.start()
    until(lambda: bool(made.events("Announced")))
    return made


@pytest.fixture
def client(world: World, tmp_path: Path) -> Commands:
    """A machine with one wallet, which has XMBL and ether."""
    account, home = Account.create(), tmp_path / "client"
    world.give(account, 100 * WHOLE)
    places = config.folders({"XMBL_HOME": str(home)})
    Keystore(places.config / "wallets", work=LIGHT).import_key("client", account.key.hex(), PASSWORD)
    config.save_network(places, world.network())
    config.write_text(home / "password", PASSWORD + "\n")
    return Commands(home, home / "password", "client")


def test_get__of_an_operator_that_asks_for_it__is_paid_and_redeemed(
    world: World, operator: Operator, client: Commands, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(DATA)
    client.document("deal", "put", str(tmp_path / "file"), "--copies", "1", "--periods", "20", "--yes")
    client.document("pay", "deposit", "1", "--yes")

    planned = client.document("deal", "get", "file", str(tmp_path / "back"), "--dry-run")
    cost = planned["cost_wei"]
    assert 0 < cost < A_MIB
    assert [(each["operator"], each["egress_wei"]) for each in planned["holders"]] == [
        (operator.address, A_MIB)
    ]

    unasked = client("deal", "get", "file", str(tmp_path / "back"))
    assert unasked.code == 2
    assert "It costs 0.00" in unasked.err
    assert "say --yes" in unasked.err
    bounded = client("deal", "get", "file", str(tmp_path / "back"), "--yes", "--max-cost", "0.001")
    assert bounded.code == 1
    assert "allow more with --max-cost" in bounded.err
    assert not (tmp_path / "back").exists()

    with patch.object(StorageClient, "prices", AsyncMock(return_value=[])):
        baited = client("deal", "get", "file", str(tmp_path / "back"), "--yes")
        short = client(
            "deal", "get", "file", str(tmp_path / "back"), "--yes", "--max-cost", f"{cost - 1} wei"
        )
    for refused in (baited, short):
        assert (refused.code, "its share of the cost; allow more" in refused.err) == (1, True)
    assert client.document("pay", "voucher", "list")["promised"] == []

    got = client.document("deal", "get", "file", str(tmp_path / "back"), "--yes")
    assert (tmp_path / "back").read_bytes() == DATA
    assert got["paid_wei"] == cost
    (promised,) = client.document("pay", "voucher", "list")["promised"]
    assert (promised["payee"], promised["cumulative_wei"]) == (operator.address, cost)

    until(lambda: sum(each["amount"] for each in operator.events("VoucherHeld")) == cost)
    world.devnet.mine(30)
    until(lambda: bool(operator.events("VouchersRedeemed")))
    (redeemed,) = operator.events("VouchersRedeemed")
    assert (redeemed["payee"], redeemed["vouchers"], redeemed["paid"]) == (operator.address, 1, cost)
    assert world.market().payments.balance_of(operator.address) >= cost
