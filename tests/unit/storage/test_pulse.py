"""A chain stands still only when neither its head nor its clock goes on."""

import pytest

from xmbl.chain.client import Header
from xmbl.errors import RpcUnavailable
from xmbl.storage.pulse import Pulse


class Clocked:
    """A chain whose newest block has a time, and this machine's clock."""

    def __init__(self):
        self.now, self.mined, self.turned = 1_000.0, 1_000, 0

    def header(self, number):
        return Header(number, b"", b"", self.mined, 0)

    def turn_away(self):
        self.turned += 1


@pytest.fixture
def chain():
    return Clocked()


@pytest.fixture
def pulse(chain):
    found = Pulse(chain, 60, lambda: chain.now)
    found.feel(7)
    return found


def test_feel__the_same_old_head_for_too_long__is_trouble_and_turns_to_the_next(chain, pulse):
    chain.now += 61
    with pytest.raises(RpcUnavailable, match="stands still at block 7"):
        pulse.feel(7)
    assert chain.turned == 1


def test_feel__still_standing__gives_each_endpoint_its_time(chain, pulse):
    for seconds in (61, 30, 31):
        chain.now += seconds
        with pytest.raises(RpcUnavailable):
            pulse.feel(7)
    assert chain.turned == 2


def test_feel__the_head_moves__is_content(chain, pulse):
    chain.now += 61
    pulse.feel(8)
    assert chain.turned == 0


def test_feel__within_its_patience__is_content(chain, pulse):
    chain.now += 60
    pulse.feel(7)
    assert chain.turned == 0


def test_feel__a_head_that_is_young_by_this_clock__is_content(chain, pulse):
    chain.now, chain.mined = 1_100.0, 1_090
    pulse.feel(7)
    assert chain.turned == 0
