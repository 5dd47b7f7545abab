"""`prove`: five leaves that the period's first block draws, or nothing."""

from collections.abc import Iterator
from dataclasses import replace

import boa
import pytest

from tests.support.boa_world import block, events, mine
from tests.support.deals_world import (
    HISTORY,
    PARAMETERS,
    Proof,
    SmallTree,
    UniformTree,
    World,
    deploy_world,
    hash_of,
    history,
)
from xmbl.crypto.typed_data import Deal
from xmbl.storage import drawing


@pytest.fixture
def deals(world: World, client: str, provider: str) -> list[Deal]:
    """Six deals of different sizes and prices, in the ring since the present period."""
    opened = [
        world.open(client, provider, SmallTree(leaves), price=100 * leaves) for leaves in (1, 2, 3, 5, 8, 13)
    ]
    world.next_period()
    return opened


def refused(world: World, proof: Proof, reason: str) -> None:
    with boa.reverts(reason):
        world.deals.prove(*proof.arguments())


@pytest.mark.usefixtures("deals")
def test_prove__five_leaves__sets_the_bit_of_the_period_and_logs(world: World, provider: str) -> None:
    world.prove(provider)
    assert events(world.deals) == [("Proven", provider, world.period())]
    assert world.proven(provider) == {world.period()}


@pytest.mark.usefixtures("deals")
def test_prove__by_a_stranger__counts_for_the_operator(world: World, provider: str, stranger: str) -> None:
    world.prove(provider, sender=stranger)
    assert world.proven(provider) == {world.period()}
    assert world.proven(stranger) == set()


@pytest.mark.usefixtures("deals")
def test_prove__in_the_last_block_of_the_period__counts(world: World, provider: str) -> None:
    mine((world.period() + 1) * PARAMETERS.period - 1 - block())
    world.prove(provider)
    assert world.proven(provider) == {world.period()}


@pytest.mark.parametrize("leaves", [1, 2, 3, 4, 7, 9, 33])
def test_prove__trees_of_any_shape__counts(world: World, client: str, provider: str, leaves: int) -> None:
    world.open(client, provider, SmallTree(leaves))
    world.next_period()
    world.prove(provider)
    assert world.proven(provider) == {world.period()}


def test_prove__the_largest_deal__counts(world: World, client: str, provider: str) -> None:
    world.open(client, provider, UniformTree(25))
    world.next_period()
    assert len(world.proof(provider).words) == 2 + 5 * (8 + 25)
    world.prove(provider)


@pytest.mark.usefixtures("deals")
def test_prove__over_many_periods__fills_the_bitmap_across_words(world: World, provider: str) -> None:
    world.next_period(2)
    world.prove(provider)
    first = world.period()
    world.next_period(256 - (first & 255) - 1)
    world.next_period()
    assert world.period() & 255 == 0
    assert world.deals.proven(provider, first >> 8) == 1 << (first & 255)
    assert world.deals.proven(provider, world.period() >> 8) == 0


@pytest.mark.usefixtures("deals")
def test_prove__twice_in_a_period__reverts(world: World, provider: str) -> None:
    world.prove(provider)
    refused(world, world.proof(provider), "deals: proven")


@pytest.mark.usefixtures("deals")
def test_prove__a_declared_period__reverts(world: World, provider: str) -> None:
    world.declare(provider, world.period() + 1)
    world.prove(provider)
    world.next_period()
    refused(world, world.proof(provider), "deals: declared")
    world.next_period()
    world.prove(provider)


def test_prove__no_deal_in_the_ring__reverts(world: World, provider: str) -> None:
    refused(world, Proof(provider, 1, [], []), "deals: empty")


def test_prove__deal_of_this_period_only__reverts(world: World, client: str, provider: str) -> None:
    world.open(client, provider)
    refused(world, Proof(provider, 1, [], []), "deals: empty")


@pytest.mark.usefixtures("deals")
def test_prove__in_the_block_of_the_seed__reverts(world: World, provider: str) -> None:
    world.next_period(offset=0)
    refused(world, world.proof(provider), "deals: seed")


@pytest.mark.usefixtures("deals")
def test_prove__a_period_later__reverts(world: World, provider: str) -> None:
    proof = world.proof(provider)
    world.next_period()
    with boa.reverts():
        world.deals.prove(*proof.arguments())
    assert world.proven(provider) == set()


@pytest.mark.usefixtures("deals")
def test_prove__for_another_operator__reverts(world: World, client: str, provider: str) -> None:
    other = world.operator("second provider")
    world.open(client, other)
    world.next_period()
    refused(world, replace(world.proof(provider), operator=other), "deals: position")


@pytest.mark.usefixtures("deals")
def test_prove__no_deal_named__reverts(world: World, provider: str) -> None:
    proof = world.proof(provider)
    refused(world, replace(proof, plan=proof.plan & ~1, words=proof.words[2:]), "deals: position")


def test_prove__unknown_deal_named__reverts(world: World, client: str, provider: str) -> None:
    world.open(client, provider)
    world.next_period()
    words = [bytes(32), *world.proof(provider).words[1:]]
    refused(world, Proof(provider, 1, words, []), "deals: position")


def test_prove__another_deal_than_drawn__reverts(world: World, deals: list[Deal], provider: str) -> None:
    proof = world.proof(provider)
    drawn = world.placed(provider)[proof.steps[0].place][1]
    other = next(deal for deal in deals if deal != drawn)
    words = [other.root, other.terms.hash(), *proof.words[2:]]
    refused(world, replace(proof, words=words), "deals: position")


def test_prove__first_position_of_the_neighbour__is_not_the_deals(
    world: World, client: str, provider: str
) -> None:
    deals = [world.open(client, provider, SmallTree(1), price=1) for _ in range(2)]
    world.next_period()
    while world.proof(provider).steps[0].place != 1:
        world.prove(provider)
        world.next_period()
    words = [deals[0].root, deals[0].terms.hash(), *world.proof(provider).words[2:]]
    refused(world, replace(world.proof(provider), words=words), "deals: position")


@pytest.mark.usefixtures("deals")
def test_prove__draw_in_another_deal_not_named__reverts(world: World, provider: str) -> None:
    proof = world.proof(provider)
    second = next(number for number, step in enumerate(proof.steps) if number and step.named)
    refused(world, replace(proof, plan=proof.plan & ~(1 << second)), "deals: position")


@pytest.mark.usefixtures("deals")
@pytest.mark.parametrize("word", range(2, 10))
def test_prove__a_changed_leaf__reverts(world: World, provider: str, word: int) -> None:
    proof = world.proof(provider)
    words = [*proof.words]
    words[word] = bytes(32)
    refused(world, replace(proof, words=words), "deals: root")


def test_prove__a_changed_path__reverts(world: World, client: str, provider: str) -> None:
    world.open(client, provider)
    world.next_period()
    proof = world.proof(provider)
    refused(world, replace(proof, words=[*proof.words[:10], bytes(32), *proof.words[11:]]), "deals: root")


@pytest.mark.usefixtures("deals")
def test_prove__a_word_too_many__reverts(world: World, provider: str) -> None:
    proof = world.proof(provider)
    refused(world, replace(proof, words=[*proof.words, bytes(32)]), "deals: words")


@pytest.mark.usefixtures("deals")
def test_prove__a_word_too_few__reverts(world: World, provider: str) -> None:
    proof = world.proof(provider)
    with boa.reverts():
        world.deals.prove(proof.operator, proof.plan, proof.words[:-1])


def with_holes(world: World, client: str, provider: str, live: int, hole: int) -> Deal:
    """A ring of a live deal and a hole, of these prices; the hole."""
    world.open(client, provider, price=live, periods=30)
    ended = world.open(client, provider, price=hole, periods=1)
    world.next_period()
    world.prove(provider)
    world.next_period()
    return ended


def test_prove__draws_in_holes__passes_them_by_name(world: World, client: str, provider: str) -> None:
    with_holes(world, client, provider, live=1_000, hole=3_000)
    proof = world.proof(provider)
    assert sum(step.leaf is None for step in proof.steps) > 0
    world.prove(provider)
    assert world.period() in world.proven(provider)


def test_prove__draws_in_a_hole_that_only_misses_made__passes_them_by_name(
    world: World, client: str, provider: str
) -> None:
    missed = world.open(client, provider, price=3_000, periods=30)
    world.next_period(1 + PARAMETERS.limit)
    world.open(client, provider, price=1_000, periods=30)
    world.next_period()  # now it has been over for a period, and nobody settled it
    assert (world.record(missed).missed, world.record(missed).end > world.period()) == (0, True)
    holes = [step for step in world.proof(provider).steps if step.leaf is None]
    assert holes
    world.prove(provider)
    assert world.period() in world.proven(provider)


def test_prove__leaves_of_a_hole__are_not_counted(world: World, client: str, provider: str) -> None:
    ended = with_holes(world, client, provider, live=1, hole=100_000)
    _, tree = world.opened[ended.id()]
    words = [ended.root, ended.terms.hash()]
    tail, head = world.ring(provider).bounds_in(world.period())
    draws = drawing.draws(world.seed(provider), tail, head)
    for _, (_, pick) in zip(range(5), draws, strict=False):
        words += tree.words(pick % tree.leaves)
    with boa.reverts():
        world.deals.prove(provider, 1, words)


def test_prove__draws_run_out_in_holes__reverts(world: World, client: str, provider: str) -> None:
    ended = with_holes(world, client, provider, live=1, hole=10**6)
    refused(world, Proof(provider, 1, [ended.root, ended.terms.hash()], []), "deals: draws")


def test_prove__a_deal_that_is_moved_now__is_shown_where_it_lay(
    world: World, deals: list[Deal], provider: str
) -> None:
    proof = world.proof(provider)
    world.deals.rotate(provider, [world.name(deal) for deal in deals], sender=provider)
    assert world.proof(provider).arguments() == proof.arguments()
    world.prove(provider)


def test_prove__settled_or_not__is_the_same(world: World, deals: list[Deal], provider: str) -> None:
    world.prove(provider)
    world.next_period()
    proof = world.proof(provider)
    for deal in deals:
        world.settle(deal)
    assert world.proof(provider).arguments() == proof.arguments()
    world.deals.prove(*proof.arguments())


@pytest.fixture
def slow() -> Iterator[World]:
    """A market with periods longer than blockhash reaches, and history that remembers nothing yet."""
    with history():
        yield deploy_world(replace(PARAMETERS, period=8_000, window=16_000))


def prove_late(world: World) -> str:
    """An operator whose only proof of the next period is 300 blocks late."""
    operator = world.operator("slow provider")
    world.open(world.client("slow client"), operator)
    world.next_period(offset=300)
    world.prove(operator)
    return operator


def test_prove__seed_from_the_history__counts(slow: World) -> None:
    with history((slow.period() + 1) * 8_000):
        assert slow.proven(prove_late(slow)) == {slow.period()}


def test_prove__history_does_not_remember__reverts(slow: World) -> None:
    with boa.reverts("deals: seed"):
        prove_late(slow)


def test_prove__history_is_gone__reverts(slow: World) -> None:
    boa.env.set_code(HISTORY, b"")
    with boa.reverts("deals: seed"):
        prove_late(slow)


def test_prove__seed__is_that_of_the_first_block(world: World, client: str, provider: str) -> None:
    world.open(client, provider)
    world.next_period(offset=7)
    seed = drawing.seed_of(hash_of(world.period() * PARAMETERS.period), provider)
    assert world.seed(provider) == seed
    mine(5)
    world.prove(provider)
