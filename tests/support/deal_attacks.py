"""What an attacker of the storage market sends instead of an honest proof."""

import boa

from tests.support.deals_world import Proof, World
from xmbl.crypto.typed_data import Deal
from xmbl.storage import drawing

SHOW_ALL = (2**drawing.DRAWS - 1) << drawing.DRAWS
"""The bits of a plan that say of each draw that it shows its leaf although its deal is over."""


def shown(proof: Proof, place: int) -> int:
    """How many leaves of a place a proof shows."""
    return sum(step.place == place and step.leaf is not None for step in proof.steps)


def nothing(operator: str) -> Proof:
    """A proof that names no deal."""
    return Proof(operator, 1, [], [])


def proof_from(world: World, deal: Deal, operator: str, plan: int = 1) -> Proof:
    """A proof that answers all draws out of one deal, whatever they hit."""
    tree = world.opened[deal.id()][1]
    tail, head = world.ring(operator).bounds_in(world.period())
    words = [deal.root, deal.terms.hash()]
    for _, (_, pick) in zip(range(5), drawing.draws(world.seed(operator), tail, head), strict=False):
        words += tree.words(pick % tree.leaves)
    return Proof(operator, plan, words, [])


def refused(world: World, proof: Proof, reason: str) -> None:
    """A proof that the market has to refuse for this reason."""
    with boa.reverts(reason):
        world.deals.prove(*proof.arguments())
