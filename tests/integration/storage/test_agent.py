"""The agent proves every period, whatever stands in its way, and a kill changes nothing."""

import errno
import secrets
import signal
import sqlite3
from dataclasses import replace

import pytest
import trio

from tests.support.agent_world import HABITS, Provider
from tests.support.storage_world import World
from xmbl.chain.client import Chain
from xmbl.errors import RpcUnavailable
from xmbl.storage import events
from xmbl.storage.journal import Phase

DATA = secrets.token_bytes(20_000)


def test_step__no_deals__proves_nothing(provider: Provider) -> None:
    provider.prove(provider.period + 1)
    assert provider.journal.period(provider.period).phase is Phase.EMPTY
    assert provider.outbox.history() == []


def test_step__an_open_deal__is_proven_in_each_period_and_paid_at_its_end(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 3)
    for period in range(first, first + 4):
        provider.prove(period)
    provider.steps()
    assert provider.proven(first, first + 3) == [first, first + 1, first + 2]
    assert [event.id for event in provider.of(events.DealClosed)] == [deal.id()]
    income = 3 * 5 * 10**12 * 98 // 100
    assert provider.market.payments.balance_of(provider.address) == income


def test_step__before_the_confirmations__waits(provider: Provider) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 3)
    provider.to_period(first, block=HABITS.confirmations - 1)
    provider.agent.step()
    assert provider.journal.period(first).phase is Phase.WAITING
    provider.mine()
    provider.agent.step()
    assert provider.journal.period(first).phase in (Phase.PROVING, Phase.PROVEN)


def test_step__several_deals__are_proven_by_one_transaction(provider: Provider) -> None:
    first = provider.period + 1
    for price in (1, 50, 7, 3):
        provider.open(secrets.token_bytes(5_000 * price), first + 2, price)
    provider.prove(first)
    assert [receipt.action for receipt in provider.outbox.history()] == ["deal_prove"]
    assert provider.proven(first, first) == [first]


def test_step__killed_after_the_note_and_before_the_outbox__proves_after_the_restart(
    provider: Provider,
) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    provider.to_period(first)
    provider.agent.step()
    provider.mine(2)
    provider.journal.note(first + 1, Phase.PROVING, 0)
    provider.die()
    provider.start()
    provider.prove(first + 1)
    assert provider.proven(first, first + 1) == [first, first + 1]


def test_step__killed_with_the_proof_in_flight__sends_it_once(provider: Provider, world: World) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    provider.to_period(first)
    provider.agent.step()
    provider.die()
    provider.start()
    provider.steps()
    key = f"prove:{provider.market.deals.address}:{provider.address}:{first}:0"
    assert [receipt.key for receipt in provider.outbox.history()] == [key]
    assert provider.journal.period(first).phase is Phase.PROVEN


def test_step__somebody_else_proved_the_period__is_content(provider: Provider, world: World) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    provider.to_period(first)
    provider.agent.step()
    # the same proof stands on chain; this agent has lost all memory of sending it
    provider.journal.note(first, Phase.WAITING, 0)
    provider.mine()
    provider.agent.step()
    assert provider.journal.period(first).phase is Phase.PROVEN
    assert len(provider.outbox.history()) == 1


def test_step__bytes_are_gone__says_so_and_misses_the_period(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 3)
    provider.to_period(first)
    provider.holdings.drop(deal.root)
    provider.steps()
    provider.prove(first + 1)
    delayed = provider.of(events.ProofDelayed)
    assert {event.period for event in delayed} == {first, first + 1}
    assert "isn't stored here" in delayed[0].reason
    assert [event.period for event in provider.of(events.PeriodMissed)] == [first]
    assert provider.of(events.AuditFailed)[0].id == deal.id()


def test_step__the_chain_is_silent_for_a_while__goes_on_in_the_same_period(
    provider: Provider, world: World
) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    provider.die()
    provider.start(chain=Chain([world.devnet.url], world.chain.chain_id, timeout=0.5, patience=0))
    provider.to_period(first)
    world.devnet.process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises(RpcUnavailable):
            provider.agent.step()
    finally:
        world.devnet.process.send_signal(signal.SIGCONT)
    provider.steps()
    assert provider.proven(first, first) == [first]


def looks(provider: Provider, count: int, after_step=None) -> None:
    """Let the agent run for so many looks."""

    async def story() -> None:
        with trio.fail_after(20), trio.CancelScope() as scope:
            left = iter(range(count - 1))

            async def after() -> None:
                if after_step:
                    after_step()
                if next(left, None) is None:
                    # what is told of this look is told before the cancellation is noticed
                    scope.cancel()

            await provider.agent.run(after)

    trio.run(story)


def test_run__a_chain_that_stands_still__is_trouble_and_told_once(provider: Provider) -> None:
    provider.die()
    provider.start(replace(HABITS, still=-(10**9)))
    looks(provider, 3)
    assert "stands still" in provider.agent.status.trouble
    assert len(provider.of(events.Trouble)) == 1


def test_run__a_broken_disk_or_journal__is_trouble_and_then_recovers(provider: Provider) -> None:
    failures = iter([OSError(errno.ENOSPC, "no space left"), sqlite3.OperationalError("disk is full")])

    def after_step() -> None:
        if failure := next(failures, None):
            raise failure

    looks(provider, 4, after_step)
    assert [event.reason for event in provider.of(events.Trouble)] == [
        "[Errno 28] no space left",
        "disk is full",
    ]
    assert len(provider.of(events.Recovered)) == 1


def test_step__a_folder_in_place_of_a_file__delays_the_proof_and_says_so(provider: Provider) -> None:
    first = provider.period + 1
    deal = provider.open(DATA, first + 3)
    provider.holdings.drop(deal.root)
    (provider.folder / "store" / deal.root.hex()).mkdir()
    provider.to_period(first)
    looks(provider, 2)
    assert "can't be read" in provider.of(events.ProofDelayed)[0].reason
    assert "can't be read" in provider.of(events.AuditFailed)[0].reason


def test_step__gas_above_the_ceiling__waits_and_says_why(provider: Provider) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    provider.die()
    provider.start(ceiling=1)
    provider.prove(first)
    assert provider.proven(first, first) == []
    assert "ceiling" in provider.of(events.ProofDelayed)[0].reason
    provider.die()
    provider.start()
    provider.steps()
    assert provider.proven(first, first) == [first]


def test_step__an_account_without_ether__waits_and_says_what_it_needs(
    provider: Provider, world: World
) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    world.drain(provider.signer)
    provider.prove(first)
    assert provider.signer.address in provider.of(events.ProofDelayed)[0].reason
    [warning] = provider.agent.status.warnings
    assert (warning["event"], provider.signer.address in warning["reason"]) == ("ProofDelayed", True)
    world.give(provider.signer, 0)
    provider.steps()
    assert provider.proven(first, first) == [first]
    assert provider.agent.status.warnings == ()


def test_step__a_low_balance__is_told_with_each_proof(provider: Provider, world: World) -> None:
    first = provider.period + 1
    provider.open(DATA, first + 2)
    world.drain(provider.signer, leave=300_000 * 2 * (world.chain.header().base_fee + 10**9))
    provider.prove(first)
    told = provider.of(events.LowBalance)
    assert [event.account for event in told] == [provider.signer.address]
    assert told[0].proofs < events.LOW_PROOFS
    assert [each["event"] for each in provider.agent.status.warnings] == ["LowBalance"]
    world.give(provider.signer, 0)
    provider.steps()
    assert provider.agent.status.warnings == ()
