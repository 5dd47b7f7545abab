"""The agent in the states that clients and operators bring about: challenged, declared, prolonged, ended."""

import secrets

import pytest

from tests.support.agent_world import HABITS, PERIOD, Provider
from tests.support.fake_chain import ForgetfulChain
from xmbl.crypto.typed_data import Deal, Extension, sign_digest
from xmbl.storage import events
from xmbl.storage.journal import Phase
from xmbl.storage.proving import leaf_words

DATA = secrets.token_bytes(20_000)
LEAF = 7


def living(provider: Provider, periods: int = 8, block: int = 0) -> Deal:
    """A deal in that block of its first period."""
    first = provider.period + 1
    deal = provider.open(DATA, first + periods)
    provider.to_period(first, block)
    return deal


def challenge(provider: Provider, deal: Deal) -> None:
    provider.world.send(provider.client, provider.market.deals.challenge(deal, LEAF))


def is_asked(provider: Provider, deal: Deal) -> bool:
    return provider.market.deals.challenge_of(deal.id()).due > 0


def sent(provider: Provider) -> list[str]:
    return [receipt.action for receipt in provider.outbox.history()]


def test_step__a_challenge__is_answered_before_the_proof_and_before_it_is_final(provider: Provider) -> None:
    deal = living(provider, block=HABITS.confirmations + 1)
    challenge(provider, deal)
    provider.steps(3)
    assert sent(provider) == ["deal_answer", "deal_prove"]
    assert [event.leaf for event in provider.of(events.LeafAsked)] == [LEAF]
    assert [event.id for event in provider.of(events.LeafShown)] == [deal.id()]
    assert not is_asked(provider, deal)
    assert provider.agent.status.warnings == ()


def test_step__killed_between_the_answer_and_its_block__answers_once(provider: Provider) -> None:
    deal = living(provider)
    challenge(provider, deal)
    provider.agent.step()
    provider.die()
    provider.start()
    provider.steps(3)
    assert sent(provider).count("deal_answer") == 1
    assert not is_asked(provider, deal)


def test_step__an_answer_that_failed_on_chain__is_sent_again(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    deal = living(provider)
    challenge(provider, deal)
    chain, leaf = provider.market.chain, provider.holdings.leaf
    with monkeypatch.context() as wrong:
        # another leaf once, and nobody notices before it is mined
        wrong.setattr(provider.holdings, "leaf", lambda root, _: leaf(root, 0))
        wrong.setattr(chain, "simulate", lambda *_: b"")
        wrong.setattr(chain, "estimate", lambda *_: 300_000)
        provider.agent.step()
        provider.mine()
    provider.steps(3)
    answers = [each.status for each in provider.outbox.history() if each.action == "deal_answer"]
    assert answers == [0, 1]
    assert not is_asked(provider, deal)


def test_start__a_challenge_whose_event_a_lagging_node_hides__is_seen_by_the_deals_record(
    provider: Provider,
) -> None:
    deal = living(provider)
    provider.steps(2)
    provider.die()
    challenge(provider, deal)
    provider.start(chain=ForgetfulChain(provider.world.chain))
    provider.steps(2)
    assert not is_asked(provider, deal)
    assert len(provider.of(events.LeafShown)) == 1


def test_start__with_its_journal_lost__answers_what_was_asked_long_before(provider: Provider) -> None:
    deal = living(provider)
    challenge(provider, deal)
    provider.mine(2 * HABITS.confirmations)
    provider.die()
    for path in provider.folder.glob("journal.sqlite*"):
        path.unlink()
    provider.start()
    provider.steps(3)
    assert not is_asked(provider, deal)


def test_step__a_challenge_that_another_answered__is_answered_no_more(provider: Provider) -> None:
    deal = living(provider)
    provider.die()
    provider.start(ceiling=1)
    challenge(provider, deal)
    provider.steps(2)
    assert "ceiling" in provider.of(events.ActionDelayed)[0].reason
    assert [event["event"] for event in provider.agent.status.warnings] == ["LeafAsked", "ProofDelayed"]
    words = leaf_words(*provider.holdings.leaf(deal.root, LEAF))
    provider.world.send(provider.client, provider.market.deals.answer(deal, words))
    provider.steps(1)
    assert provider.journal.asked() == []
    assert provider.of(events.LeafShown) == []


def test_step__a_challenge_for_bytes_that_are_gone__says_so_and_loses_the_collateral(
    provider: Provider,
) -> None:
    deal = living(provider)
    provider.holdings.drop(deal.root)
    challenge(provider, deal)
    provider.steps(1)
    assert "isn't stored here" in provider.of(events.ActionDelayed)[0].reason
    provider.mine(provider.market.parameters.window + 1)
    provider.world.send(provider.client, provider.market.deals.fail(deal))
    provider.mine(HABITS.confirmations)
    provider.steps(1)
    assert [event.id for event in provider.of(events.ChallengeLost)] == [deal.id()]
    assert [event.slashed for event in provider.of(events.DealClosed)] == [deal.terms.collateral]
    assert provider.journal.asked() == []


def test_step__a_challenge_that_outlives_its_deal__keeps_the_bytes_until_it_is_answered(
    provider: Provider,
) -> None:
    deal = living(provider, periods=1)
    provider.steps(4)
    challenge(provider, deal)
    provider.die()
    provider.start(ceiling=1)
    provider.to_period(provider.period + 1, PERIOD // 2 + 1)
    provider.steps(2)
    assert provider.of(events.DealClosed) == []
    assert provider.holdings.has(deal.root)
    provider.die()
    provider.start()
    provider.steps(8)
    done = sent(provider)
    assert done.count("deal_answer") == 1
    assert done.index("deal_answer") < done.index("deal_settle")
    assert [event.slashed for event in provider.of(events.DealClosed)] == [0]
    assert not provider.holdings.has(deal.root)


def test_step__a_declared_period__is_neither_proven_nor_missed(provider: Provider) -> None:
    deal = living(provider, periods=3)
    first = provider.period
    provider.world.send(provider.cold, provider.market.deals.declare(provider.address, first + 1))
    for period in range(first, first + 4):
        provider.prove(period)
    assert provider.proven(first, first + 2) == [first, first + 2]
    assert provider.of(events.PeriodMissed) == []
    assert [event.period for event in provider.of(events.PeriodDeclared)] == [first + 1]
    assert provider.journal.period(first + 1).phase is Phase.DECLARED
    assert [event.slashed for event in provider.of(events.DealClosed)] == [0]
    assert provider.market.payments.balance_of(provider.address) == 2 * 5 * 10**12 * 98 // 100
    assert provider.of(events.DealClosed)[0].id == deal.id()


def test_step__an_extended_deal__is_proven_to_its_new_end(provider: Provider) -> None:
    deal = living(provider, periods=1)
    first = provider.period
    extension = Extension(deal.id(), first + 1, first + 3, provider.market.block_number() + PERIOD)
    signature = sign_digest(provider.signer, provider.market.digest(extension.hash()))
    call = provider.market.deals.extend(deal, extension.new_end, extension.deadline, signature)
    provider.world.send(provider.client, call)
    for period in range(first, first + 4):
        provider.prove(period)
    assert provider.proven(first, first + 3) == [first, first + 1, first + 2]
    assert [(event.end, event.by) for event in provider.of(events.EndMoved)] == [(first + 3, "")]
    assert len(provider.of(events.DealClosed)) == 1


def test_step__a_deal_that_its_client_ends__is_proven_for_the_notice_and_closed(provider: Provider) -> None:
    deal = living(provider, periods=9)
    first, notice = provider.period, deal.terms.client_notice
    provider.world.send(provider.client, provider.market.deals.terminate(deal))
    for period in range(first, first + notice + 2):
        provider.prove(period)
    assert provider.proven(first, first + notice) == list(range(first, first + notice + 1))
    assert [event.by for event in provider.of(events.EndMoved)] == [provider.client.address]
    assert [event.slashed for event in provider.of(events.DealClosed)] == [0]


def test_step__a_deal_near_its_limit_of_misses__is_warned_of_once_and_in_the_status(
    provider: Provider,
) -> None:
    deal = living(provider)
    provider.holdings.drop(deal.root)
    for period in range(provider.period + 1, provider.period + 3):
        provider.prove(period)
    assert [(event.id, event.missed) for event in provider.of(events.MissesNear)] == [(deal.id(), 2)]
    assert [each["event"] for each in provider.agent.status.warnings] == ["ProofDelayed", "MissesNear"]
