"""From a ring and the bytes behind it to the arguments of `prove`."""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from functools import partial

from xmbl.crypto.tree_levels import LEAF_BYTES
from xmbl.crypto.typed_data import Deal
from xmbl.storage.drawing import Place, Step, place_of, plan_bits, plan_proof
from xmbl.storage.rules import Record

WORD_BYTES = 32

Layout = Sequence[tuple[int, bytes, Record]]
"""Position, id and record of each deal in the ring of a period, ascending."""

Path = Callable[[bytes, int], tuple[bytes, Sequence[bytes]]]
"""The leaf of a root at an index, and its siblings from the bottom up."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The arguments of `prove` after the operator; `holes` were met on the way to five leaves."""

    plan: int
    words: tuple[bytes, ...]
    holes: int


def places(
    layout: Layout, proven: Container[int], period: int, limit: int, held: Callable[[bytes], bool]
) -> list[Place]:
    """The ring of the present period as a proof draws from it; `held` tells if a deal's bytes are here."""
    return [place_of(record, proven, period, limit, partial(held, deal_id)) for _, deal_id, record in layout]


def build(
    ring: Sequence[Place], span: tuple[int, int], seed: bytes, named: Callable[[int], Deal], path: Path
) -> Proof:
    """The proof that `seed` asks for; `named(i)` is the deal at the i-th place, `path` reads its leaves.

    Raises `Reverted` as the contract would where the ring is empty or nearly all hole, and whatever
    `path` raises when bytes are missing.
    """
    steps = plan_proof(seed, *span, ring)
    words: list[bytes] = []
    for step in steps:
        words += _shown(step, named(step.place), path)
    return Proof(plan_bits(steps), tuple(words), sum(step.leaf is None for step in steps))


def _shown(step: Step, deal: Deal, path: Path) -> list[bytes]:
    words = [deal.root, deal.terms.hash()] if step.named else []
    if step.leaf is None:
        return words
    return words + leaf_words(*path(deal.root, step.leaf))


def leaf_words(leaf: bytes, siblings: Sequence[bytes]) -> list[bytes]:
    """A leaf and its path as the contract takes them."""
    return [leaf[at : at + WORD_BYTES] for at in range(0, LEAF_BYTES, WORD_BYTES)] + list(siblings)
