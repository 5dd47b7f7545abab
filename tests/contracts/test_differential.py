"""One batch of `scripts/differential.py`, and that it would see a difference of one wei."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from tests.support import differential
from tests.support.differential import GENESIS, MARKETS, Bench, Different
from tests.support.gas_world import anvil
from xmbl.payments import rules as payment_rules
from xmbl.storage import rules

pytestmark = pytest.mark.skipif(not shutil.which("anvil"), reason="needs anvil")


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One market on anvil."""
    with anvil(genesis=GENESIS) as node, closing(Bench(node, MARKETS[:1])) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A tenth of a batch."""
    monkeypatch.setattr(differential, "SPLITS", 20)
    monkeypatch.setattr(differential, "DEALS", 60)


def test_play__a_small_batch__agrees_to_the_wei(bench: Bench) -> None:
    splits, settlements = bench.play(1)
    assert splits == 100
    assert settlements > 20


def test_play__rules_that_are_a_wei_off__differ(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def one_off(self: rules.Parameters, price: int) -> int:
        return price * self.price_unit * self.fee // 10_000 + 1

    monkeypatch.setattr(rules.Parameters, "fee_of", one_off)
    with pytest.raises(Different, match="the rules say"):
        bench.play(2)


def test_play__a_split_that_forgets_its_phase__differs(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    distribute = payment_rules.distribute

    def forgetful(ledger: payment_rules.Ledger, split: payment_rules.Split) -> Any:
        name = payment_rules.split_account(split)
        account = replace(ledger.account(name), phase=0)
        return distribute(replace(ledger, accounts={**ledger.accounts, name: account}), split)

    monkeypatch.setattr(payment_rules, "distribute", forgetful)
    with pytest.raises(Different, match="account"):
        bench.play(3)
