"""Processes that pay, and are killed while they do: with the outbox, and without one."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from eth_utils import to_checksum_address

from tests.support.devnets import SENDER, payment
from xmbl.chain.client import Chain
from xmbl.chain.devnet import CHAIN_ID, rich_account
from xmbl.chain.outbox import Habits, Outbox, Point

QUICK = Habits(confirmations=2, poll=0.02)


def pay_from(url: str, file: str, number: int, receiver: str, payments: int) -> int:
    """Pay 1 wei several times from a rich account; how many receipts came."""
    outbox = Outbox(Path(file), Chain([url], CHAIN_ID), rich_account(number), QUICK)
    return len([outbox.send(payment(receiver), f"payment {job}") for job in range(payments)])


def killed_at(point: Point, time_reached: int) -> Callable[[Point], None]:
    """Kills this process, with SIGKILL, when `point` is reached for the n-th time."""
    left = time_reached

    def reached(now: Point) -> None:
        nonlocal left
        left -= now is point
        if now is point and left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return reached


def pay_with_outbox(url: str, file: str, receiver: str, jobs: int, death: tuple[Point, int] | None) -> None:
    """Do all jobs, each a payment of 1 wei, as often as this process has to be started for it."""
    reached = killed_at(*death) if death else lambda _: None
    outbox = Outbox(Path(file), Chain([url], CHAIN_ID), SENDER, QUICK, reached)
    for job in range(jobs):
        outbox.send(payment(receiver), f"payment {job}")


def replace_once(url: str, file: str, receiver: str, death: tuple[Point, int] | None) -> None:
    """Begin one payment unless it has begun; replace it at once where it waits."""
    reached = killed_at(*death) if death else lambda _: None
    impatient = replace(QUICK, stuck=0)
    outbox = Outbox(Path(file), Chain([url], CHAIN_ID), SENDER, impatient, reached)
    outbox.submit(payment(receiver), "payment")
    outbox.step()


def pay_naively(url: str, file: str, receiver: str, jobs: int, death: tuple[Point, int] | None) -> None:
    """The same without an outbox: send, wait for the receipt, then write down that the job is done."""
    reached = killed_at(*death) if death else lambda _: None
    chain, done = Chain([url], CHAIN_ID), Path(file)
    recorded = done.read_text().splitlines() if done.exists() else []
    for job in [str(job) for job in range(jobs) if str(job) not in recorded]:
        call = payment(receiver)
        head = chain.header()
        signed = SENDER.sign_transaction({
            "type": 2, "chainId": CHAIN_ID, "nonce": chain.nonce(SENDER.address, "pending"),
            "to": to_checksum_address(call.to), "value": call.value, "gas": 30_000,
            "maxFeePerGas": 3 * head.base_fee + chain.tip(), "maxPriorityFeePerGas": chain.tip(),
        })  # fmt: skip
        reached(Point.CHECKED)
        chain.broadcast(bytes(signed.raw_transaction))
        reached(Point.SENT)
        while chain.inclusion(bytes(signed.hash)) is None:
            time.sleep(QUICK.poll)
        reached(Point.SEEN)
        with done.open("a") as file_of_jobs:
            file_of_jobs.write(f"{job}\n")
        reached(Point.RECORDED)
