"""Reader and holder killed at any point: nobody gives or pays more than a window for nothing."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context

import pytest

from tests.support.agent_world import Provider
from tests.support.paid_reads import COST, PLAIN, WINDOW_PRICE, Place, holder, reader, sealed_bytes
from xmbl.payments import client as payer_side
from xmbl.payments import till as payee_side
from xmbl.payments.book import Book

_PROCESSES = get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.support.paid_reads"])


@pytest.fixture
def place(provider: Provider) -> Iterator[Place]:
    """An operator of its own, whose files the other processes have."""
    deal = provider.open(sealed_bytes(), provider.period + 20)
    provider.die()
    yield Place.of(provider, deal)
    provider.start()


class Holding:
    """The holder's process."""

    def __init__(self, place: Place) -> None:
        ours, theirs = _PROCESSES.Pipe()
        self.process = _PROCESSES.Process(target=holder, args=(place, theirs))
        self.process.start()
        self.address: str = ours.recv()

    def kill(self) -> int | None:
        self.process.kill()
        self.process.join()
        return self.process.exitcode


def read_in_a_process(place: Place, address: str) -> int | None:
    """How that ended."""
    process = _PROCESSES.Process(target=reader, args=(place, address))
    process.start()
    process.join(60)
    return process.exitcode


def require_settled(place: Place) -> None:
    """All bytes are there, and both books say the same: what they cost, or a window more."""
    assert (place.folder / "back").read_bytes() == PLAIN
    mine, theirs = Book(place.folder / "reader.sqlite"), Book(place.folder / "holder.sqlite")
    (held,) = theirs.open()
    assert mine.promised(place.deal.terms.payee, place.deal.id()) == held.signed.voucher.cumulative
    assert COST <= held.signed.voucher.cumulative <= COST + WINDOW_PRICE
    mine.close()
    theirs.close()


@pytest.mark.parametrize("point", list(payer_side.Point))
def test_read__reader_killed_at_any_point__loses_a_window_at_most(
    place: Place, point: payer_side.Point
) -> None:
    holding = Holding(place)
    try:
        assert read_in_a_process(replace(place, dies=(point, 4)), holding.address) == -signal.SIGKILL
        assert read_in_a_process(place, holding.address) == 0
    finally:
        holding.kill()
    require_settled(place)


@pytest.mark.parametrize("point", list(payee_side.Point))
def test_read__holder_killed_at_any_point__gives_and_takes_a_window_at_most(
    place: Place, point: payee_side.Point
) -> None:
    dying = Holding(replace(place, dies=(point, 4)))
    assert read_in_a_process(place, dying.address) == 1
    assert dying.kill() == -signal.SIGKILL
    holding = Holding(place)
    try:
        assert read_in_a_process(place, holding.address) == 0
    finally:
        holding.kill()
    require_settled(place)
