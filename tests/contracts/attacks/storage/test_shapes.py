"""M3, L4: trees and numbers that aren't what they seem."""

import boa
import pytest

from tests.support.deal_attacks import nothing, refused
from tests.support.deals_world import PARAMETERS, Proof, SmallTree, UniformTree, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage import drawing

LIMIT = PARAMETERS.limit


def test_m3_shape__a_node_for_a_leaf__is_refused(world: World, victim: str, operator: str) -> None:
    """Two nodes and six words of nothing, with the path of a tree that is one level lower."""
    tree = UniformTree(3)
    world.open(victim, operator, tree)
    world.next_period()
    proof = world.proof(operator)
    forged = [*proof.words[:2]]
    for _ in range(5):
        forged += [tree.path[0]] * 2 + [bytes(32)] * 6 + tree.path[1:]
    with boa.reverts():
        world.deals.prove(operator, 1, forged)
    refused(world, Proof(operator, 1, forged + [bytes(32)] * 5, []), "deals: root")


@pytest.mark.parametrize("leaves", [2, 3, 4, 6, 7])
def test_m3_shape__terms_with_another_count__are_proven_by_no_path(
    world: World, victim: str, operator: str, leaves: int
) -> None:
    """Whoever gets a client to sign for the root of five leaves with another count gains nothing."""
    tree = SmallTree(5)
    deal = Deal(operator, tree.root, world.terms(victim, operator, leaves=leaves))
    world.deals.open(deal.as_tuple(), world.sign(deal), sender=victim)
    world.opened[deal.id()] = deal, tree
    picks = [0]
    while all(pick < 4 for pick in picks):  # the first four leaves of five, six and seven have one path
        world.next_period()
        tail, head = world.ring(operator).bounds_in(world.period())
        draws = drawing.draws(world.seed(operator), tail, head)
        picks = [pick % leaves for _, (_, pick) in zip(range(5), draws, strict=False)]
        if leaves < 5:
            break
    words = [deal.root, deal.terms.hash()]
    for pick in picks:
        words += tree.words(pick % 5)
    with boa.reverts():
        world.deals.prove(operator, 1, words)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"leaves": 0}, "deals: leaves"),
        ({"price": 0, "collateral": 0}, "deals: price"),
        ({"periods": 0}, "deals: end"),
        ({"periods": 367}, "deals: end"),
    ],
)
def test_l4_zeros__of_any_kind__are_refused(
    world: World, operator: str, accomplice: str, changes: dict[str, int], reason: str
) -> None:
    periods = changes.get("periods", 10)
    others = {field: value for field, value in changes.items() if field != "periods"}
    deal = Deal(operator, SmallTree(5).root, world.terms(accomplice, operator, periods, **others))
    with boa.reverts(reason):
        world.deals.open(deal.as_tuple(), world.sign(deal), sender=accomplice)


def test_l4_zeros__an_empty_ring__is_refused_before_the_modulo(world: World, operator: str) -> None:
    refused(world, nothing(operator), "deals: empty")


def test_m3_shape__a_node_for_an_answer__is_refused(world: World, victim: str, operator: str) -> None:
    tree = UniformTree(3)
    deal = world.open(victim, operator, tree)
    world.next_period()
    world.challenge(deal, 2)
    forged = [tree.path[0]] * 2 + [bytes(32)] * 6 + tree.path[1:]
    with boa.reverts():
        world.deals.answer(deal.as_tuple(), forged)
    with boa.reverts("deals: root"):
        world.deals.answer(deal.as_tuple(), [*forged, bytes(32)])


@pytest.mark.parametrize("leaf", range(5))
def test_m3_shape__the_path_of_another_leaf__answers_nothing(
    world: World, victim: str, operator: str, leaf: int
) -> None:
    """Which sides the path's nodes are on follows from the leaf that is asked for."""
    deal = world.open(victim, operator, SmallTree(5))
    world.next_period()
    world.challenge(deal, leaf)
    for other in {*range(5)} - {leaf}:
        with boa.reverts():
            world.answer(deal, other)
    world.answer(deal, leaf)
