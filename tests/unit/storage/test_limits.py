"""Warnings come before a limit is reached, and none where nothing is near."""

from dataclasses import replace

import pytest

from xmbl.chain.staking import Lock, Stake
from xmbl.storage.events import CapNear, CoverLow, LimitNear, MissesNear
from xmbl.storage.limits import Load, warnings
from xmbl.storage.rings import Ring

DEAL = b"\1" * 32
STAKE = Stake(own=100, delegated=50, locked=20, thawing=0, thaw_until=0, delegated_thawing=0, commission=0)
LOAD = Load(STAKE, Lock(100, 20, 0), 2, Ring(cap=100), [(DEAL, 0)], 10)


def test_warnings__far_from_every_limit__are_none():
    assert list(warnings(LOAD, 5)) == []


@pytest.mark.parametrize(
    ("load", "told"),
    [
        (replace(LOAD, lock=Lock(100, 90, 0)), LimitNear(90, 100)),
        (replace(LOAD, stake=replace(STAKE, locked=201)), CoverLow(201, 200)),
        (replace(LOAD, stake=replace(STAKE, locked=120, thawing=41)), CoverLow(120, 118)),
        (replace(LOAD, ring=Ring(0, 95, 0, 0, 5, 100)), CapNear(5, 100)),
        (replace(LOAD, misses=[(DEAL, 7)]), MissesNear(DEAL, 7, 10)),
        (replace(LOAD, misses=[(DEAL, 2)], limit=3), MissesNear(DEAL, 2, 3)),
    ],
)
def test_warnings__near_a_limit__name_it(load, told):
    assert list(warnings(load, 5)) == [told]


@pytest.mark.parametrize(
    "load",
    [
        replace(LOAD, lock=Lock(100, 89, 0)),
        replace(LOAD, stake=replace(STAKE, locked=200)),
        replace(LOAD, ring=Ring(0, 89, 0, 0, 5, 100)),
        replace(LOAD, misses=[(DEAL, 6)]),
        replace(LOAD, misses=[(DEAL, 1)], limit=3),
    ],
)
def test_warnings__just_before__are_none(load):
    assert list(warnings(load, 5)) == []


@pytest.mark.parametrize(
    "load",
    [
        replace(LOAD, lock=Lock(0, 0, 0), ring=Ring()),
        replace(LOAD, stake=replace(STAKE, thawing=100)),
    ],
)
def test_warnings__an_operator_that_takes_nothing_or_leaves__meant_it(load):
    assert list(warnings(load, 5)) == []
