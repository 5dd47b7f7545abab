"""XMBL comes onto a chain: once, in order, checked; with an outbox and with Ape."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account

from tests.support.devnets import MINED_AT_ONCE, SENDER, payment, serving
from tests.support.fake_chain import StrangeChain
from xmbl.chain import deployments
from xmbl.chain.client import Chain
from xmbl.chain.deploy import PRESETS, check_chain, deploy
from xmbl.chain.devnet import rich_account
from xmbl.chain.outbox import Habits, Outbox, Point
from xmbl.chain.staking import Staking
from xmbl.chain.token import Token
from xmbl.errors import ChainError, ConfigError, UsageError

PROJECT = Path(__file__).parents[3]
DEVNET = PRESETS["devnet"]
QUICK = Habits(confirmations=2, poll=0.02)


class Crash(Exception):
    """The process ends here."""


def crash_at(fatal, time_reached):
    left = time_reached

    def reached(point):
        nonlocal left
        left -= point is fatal
        if point is fatal and left == 0:
            raise Crash

    return reached


@pytest.fixture
def fresh():
    with serving(block_time=MINED_AT_ONCE) as running:
        yield running


def opened(net, folder, reached=lambda _: None):
    return Outbox(folder / "outbox.sqlite", net.chain(), rich_account(), QUICK, reached)


def quiet(_):
    pass


def test_deploy__new_chain__wires_everything(eager, tmp_path):
    chain, outbox = eager.chain(), opened(eager, tmp_path)
    deployment = deploy(outbox, chain, DEVNET, tmp_path, quiet)
    assert deployments.load(chain.chain_id, tmp_path) == deployment
    assert deployments.foreign(chain, deployment.addresses()) == []
    token = Token(chain, deployment.token)
    assert token.balance_of(outbox.account) == token.total_supply() == 10**27
    assert Staking(chain, deployment.staking).is_market(deployment.deals)
    assert not Staking(chain, deployment.staking).is_market("0x" + "00" * 20)


def test_deploy__again__changes_nothing(fresh, tmp_path):
    outbox = opened(fresh, tmp_path)
    first = deploy(outbox, fresh.chain(), DEVNET, tmp_path, quiet)
    nonce = fresh.chain().nonce(outbox.account)
    assert deploy(outbox, fresh.chain(), DEVNET, tmp_path, quiet) == first
    assert fresh.chain().nonce(outbox.account) == nonce


@pytest.mark.parametrize("contract", range(1, 6))
def test_deploy__killed_at_any_contract__goes_on_where_it_was(fresh, tmp_path, contract):
    chain = fresh.chain()
    with pytest.raises(Crash):
        deploy(opened(fresh, tmp_path, crash_at(Point.SENT, contract)), chain, DEVNET, tmp_path, quiet)
    deployment = deploy(opened(fresh, tmp_path), chain, DEVNET, tmp_path, quiet)
    assert Staking(chain, deployment.staking).is_market(deployment.deals)
    # at most Staking and StorageDeals are made twice: each must be the other's very neighbour
    assert chain.nonce(rich_account().address) <= 7


def test_deploy__something_between_staking_and_its_market__makes_staking_anew(fresh, tmp_path):
    chain, outbox = fresh.chain(), opened(fresh, tmp_path)
    whole = deploy(outbox, chain, DEVNET, tmp_path, quiet)
    unfinished = {name: at for name, at in whole.addresses().items() if name != "deals"}
    deployments.save(tmp_path, chain.chain_id, unfinished | {"block": 0})
    outbox.send(payment(SENDER.address), "between")
    again = deploy(outbox, chain, DEVNET, tmp_path, quiet)
    assert again.token == whole.token
    assert again.staking != whole.staking
    assert Staking(chain, again.staking).is_market(again.deals)


def test_deploy__file_of_an_earlier_chain__begins_anew(fresh, tmp_path):
    gone = {name: f"0x{number:040x}" for number, name in enumerate(deployments.CONTRACTS, 1)}
    deployments.save(tmp_path, 31337, gone | {"block": 0})
    deployment = deploy(opened(fresh, tmp_path), fresh.chain(), DEVNET, tmp_path, quiet)
    assert deployment.token not in gone.values()


def test_deploy__one_contract_is_another_release__is_refused(fresh, tmp_path):
    chain, outbox = fresh.chain(), opened(fresh, tmp_path)
    whole = deploy(outbox, chain, DEVNET, tmp_path, quiet)
    mixed = whole.addresses() | {"payments": whole.token, "block": 0}
    deployments.save(tmp_path, chain.chain_id, mixed)
    with pytest.raises(ConfigError, match="Payments isn't this release's contract"):
        deploy(outbox, chain, DEVNET, tmp_path, quiet)


def test_deploy__other_numbers_than_those_there__is_refused(fresh, tmp_path):
    chain, outbox = fresh.chain(), opened(fresh, tmp_path)
    deploy(outbox, chain, DEVNET, tmp_path, quiet)
    dearer = replace(DEVNET, delay=41, thaw=141, market=replace(DEVNET.market, fee=300))
    with pytest.raises(ConfigError, match="another delay; Staking has another thaw; StorageDeals has"):
        deploy(outbox, chain, dearer, tmp_path, quiet)


def test_deploy__impossible_numbers__costs_nothing(fresh, tmp_path):
    outbox = opened(fresh, tmp_path)
    with pytest.raises(UsageError, match="a thaw of at least"):
        deploy(outbox, fresh.chain(), replace(DEVNET, thaw=1), tmp_path, quiet)
    assert fresh.chain().nonce(outbox.account) == 0


def test_check_chain__own_numbers_and_hashes__pass(idle):
    idle.mine(12)
    check_chain(idle.chain(), SENDER.address)


@pytest.mark.parametrize("lie", ["number", "hash"])
def test_check_chain__contracts_see_others__is_refused(idle, lie):
    idle.mine(12)
    with pytest.raises(ChainError, match=r"don't see its own block numbers and hashes \(looked at block 5\)"):
        check_chain(StrangeChain(idle.chain(), lie), SENDER.address)


def ape(*arguments, **environment):
    """Run `ape run deploy`; Ape's own files stay out of the home folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("ape"), "run", "deploy", *arguments], cwd=PROJECT,
        capture_output=True, text=True, timeout=120, check=False, env=os.environ | environment,
    )  # fmt: skip


def test_ape_run_deploy__local_test_network__deploys(tmp_path):
    done = ape(
        "--network", "ethereum:local:test", "--folder", str(tmp_path / "out"), APE_DATA_FOLDER=str(tmp_path)
    )
    assert done.returncode == 0, done.stderr
    addresses = json.loads((tmp_path / "out" / "1337.json").read_text())
    assert set(addresses) == {*deployments.CONTRACTS, "chain_id", "block"}


def test_ape_run_deploy__http_node__deploys_once(fresh, tmp_path):
    arguments = ["--network", f"ethereum:local:{fresh.url}", "--folder", str(tmp_path / "out")]
    for _ in range(2):
        done = ape(*arguments, APE_DATA_FOLDER=str(tmp_path))
        assert done.returncode == 0, done.stderr
    deployment = deployments.load(31337, tmp_path / "out")
    assert deployments.foreign(fresh.chain(), deployment.addresses()) == []
    assert fresh.chain().nonce(rich_account().address) == 5


def test_ape_run_deploy__live_network__is_paid_by_an_ape_account(tmp_path):
    """Its passphrase comes from the environment, as Ape has it."""
    keyfile = tmp_path / "accounts" / "deployer.json"
    keyfile.parent.mkdir()
    keyfile.write_text(json.dumps(Account.encrypt(SENDER.key, "secret", "pbkdf2", 1_000)))
    with serving(777_777, block_time=MINED_AT_ONCE) as net:
        done = ape(
            "--network", net.url, "--yes", "--account", "deployer", "--preset", "devnet", "--folder",
            str(tmp_path / "out"), APE_DATA_FOLDER=str(tmp_path), APE_ACCOUNTS_deployer_PASSPHRASE="secret",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        chain = Chain([net.url], 777_777)
        deployment = deployments.load(777_777, tmp_path / "out")
        assert deployments.foreign(chain, deployment.addresses()) == []
        assert Token(chain, deployment.token).balance_of(SENDER.address) == 10**27
