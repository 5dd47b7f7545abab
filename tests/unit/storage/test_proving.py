"""Proofs are what the rules draw, with leaves that fit, also from ten thousand deals."""

import secrets
from dataclasses import replace

import pytest

from xmbl.blocks.store import FileStore
from xmbl.crypto import merkle
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import NotStored, Reverted
from xmbl.storage import proving
from xmbl.storage.drawing import draws
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.rules import NOWHERE, Record

OPERATOR = "0x" + "22" * 20
TERMS = Terms("0x" + "11" * 20, OPERATOR, 1, 1, 500, 30, 2, 14, 3, 100, 0)
PERIOD, LIMIT = 5, 3
PROVEN = frozenset(range(PERIOD))
SEED = b"\3" * 32


@pytest.fixture
def holdings(tmp_path):
    return Holdings(FileStore(tmp_path / "store", 10**9), tmp_path / "trees")


def kept(holdings, data):
    with holdings.receive(len(data)) as arrival:
        arrival.write(data)
        return arrival.keep().root


def ring_of(deals):
    """Deals one after another; the layout and the deals."""
    start, layout = 0, []
    for deal in deals:
        terms = deal.terms
        layout.append(
            (start, deal.id(), Record(start, NOWHERE, terms.price, terms.leaves, 1, terms.end, 1, 0))
        )
        start += terms.price
    return layout, start


def proof_of(deals, path):
    layout, head = ring_of(deals)
    places = proving.places(layout, PROVEN, PERIOD, LIMIT, lambda _: True)
    return proving.build(places, (0, head), SEED, lambda index: deals[index], path), head


def shown(proof, deals, head):
    """What the contract reads out of the words: (deal, leaf index, leaf, path) of each leaf shown."""
    words, at, deal, found = proof.words, 0, None, []
    for number, (_, pick) in enumerate(draws(SEED, 0, head)):
        if proof.plan >> number & 1:
            name = words[at], words[at + 1]
            deal = next(one for one in deals if (one.root, one.terms.hash()) == name)
            at += 2
        if deal.terms.end <= PERIOD:
            continue
        index = pick % deal.terms.leaves
        length = 8 + len(path_of(deal, index))
        found.append((deal, index, b"".join(words[at : at + 8]), words[at + 8 : at + length]))
        at += length
        if len(found) == 5:
            break
    assert at == len(words)
    return found


def path_of(deal, index):
    """How long the path is, by climbing an empty tree of that many leaves."""
    siblings, last = [], deal.terms.leaves - 1
    while last:
        if index & 1 or index < last:
            siblings.append(b"")
        index, last = index >> 1, last >> 1
    return siblings


def test_build__several_deals__shows_five_leaves_that_fit_their_roots(holdings):
    deals = []
    for size, price in ((300, 5), (70_000, 40), (1_000_000, 9)):
        data = secrets.token_bytes(size)
        terms = replace(TERMS, leaves=leaf_count(size), price=price)
        deals.append(Deal(OPERATOR, kept(holdings, data), terms))
    proof, head = proof_of(deals, holdings.leaf)
    leaves = shown(proof, deals, head)
    assert len(leaves) == 5
    for deal, index, leaf, path in leaves:
        assert merkle.verify(deal.root, deal.terms.leaves, index, leaf, path)


def test_build__a_hole_in_the_ring__is_named_and_passed(holdings):
    data = secrets.token_bytes(5_000)
    root = kept(holdings, data)
    live = Deal(OPERATOR, root, replace(TERMS, leaves=20, price=5))
    over = Deal(OPERATOR, b"\7" * 32, replace(TERMS, leaves=20, price=5, end=PERIOD))
    proof, head = proof_of([over, live], holdings.leaf)
    assert proof.holes > 0
    assert len(shown(proof, [over, live], head)) == 5


def test_build__an_empty_ring__is_refused_as_on_chain():
    with pytest.raises(Reverted) as refused:
        proof_of([], None)
    assert refused.value.reason == "deals: empty"


def test_build__nothing_but_holes__is_refused_as_on_chain():
    over = Deal(OPERATOR, b"\7" * 32, replace(TERMS, end=PERIOD))
    with pytest.raises(Reverted) as refused:
        proof_of([over], None)
    assert refused.value.reason == "deals: draws"


def test_build__bytes_that_are_gone__says_so(holdings):
    with pytest.raises(NotStored):
        proof_of([Deal(OPERATOR, b"\7" * 32, TERMS)], holdings.leaf)


def test_build__ten_thousand_deals__reads_only_those_drawn(tmp_path):
    journal, start = Journal(tmp_path / "journal"), 0
    with journal.atomically():
        for salt in range(10_000):
            terms = replace(TERMS, leaves=4096, price=1 + salt % 7, salt=salt)
            deal = Deal(OPERATOR, salt.to_bytes(32, "big"), terms)
            journal.open(deal, 2**20, Record(start, NOWHERE, terms.price, 4096, 1, 30, 1, 0))
            start += terms.price
    layout, read = journal.layout(PERIOD), []

    def named(index):
        read.append(index)
        return journal.deal(layout[index][1]).deal

    places = proving.places(layout, PROVEN, PERIOD, LIMIT, lambda _: True)
    proof = proving.build(places, (0, start), SEED, named, lambda *_: (bytes(256), [bytes(32)] * 12))
    journal.close()
    assert len(places) == 10_000
    assert len(read) == 5
    assert len(proof.words) == sum(2 for number in range(5) if proof.plan >> number & 1) + 5 * 20


def test_holdings__a_damaged_file__is_caught_by_its_tree(holdings, tmp_path):
    from xmbl.errors import Corrupt

    root = kept(holdings, secrets.token_bytes(100_000))
    path = tmp_path / "store" / root.hex()
    path.write_bytes(bytes(100_000))
    with pytest.raises(Corrupt, match="doesn't match its tree"):
        holdings.leaf(root, 3)


def test_holdings__dropped__are_gone_with_their_tree(holdings, tmp_path):
    root = kept(holdings, secrets.token_bytes(100_000))
    holdings.drop(root)
    holdings.drop(root)
    assert not holdings.has(root)
    assert list((tmp_path / "trees").iterdir()) == []
    assert holdings.used() == 0
