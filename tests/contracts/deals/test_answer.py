"""`answer`: whoever has the leaf that was asked for shows it in time."""

import boa
import pytest

from tests.support.boa_world import events, mine
from tests.support.deals_world import PARAMETERS, SmallTree, UniformTree, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage.rules import Challenge

LEAF = 3


@pytest.fixture
def deal(world: World, client: str, provider: str) -> Deal:
    """Of five leaves, whose fourth is asked for."""
    opened = world.open(client, provider)
    world.next_period()
    world.challenge(opened, LEAF)
    return opened


def words_of(world: World, deal: Deal, leaf: int = LEAF) -> list[bytes]:
    return [*world.opened[deal.id()][1].words(leaf)]


def test_answer__the_leaf__ends_the_challenge_and_logs(
    world: World, deal: Deal, provider: str, stranger: str
) -> None:
    held = world.balance(world.deals.address)

    world.answer(deal, LEAF, sender=stranger)

    assert events(world.deals) == [("Answered", deal.id())]
    assert world.challenge_of(deal) == Challenge(0, 0)
    assert not world.record(deal).challenged
    assert (world.balance(world.deals.address), world.locked(provider)) == (held, deal.terms.collateral)


def test_answer__in_the_last_block__counts(world: World, deal: Deal) -> None:
    mine(PARAMETERS.window)
    world.answer(deal, LEAF)
    assert not world.record(deal).challenged


def test_answer__a_block_later__reverts(world: World, deal: Deal) -> None:
    mine(PARAMETERS.window + 1)
    with boa.reverts("deals: late"):
        world.answer(deal, LEAF)


def test_answer__after_the_deal_ended__counts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider, periods=1)
    world.next_period()
    world.challenge(deal, LEAF)
    world.next_period()
    world.answer(deal, LEAF)
    world.settle(deal)
    assert world.record(deal).cursor == 0


def test_answer__twice__reverts(world: World, deal: Deal) -> None:
    world.answer(deal, LEAF)
    with boa.reverts("deals: challenge"):
        world.answer(deal, LEAF)


def test_answer__nothing_was_asked__reverts(world: World, client: str, provider: str) -> None:
    deal = world.open(client, provider)
    with boa.reverts("deals: challenge"):
        world.answer(deal)


def test_answer__another_leaf__reverts(world: World, deal: Deal) -> None:
    with boa.reverts("deals: root"):
        world.answer(deal, LEAF - 1)


@pytest.mark.parametrize("at", range(11))
def test_answer__a_changed_word__reverts(world: World, deal: Deal, at: int) -> None:
    words = words_of(world, deal)
    assert len(words) == 11
    words[at] = bytes(32)
    with boa.reverts("deals: root"):
        world.deals.answer(deal.as_tuple(), words)


def test_answer__a_word_too_many__reverts(world: World, deal: Deal) -> None:
    with boa.reverts("deals: words"):
        world.deals.answer(deal.as_tuple(), [*words_of(world, deal), bytes(32)])


def test_answer__a_word_too_few__reverts(world: World, deal: Deal) -> None:
    with boa.reverts():
        world.deals.answer(deal.as_tuple(), words_of(world, deal)[:-1])


def test_answer__with_other_terms__reverts(world: World, deal: Deal) -> None:
    """A count of leaves that nobody signed would make another path right."""
    operator, root, terms = deal.as_tuple()
    forged = (operator, root, (*terms[:2], LEAF + 1, *terms[3:]))
    with boa.reverts("deals: challenge"):
        world.deals.answer(forged, words_of(world, deal))


@pytest.mark.parametrize(
    ("tree", "leaf"), [(SmallTree(1), 0), (SmallTree(13), 12), (UniformTree(25), 2**25 - 1)]
)
def test_answer__trees_of_any_size__counts(
    world: World, client: str, provider: str, tree: SmallTree | UniformTree, leaf: int
) -> None:
    deal = world.open(client, provider, tree)
    world.next_period()
    world.challenge(deal, leaf)
    world.answer(deal, leaf)
    assert not world.record(deal).challenged
