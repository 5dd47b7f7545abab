"""The outbox against real nodes: once per key, whatever the chain does."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from shutil import which
from types import SimpleNamespace

import pytest
from eth_utils import to_checksum_address

from tests.support.devnets import (
    FILLER,
    GWEI,
    ON_DEMAND,
    SENDER,
    devnet,
    fill_blocks,
    fresh_address,
    payment,
    serving,
)
from xmbl.chain.call import Call, created_address
from xmbl.chain.devnet import rpc
from xmbl.chain.outbox import Habits, Outbox, Point
from xmbl.errors import ConfigError, FeeCeiling, InsufficientFunds, NotMined, Reverted, UsageError
from xmbl.units import WHOLE

QUICK = Habits(confirmations=3, stuck=2, poll=0.02, patience=20.0)
RECEIVER = fresh_address(10)

REVERTING = Call(None, bytes.fromhex("60206000fd"), "deploy_nothing", "Deploy what can't be.")

# SLOAD 0, JUMPI to REVERT; else SSTORE 1 at 0
_DOOR = bytes.fromhex("5f54600a5760015f55005b5f5ffd")
DOOR = Call(None, b"\x6d" + _DOOR + bytes.fromhex("5f52600e6012f3"), "deploy_door", "Deploy a door.")
"""A contract that lets in only the first who calls it."""


@pytest.fixture
def outbox(idle, tmp_path):
    opened = Outbox(tmp_path / "outbox.sqlite", idle.chain(), SENDER, QUICK)
    yield opened
    opened.close()


def waiting(outbox):
    return [job.key for job in outbox.unfinished() if job.inclusion is None]


def test_send__mined__has_a_receipt(eager, tmp_path):
    chain = eager.chain()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, QUICK)
    receipt = outbox.send(payment(RECEIVER, 5), "a")
    assert (receipt.key, receipt.action, receipt.status) == ("a", "test_payment", 1)
    assert (receipt.gas_used, receipt.created) == (21_000, None)
    assert receipt.block == chain.block_number()
    assert receipt.fee >= 21_000
    assert outbox.history() == [receipt]


def test_send__same_key__pays_once(idle, outbox):
    outbox.submit(payment(RECEIVER), "a")
    idle.mine()
    first = outbox.wait("a")
    assert outbox.send(payment(RECEIVER), "a") == first
    idle.mine()
    assert idle.chain().balance(RECEIVER) == 1


def test_submit__same_key_for_another_call__is_refused(outbox):
    outbox.submit(payment(RECEIVER), "a")
    with pytest.raises(UsageError, match="The key 'a' already stands for"):
        outbox.submit(payment(RECEIVER, 2), "a")


def test_submit__many__are_mined_in_order(idle, outbox):
    for number in range(10):
        outbox.submit(payment(RECEIVER), f"{number}")
    idle.mine()
    receipts = [outbox.wait(f"{number}") for number in range(10)]
    assert {receipt.block for receipt in receipts} == {1}
    assert [job.nonce for job in outbox.unfinished()] == list(range(10))


def test_send__many_threads__pay_each_once(eager, tmp_path):
    receiver = fresh_address(11)
    outbox = Outbox(tmp_path / "outbox.sqlite", eager.chain(), SENDER, QUICK)
    with ThreadPoolExecutor(8) as pool:
        sending = [pool.submit(outbox.send, payment(receiver), f"{number % 20}") for number in range(40)]
        hashes = {each.result().hash for each in sending}
    assert len(hashes) == eager.chain().balance(receiver) == 20


def test_send__creation__names_the_contract(eager, tmp_path):
    chain = eager.chain()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, QUICK)
    expected = created_address(SENDER.address, chain.nonce(SENDER.address))
    receipt = outbox.send(Call(None, bytes.fromhex("60aa60005360016000f3"), "deploy", "Deploy."), "a")
    assert receipt.created == expected
    assert chain.code(expected) == b"\xaa"


def test_submit__would_revert__stores_nothing_and_frees_the_key(outbox):
    with pytest.raises(Reverted, match=r"^Refused: Deploy what can't be\."):
        outbox.submit(REVERTING, "a")
    assert outbox.unfinished() == []
    outbox.submit(payment(RECEIVER), "a")


def test_submit__more_than_it_owns__names_amounts_and_remedy(outbox):
    with pytest.raises(
        InsufficientFunds, match=r"has 10,000 ether, but test_payment needs up to 10,001 ether"
    ) as e:
        outbox.submit(payment(RECEIVER, 10_001 * WHOLE), "a")
    assert "send it at least 1 ether" in str(e.value)
    assert outbox.unfinished() == []


def test_submit__gas_beside_the_value__counts(outbox):
    with pytest.raises(InsufficientFunds, match="send it at least"):
        outbox.submit(payment(RECEIVER, 10_000 * WHOLE - 1), "a")


def test_submit__promised_to_what_is_pending__counts(outbox):
    outbox.submit(payment(RECEIVER, 6_000 * WHOLE), "a")
    with pytest.raises(InsufficientFunds, match=r"beside 6,000\.\d+ ether for what is pending"):
        outbox.submit(payment(RECEIVER, 6_000 * WHOLE), "b")


def test_submit__dearer_than_the_ceiling__stores_nothing(idle, tmp_path):
    outbox = Outbox(tmp_path / "cheap.sqlite", idle.chain(), SENDER, replace(QUICK, ceiling=GWEI))
    with pytest.raises(FeeCeiling, match="above the ceiling of 1 gwei"):
        outbox.submit(payment(RECEIVER), "a")
    assert outbox.unfinished() == []


def test_wait__not_mined_in_time__stays_and_is_finished_later(idle, outbox):
    outbox.submit(payment(RECEIVER), "a")
    with pytest.raises(NotMined, match="Still pending: Pay 1 wei to"):
        outbox.wait("a", patience=0)
    idle.mine()
    assert outbox.wait("a").status == 1


def test_wait__unknown_key__is_a_key_error(outbox):
    with pytest.raises(KeyError):
        outbox.wait("never")


def test_wait__failed_on_chain__says_refused_and_keeps_the_key(idle, outbox):
    """Both calls look good on the state before the block; the second finds the door closed."""
    outbox.submit(DOOR, "door")
    idle.mine()
    door = outbox.wait("door").created
    knock = Call(door, b"", "knock", "Knock at the door.")
    for key in ("first", "second"):
        outbox.submit(knock, key)
    idle.mine()
    assert outbox.wait("first").status == 1
    for _ in range(2):
        with pytest.raises(Reverted, match=r"Refused: Knock at the door\."):
            outbox.wait("second")
    assert [receipt.status for receipt in outbox.history()] == [1, 1, 0]


def test_step__deep_enough__is_no_longer_watched(idle, outbox):
    outbox.submit(payment(RECEIVER), "a")
    idle.mine()
    outbox.step()
    idle.mine(QUICK.confirmations - 1)
    outbox.step()
    assert [job.key for job in outbox.unfinished()] == ["a"]
    idle.mine()
    outbox.step()
    assert outbox.unfinished() == []
    assert outbox.wait("a").status == 1


class Crash(Exception):
    """The process ends here."""


def crash_at(fatal):
    def reached(point):
        if point is fatal:
            raise Crash

    return reached


def test_resume__stored_but_never_sent__is_sent(idle, tmp_path):
    dying = Outbox(tmp_path / "outbox.sqlite", idle.chain(), SENDER, QUICK, crash_at(Point.STORED))
    with pytest.raises(Crash):
        dying.submit(payment(RECEIVER), "a")
    dying.close()
    outbox = Outbox(tmp_path / "outbox.sqlite", idle.chain(), SENDER, QUICK)
    idle.mine()
    assert idle.chain().balance(RECEIVER) == 0
    outbox.resume()
    idle.mine()
    assert outbox.send(payment(RECEIVER), "a").status == 1
    assert idle.chain().balance(RECEIVER) == 1


def test_step__blocks_grown_too_dear__replaces_and_watches_both_hashes(idle, outbox):
    chain = idle.chain()
    outbox.submit(payment(RECEIVER), "a")
    stuck = outbox.attempts("a")
    fill_blocks(idle, chain, FILLER, 12)
    assert chain.balance(RECEIVER) == 0
    outbox.step()
    replaced = outbox.attempts("a")
    assert replaced[:1] == stuck
    assert len(replaced) == 2
    assert replaced[1].fees.max_fee * 8 >= stuck[0].fees.max_fee * 9
    idle.mine()
    assert outbox.wait("a").hash == "0x" + replaced[1].hash.hex()
    assert chain.balance(RECEIVER) == 1


def test_step__replaced_transaction_is_mined_after_all__is_noticed(idle, tmp_path):
    """The replacement is stored, but the network never hears of it."""
    chain, impatient = idle.chain(), replace(QUICK, stuck=0)
    fatal = crash_at(Point.REPLACEMENT_STORED)
    dying = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, impatient, fatal)
    dying.submit(payment(RECEIVER), "a")
    with pytest.raises(Crash):
        dying.step()
    dying.close()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, impatient)
    first, second = outbox.attempts("a")
    idle.mine()
    assert outbox.wait("a").hash == "0x" + first.hash.hex()
    assert not chain.knows(second.hash)
    assert chain.balance(RECEIVER) == 1


def test_step__ceiling_reached__waits_instead(idle, tmp_path):
    outbox = Outbox(tmp_path / "cheap.sqlite", idle.chain(), SENDER, replace(QUICK, ceiling=4 * GWEI))
    outbox.submit(payment(RECEIVER), "a")
    fill_blocks(idle, idle.chain(), FILLER, 14)
    outbox.step()
    assert len(outbox.attempts("a")) == 1
    assert waiting(outbox) == ["a"]
    idle.mine(10)  # empty blocks: it is affordable again
    outbox.step()
    idle.mine()
    assert outbox.wait("a").status == 1


def test_step__nonce_used_by_another_wallet__takes_the_next_one(idle, outbox):
    """Two machines, one key: who replaces our transaction doesn't make us forget the job."""
    chain = idle.chain()
    outbox.submit(payment(RECEIVER), "a")
    theirs = SENDER.sign_transaction({
        "type": 2, "chainId": chain.chain_id, "nonce": 0, "to": to_checksum_address(fresh_address(12)),
        "value": 3, "gas": 21_000, "maxFeePerGas": 50 * GWEI, "maxPriorityFeePerGas": 20 * GWEI,
    })  # fmt: skip
    chain.broadcast(bytes(theirs.raw_transaction))
    idle.mine()
    outbox.step()
    assert [job.nonce for job in outbox.unfinished()] == [0]  # a reorg could still bring ours back
    idle.mine(QUICK.confirmations)
    outbox.step()
    assert [job.nonce for job in outbox.unfinished()] == [1]
    outbox.step()
    idle.mine()
    assert outbox.wait("a").status == 1
    assert chain.balance(RECEIVER) == 1


def test_step__another_wallet_gave_up_the_nonce_before__fills_the_gap(tmp_path):
    """On py-evm: anvil counts a transaction behind a gap as the account's next."""
    with serving() as net:
        chain = net.chain()
        theirs = SENDER.sign_transaction({
            "type": 2, "chainId": chain.chain_id, "nonce": 0, "to": SENDER.address, "value": 0,
            "gas": 21_000, "maxFeePerGas": 50 * GWEI, "maxPriorityFeePerGas": GWEI,
        })  # fmt: skip
        chain.broadcast(bytes(theirs.raw_transaction))
        outbox = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, QUICK)
        outbox.submit(payment(RECEIVER), "a")
        assert [job.nonce for job in outbox.unfinished()] == [1]
        rpc(net.url, "anvil_dropTransaction", "0x" + bytes(theirs.hash).hex())
        net.mine(QUICK.stuck - 1)
        outbox.step()
        assert [job.nonce for job in outbox.unfinished()] == [1]
        net.mine()
        outbox.step()
        assert [job.nonce for job in outbox.unfinished()] == [0, 1]
        outbox.step()
        net.mine()
        assert outbox.wait("a").status == 1
        assert chain.nonce(SENDER.address) == 2
        assert [receipt.action for receipt in outbox.history()] == ["nonce_fill", "test_payment"]


@pytest.mark.skipif(not which("anvil"), reason="only anvil can reorganise its chain")
@pytest.mark.parametrize("depth", [1, 3])
def test_step__reorg_drops_the_block__sends_it_again(tmp_path, depth):
    with devnet(tmp_path, "anvil", ON_DEMAND) as net:
        chain = net.chain()
        outbox = Outbox(tmp_path / "outbox.sqlite", chain, SENDER, QUICK)
        net.mine(5)
        outbox.submit(payment(RECEIVER), "a")
        net.mine()
        first = outbox.wait("a")
        net.mine(depth - 1)
        rpc(net.url, "anvil_reorg", depth, [])
        outbox.step()
        assert waiting(outbox) == ["a"]
        net.mine()
        again = outbox.wait("a")
        assert again.hash == first.hash
        assert chain.balance(RECEIVER) == 1
        net.mine(QUICK.confirmations)
        outbox.step()
        assert outbox.unfinished() == []


def test_outbox__chain_restarted_under_it__says_so(tmp_path):
    with serving() as net:
        Outbox(tmp_path / "outbox.sqlite", net.chain(), SENDER, QUICK).close()
    with serving() as net, pytest.raises(ConfigError, match="belongs to an earlier chain of the same id"):
        Outbox(tmp_path / "outbox.sqlite", net.chain(), SENDER, QUICK)


def test_wait__block_that_comes_late__is_asked_for_less_and_less_often(idle, tmp_path, monkeypatch):
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 10:
            idle.mine()

    clock = SimpleNamespace(sleep=sleep, monotonic=time.monotonic)
    monkeypatch.setattr("xmbl.chain.outbox.time", clock)
    outbox = Outbox(tmp_path / "patient.sqlite", idle.chain(), SENDER)
    outbox.send(payment(fresh_address(77)), "late")
    outbox.close()
    assert (pauses[0], pauses[-1], pauses) == (0.05, 1.0, sorted(pauses))
