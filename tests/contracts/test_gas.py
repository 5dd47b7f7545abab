"""The committed gas figures are those of the contracts as they are, and within the limits of the design.

Here on py-evm; the receipts of both chains agree. `scripts/gas_report.py --write` renews the figures.
"""

import json
from collections.abc import Callable

import pytest

from scripts.gas_report import LIMITS, SNAPSHOT, above
from tests.support.gas_plays import QUICK, Play
from tests.support.gas_world import embedded

TOLERANCE = 200
"""Gas by which an action may differ: addresses and salts have more or fewer zero bytes."""

ALWAYS = {
    *("transfer", "deposit", "withdraw", "stake_add", "deal_open", "deal_open_first"),
    *("prove_small", "prove_1000", "prove_8gib", "settle_3", "settle_300", "settle_close"),
    *("challenge", "answer", "fail", "extend", "terminate", "maintain"),
    *("split_2", "split_10", "split_100"),
}
"""What the report has to tell."""


@pytest.fixture(scope="module")
def snapshot() -> dict[str, int]:
    return json.loads(SNAPSHOT.read_text())


def test_snapshot__all_actions__are_within_their_limits(snapshot: dict[str, int]) -> None:
    assert {*LIMITS, *ALWAYS} <= {*snapshot}
    assert above(snapshot) == []


@pytest.mark.parametrize("play", QUICK, ids=lambda play: play.__name__)
def test_snapshot__quick_plays_again__cost_the_same(
    play: Play, snapshot: dict[str, int], record_property: Callable[[str, object], None]
) -> None:
    with embedded() as node:
        for action, gas in play(node):
            record_property(action, gas)
            assert gas == pytest.approx(snapshot[action], abs=TOLERANCE), action
