"""`xmbl devnet`, `xmbl doctor` and joining the network from a second machine."""

import signal
import socket
import time

import pytest

from tests.support.commands import Commands
from tests.support.devnets import ENGINES
from xmbl import config


def test_devnet__started__writes_a_network_file_that_a_second_machine_joins(client, devnet, tmp_path):
    elsewhere = Commands(tmp_path / "elsewhere", password=tmp_path / "password")
    joined = elsewhere.document("config", "join", devnet.document["path"])
    assert joined["contracts"] == devnet.document["contracts"]
    assert elsewhere.document("doctor")["healthy"] is True


def test_doctor__chain_is_there__finds_rpc_contracts_and_funds(client):
    checks = {check["name"]: check["state"] for check in client.document("doctor")["checks"]}
    assert {checks[name] for name in ("rpc", "clock", "contracts", "wallet", "ether for gas")} == {"ok"}


def test_doctor__wrong_chain__is_broken_and_says_which(client, devnet):
    folders = config.folders({"XMBL_HOME": str(client.home)})
    network = config.load_network(folders, "devnet")
    config.save_network(folders, config.Network("other", 1, network.rpc, network.contracts))
    try:
        said = client("doctor", "--network", "other", "--json")
    finally:
        config.network_path(folders, "other").unlink()
    assert said.code == 1
    remedies = " ".join(check["remedy"] for check in said.document()["checks"])
    assert "Chain 1 is expected" in remedies


def test_doctor__nobody_at_the_rpc__is_broken(tmp_path):
    home = tmp_path / "home"
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        folders = config.folders({"XMBL_HOME": str(home)})
        config.save_network(folders, config.Network("gone", 31337, (url,)))
        said = Commands(home, password=home)("doctor", "--json")
    assert said.code == 1
    assert [check["state"] for check in said.document()["checks"] if check["name"] == "rpc"] == ["broken"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_devnet__stopped__leaves_with_zero_and_no_chain(tmp_path, number):
    service = Commands(tmp_path, password=tmp_path).start("devnet", "--port", "0", "--block-time", "0")
    port = int(service.document["rpc"][0].rpartition(":")[2])
    assert service.stop(number) == 0
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.parametrize("engine", ENGINES)
def test_devnet__killed__leaves_no_chain(tmp_path, engine):
    service = Commands(tmp_path, password=tmp_path).start(
        "devnet", "--port", "0", "--block-time", "0", "--engine", engine
    )
    port = int(service.document["rpc"][0].rpartition(":")[2])
    service.kill()
    deadline = time.monotonic() + 20
    while _listens(port):
        assert time.monotonic() < deadline, "the chain outlived the devnet"
        time.sleep(0.05)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_devnet__network_of_somebody_else__is_replaced_only_when_told(tmp_path):
    user = Commands(tmp_path, password=tmp_path)
    folders = config.folders({"XMBL_HOME": str(tmp_path)})
    foreign = config.Network("devnet", 1, ("http://127.0.0.1:1",))
    config.save_network(folders, foreign)
    refused = user.process("devnet", "--port", "0")
    assert (refused.code, "say --yes to replace it, or --name" in refused.err) == (2, True)
    assert config.load_network(folders, "devnet") == foreign
    user.start("devnet", "--port", "0", "--block-time", "0", "--yes").stop()
    again = user.start("devnet", "--port", "0", "--block-time", "0")  # its own file needs no word
    assert config.load_network(folders, "devnet").rpc == tuple(again.document["rpc"])
    again.stop()


def test_devnet__port_taken__is_two_with_a_remedy(tmp_path):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        said = Commands(tmp_path, password=tmp_path)("devnet", "--port", str(listener.getsockname()[1]))
    assert said.code == 2
    assert "--port" in said.err


def test_fund__another_chain__is_refused(client, devnet):
    folders = config.folders({"XMBL_HOME": str(client.home)})
    config.save_network(folders, config.Network("live", 1, ("http://127.0.0.1:1",)))
    try:
        said = client("devnet", "fund", "client", "--network", "live")
    finally:
        config.network_path(folders, "live").unlink()
    assert said.code == 2
    assert "isn't a devnet" in said.err
