"""The random machines find a contract of which one rule is broken: each entry is a broken copy, and who has
to find it.

A few are tried in each run, all of them with `XMBL_PROFILE=long`. The machine plays in a fork, on the very
contracts that it deployed, whose code is swapped for the broken one's.
"""

import os
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import boa
import pytest
from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support.boa_world import CONTRACTS
from tests.support.forks import Died, in_forks
from tests.support.overlay import compiled, imports, overlaid, sources

MACHINES = {"P": "Payments", "S": "Staking", "D": "Deals", "N1": "Registry", "N2": "Deals"}
"""Who finds it, by how a rule's number begins."""


@dataclass(frozen=True)
class Broken:
    """A rule, by its number in `contracts/README.md`, and the one place of a file where it is broken."""

    rule: str
    file: str
    old: str
    new: str

    @property
    def machine(self) -> str:
        """Who has to find it."""
        return next(machine for rules, machine in MACHINES.items() if self.rule.startswith(rules))

    def text(self) -> str:
        """The broken file."""
        text = (CONTRACTS / self.file).read_text()
        assert text.count(self.old) == 1, f"{self.file} has another text than {self.old!r}: mend this entry"
        return text.replace(self.old, self.new)


BROKEN = [
    Broken(
        "P1", "Payments.vy",
        "ledger._debit(msg.sender, amount)\n    before: uint256 = self._holding()",
        "before: uint256 = self._holding()",
    ),
    Broken("P2", "modules/lanes.vy", "self._lanes[payer][payee] = unsafe_sub(line, held)", "pass"),
    Broken("P3", "Payments.vy", "self.burnt = unsafe_add(self.burnt, amount)", "self.burnt = amount"),
    Broken(
        "P4", "modules/vouchers.vy",
        "self._redeemed[key] = unsafe_add(before, paid)", "self._redeemed[key] = paid",
    ),
    Broken(
        "P5", "modules/ledger.vy",
        "unsafe_sub(word, word >> _RESERVED_AT) & _BALANCE, \"payments: balance\"\n    # the lowest",
        "word & _BALANCE, \"payments: balance\"\n    # the lowest",
    ),
    Broken("P6", "Payments.vy", "rest, total % split_shares._WHOLE)", "rest, 0)"),
    Broken("P7", "Payments.vy", 'assert amount <= allowed, "payments: allowance"', "pass"),
    Broken("P8", "modules/approvals.vy", "self.nonces[owner] = unsafe_add(nonce, 1)", "pass"),
    Broken("S1", "modules/collateral.vy", "self._owed[account] = 0", "pass"),
    Broken(
        "S2", "modules/collateral.vy",
        "min(slashed, stake.own - (stake.locked + leverage - 1) // leverage)", "min(slashed, stake.own)",
    ),
    Broken(
        "S3", "modules/delegations.vy",
        "self._pools[operator] = unsafe_sub(pool, shares << _THAWING_AT)", "pass",
    ),
    Broken(
        "S4", "modules/delegations.vy",
        "return unsafe_mul(shares, pool & _PRICE) >> 63", "return shares",
    ),
    Broken(
        "S5", "modules/delegations.vy",
        "self._pools[operator] = unsafe_add(pool, shares << _THAWING_AT)",
        "self._pools[operator] = unsafe_add(pool, shares)",
    ),
    Broken("S6", "modules/stakes.vy", "stake.own -= units", "pass"),
    Broken("S7", "modules/collateral.vy", "own // 2 if", "own if"),
    Broken(
        "S8", "modules/collateral.vy",
        "unsafe_sub(stake & _MOST, (stake >> 180) & _MOST)", "stake & _MOST",
    ),
    Broken("S9", "modules/thaws.vy", "block.number + thaw_blocks", "block.number + 2 * thaw_blocks"),
    Broken(
        "S10", "modules/fee_index.vy",
        "return unsafe_sub(fees >> _INDEX_AT, gap) & _INDEX", "return paid",
    ),
    Broken("D1", "StorageDeals.vy", "records._end(old) - end)", "records._end(old) - end + 1)"),
    Broken("D2", "modules/escrow.vy", "refund: uint256 = price * refunded", "refund: uint256 = price * paid"),
    Broken(
        "D3", "modules/escrow.vy",
        "unlocked: uint256 = terms.collateral - penalty",
        "unlocked: uint256 = (terms.collateral - penalty) // 2",
    ),
    Broken(
        "D4", "StorageDeals.vy",
        "lock(deal.operator, terms.collateral,", "lock(deal.operator, terms.collateral - 1,",
    ),
    Broken(
        "D5", "modules/settlements.vy",
        "records._settled(old, 0 if closed else upto, end, missed)",
        "records._settled(old, 0 if closed else upto, end, records._missed(old))",
    ),
    Broken(
        "D6", "modules/escrow.vy", "numbers._fee(price) * paid", "numbers._fee(price) * (paid + refunded)",
    ),
    Broken("D7", "StorageDeals.vy", "head += records._price(word)", "pass"),
    Broken("D8", "modules/rings.vy", "(self._frozen(word, period) << _FROZEN_AT)", "(bounds << _FROZEN_AT)"),
    Broken(
        "D9", "modules/attendance.vy",
        'assert word & (bit << _DECLARED_AT) == 0, "deals: declared"', "pass",
    ),
    Broken("D10", "StorageDeals.vy", 'assert end < records._end(old), "deals: sooner"', "pass"),
    Broken("D10", "modules/lifetime.vy", "return records._end(word) > period\n", "return True\n"),
    Broken(
        "D11", "modules/settlements.vy",
        "not challenges._is_open(id)", "(ended or not challenges._is_open(id))",
    ),
    Broken(
        "D12", "modules/challenges.vy",
        'assert block.number > word >> _DUE_AT, "deals: early"',
        'assert block.number > (word >> _DUE_AT) + 10**6, "deals: early"',
    ),
    Broken("D13", "StorageDeals.vy", 'assert records.words[id] == 0, "deals: opened"', "pass"),
    Broken(
        "D14", "modules/attendance.vy",
        'assert bitmap._count(run) <= _MAX_DECLARED, "deals: maintenance"', "pass",
    ),
    Broken("D15", "modules/escrow.vy", "numbers._fee(price) * paid", "numbers._fee(price) * min(paid, 1)"),
    Broken("N1", "NodeRegistry.vy", "self._nodes[msg.sender] = ", "self._nodes[agent] = "),
    Broken(
        "N1", "NodeRegistry.vy",
        "self._require_known(msg.sender)\n    self._require_agent(agent)", "self._require_known(msg.sender)",
    ),
    Broken(
        "N1", "NodeRegistry.vy",
        "self._nodes[operator].multiaddrs = multiaddrs", "self._nodes[operator].payee = msg.sender",
    ),
    Broken(
        "N1", "NodeRegistry.vy",
        'msg.sender == operator or msg.sender == self._nodes[operator].agent, "registry: sender"', "True",
    ),
    Broken(
        "N2", "modules/rings.vy",
        'assert cap != 0 and unsafe_sub(head, tail) <= unsafe_add(span, cap), "deals: cap"', "pass",
    ),
]  # fmt: skip

QUICK = {"P6", "S7", "D4", "N1"}
TRIED = (
    BROKEN if os.environ.get("XMBL_PROFILE") == "long" else [each for each in BROKEN if each.rule in QUICK]
)


def _swap(broken: Broken) -> None:
    """Give all that is deployed the broken code."""
    texts, name = sources(CONTRACTS.parent), f"contracts/{broken.file}"
    texts[name] = broken.text()
    with overlaid(CONTRACTS / broken.file, broken.text()):
        for path in {path for path in texts if path == name or name in imports(texts, path)}:
            if deployed := [each for each in _deployed() if each.filename.endswith(f"/{path}")]:
                deployer = compiled(CONTRACTS.parent / path, texts[path])
                for contract in deployed:
                    _become(contract, deployer)


def _deployed() -> list[Any]:
    """What still stands: boa also remembers what tests deployed that are over."""
    known = [each for each in [*boa.env._contracts.values()] if hasattr(each, "compiler_data")]
    return [each for each in known if boa.env.get_code(each.address)]


def _become(contract: Any, deployer: Any) -> None:
    """One contract: its code at its address, with its immutables, and what boa knows of it."""
    immutables = deployer.compiler_data.global_ctx.immutable_section_bytes
    code = boa.env.get_code(contract.address)
    kept = code[len(code) - immutables :]
    boa.env.set_code(contract.address, deployer.compiler_data.bytecode_runtime + kept)
    fresh = deployer.at(contract.address)
    vars(contract).clear()
    vars(contract).update(vars(fresh))


def _play(broken: Broken) -> str:
    """What the machine finds, or nothing."""
    _swap(broken)
    module = import_module(f"tests.stateful.test_{broken.machine.lower()}_machine")
    patience = settings(settings.get_profile("mutants"), max_examples=200)
    try:
        run_state_machine_as_test(getattr(module, f"{broken.machine}Machine"), settings=patience)
    except Exception as found:  # noqa: BLE001 - whatever it is, it is found
        return f"{type(found).__name__}: {found}"[:300]
    return ""


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.rule)
def test_broken_rule__its_place__is_in_the_contracts(broken: Broken) -> None:
    assert broken.text()


@pytest.fixture(scope="module")
def found() -> dict[Broken, Any]:
    """What each machine found."""
    for broken in TRIED:  # what the forks share
        import_module(f"tests.stateful.test_{broken.machine.lower()}_machine")
    return dict(in_forks(TRIED, _play, workers=1, seconds=lambda _: 600))


@pytest.mark.parametrize("broken", TRIED, ids=lambda broken: broken.rule)
def test_broken_rule__a_machine__finds_it(broken: Broken, found: dict[Broken, Any]) -> None:
    assert not isinstance(found[broken], Died), found[broken]
    assert found[broken]
