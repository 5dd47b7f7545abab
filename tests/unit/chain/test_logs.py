"""How wide the chunks are that a node is asked for."""

import pytest

from xmbl.chain.logs import CHUNK, WIDEST, Log, Search, in_chunks
from xmbl.errors import ChainError, RpcUnavailable

SEARCH = Search("0x" + "11" * 20, ((b"\x01" * 32, b"\x02" * 32), (), (b"\x03" * 32,)))


class Node:
    """Bears at most so many blocks; `says` what it can't bear. Every block has one log."""

    def __init__(self, most: int, says: ChainError | None = None) -> None:
        self.most = most
        self.says = says or ChainError("The node refused: too many blocks.")
        self.asked: list[int] = []
        self.crowded = range(0)

    def logs(self, first: int, last: int) -> list[Log]:
        self.asked.append(last - first + 1)
        if last > first and first <= self.crowded.stop and self.crowded.start <= last and self.crowded:
            raise self.says
        if last - first + 1 > self.most:
            raise self.says
        return [Log(SEARCH.address, (), b"", block, b"", b"", 0) for block in range(first, last + 1)]


def blocks(node: Node, first: int, last: int) -> list[int]:
    return [log.block for _, found in in_chunks(node.logs, first, last) for log in found]


def test_query__several_topics_and_any__are_told_by_place():
    assert SEARCH.query(3, 4) == {
        "address": "0x" + "11" * 20,
        "fromBlock": 3,
        "toBlock": 4,
        "topics": [["0x" + "01" * 32, "0x" + "02" * 32], None, ["0x" + "03" * 32]],
    }


def test_in_chunks__a_node_that_bears_all__is_asked_for_ever_wider_chunks():
    node = Node(WIDEST)
    assert blocks(node, 7, 250_000) == list(range(7, 250_001))
    assert node.asked[:6] == [CHUNK, 2 * CHUNK, 4 * CHUNK, 8 * CHUNK, 16 * CHUNK, 32 * CHUNK]
    assert max(node.asked) == WIDEST


def test_in_chunks__a_node_that_refuses_wide_chunks__is_rarely_asked_for_them_again():
    node = Node(5_000)
    assert blocks(node, 1, 400_000) == list(range(1, 400_001))
    refused = [width for width in node.asked if width > 5_000]
    assert len(refused) < len(node.asked) / 10


def test_in_chunks__after_a_crowded_spot__grow_wide_again():
    node = Node(WIDEST)
    node.crowded = range(5_000, 5_050)
    assert blocks(node, 1, 2_000_000) == list(range(1, 2_000_001))
    assert node.asked[-2] == WIDEST
    assert len(node.asked) < 500


def test_in_chunks__a_node_that_bears_one_block__is_asked_for_each():
    assert blocks(Node(1), 1, 9) == list(range(1, 10))


def test_in_chunks__a_node_that_refuses_one_block__says_so():
    with pytest.raises(ChainError, match="too many"):
        blocks(Node(0), 1, 9)


def test_in_chunks__a_node_silent_about_a_wide_chunk__is_asked_for_what_all_bear():
    node = Node(10_000, RpcUnavailable("No RPC endpoint answers."))
    assert blocks(node, 1, 80_000) == list(range(1, 80_001))
    assert sum(width > 10_000 for width in node.asked) == 1
    assert max(node.asked[4:]) == CHUNK
    assert len(node.asked) > 16


def test_in_chunks__a_node_silent_about_everything__is_given_up_at_once():
    node = Node(0, RpcUnavailable("No RPC endpoint answers."))
    with pytest.raises(RpcUnavailable):
        blocks(node, 1, 40_000)
    assert node.asked == [CHUNK]


def test_in_chunks__nothing_to_search__asks_nobody():
    node = Node(1)
    assert blocks(node, 5, 4) == []
    assert node.asked == []


def found(**changed):
    usual = {
        "topics": (b"\x02" * 32, b"\x09" * 32, b"\x03" * 32),
        "address": SEARCH.address.upper().replace("X", "x"),
    }
    made = usual | changed
    return Log(made["address"], made["topics"], b"", 1, b"", b"", 0)


@pytest.mark.parametrize(
    ("log", "fits"),
    [
        (found(), True),
        (found(topics=(*found().topics, b"\x04" * 32)), True),
        (found(address="0x" + "12" * 20), False),
        (found(topics=()), False),
        (found(topics=found().topics[:2]), False),
        (found(topics=(b"\x05" * 32, *found().topics[1:])), False),
        (found(topics=(*found().topics[:2], b"\x05" * 32)), False),
    ],
    ids=[
        "it",
        "more topics",
        "another contract",
        "no topics",
        "too few",
        "another event",
        "another argument",
    ],
)
def test_fits__a_log__is_what_was_looked_for(log, fits):
    assert SEARCH.fits(log) is fits
