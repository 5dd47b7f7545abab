"""kill -9 between any two effects never pays twice; beside it a twin without an outbox, which does.

`XMBL_PROFILE=long uv run pytest tests/integration/chain/test_outbox_kills.py` kills a thousand times.
"""

import os
import signal
from multiprocessing import get_context
from random import Random

import pytest

from tests.support.devnets import SENDER, fresh_address
from tests.support.payer import pay_naively, pay_with_outbox, replace_once
from xmbl.chain.outbox import Point

SENDING = [Point.CHECKED, Point.STORED, Point.SENT, Point.SEEN, Point.RECORDED]
KILLS = 1_000 if os.environ.get("XMBL_PROFILE") == "long" else 10
JOBS = 3

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.payer", "web3", "eth_account"])


def run(work, *arguments) -> int:
    """Do `work` in a process of its own; how that ended."""
    process = _PROCESSES.Process(target=work, args=arguments)
    process.start()
    process.join()
    return process.exitcode


def pay_through_deaths(work, url, file, receiver, deaths) -> int:
    """Start `work` again after each death, at last without one; how often it really died."""
    ends = [run(work, url, str(file), receiver, JOBS, death) for death in deaths]
    assert run(work, url, str(file), receiver, JOBS, None) == 0
    return ends.count(-signal.SIGKILL)


@pytest.mark.parametrize("point", SENDING)
def test_outbox__killed_at_a_failpoint__pays_each_job_once(eager, tmp_path, point):
    receiver = fresh_address(100 + point.value)
    before = eager.chain().balance(receiver)
    died = pay_through_deaths(
        pay_with_outbox, eager.url, tmp_path / "outbox.sqlite", receiver, [(point, 2), (point, 1)]
    )
    assert died >= 1
    assert eager.chain().balance(receiver) - before == JOBS


@pytest.mark.parametrize(("point", "surplus"), [(Point.CHECKED, 0), (Point.SENT, 2), (Point.SEEN, 2)])
def test_naive_twin__killed_at_the_same_failpoints__pays_twice(eager, tmp_path, point, surplus):
    receiver = fresh_address(200 + point.value)
    before = eager.chain().balance(receiver)
    died = pay_through_deaths(pay_naively, eager.url, tmp_path / "done", receiver, [(point, 2), (point, 1)])
    assert died == 2
    assert eager.chain().balance(receiver) - before == JOBS + surplus


@pytest.mark.parametrize("point", [Point.REPLACEMENT_STORED, Point.REPLACEMENT_SENT])
def test_outbox__killed_while_replacing__pays_once(idle, tmp_path, point):
    chain, file, receiver = idle.chain(), tmp_path / "outbox.sqlite", fresh_address(300)
    assert run(replace_once, idle.url, str(file), receiver, (point, 1)) == -signal.SIGKILL
    assert run(replace_once, idle.url, str(file), receiver, (point, 1)) == -signal.SIGKILL
    idle.mine()
    assert run(replace_once, idle.url, str(file), receiver, None) == 0
    idle.mine()
    assert chain.balance(receiver) == 1
    assert chain.nonce(SENDER.address) == 1


def test_outbox__killed_again_and_again__pays_each_job_once(eager, tmp_path):
    random, survived, rounds = Random(7), 0, 0
    while survived < KILLS:
        rounds += 1
        receiver, file = fresh_address(400 + rounds), tmp_path / f"{rounds}.sqlite"
        deaths = [(random.choice(SENDING), random.randint(1, 2)) for _ in range(4)]
        survived += pay_through_deaths(pay_with_outbox, eager.url, file, receiver, deaths)
        assert eager.chain().balance(receiver) == JOBS
