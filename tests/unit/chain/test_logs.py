"""How wide the chunks are that a node is asked for."""

import pytest

from xmbl.chain.logs import CHUNK, WIDEST, Chunks, Log, Search
from xmbl.errors import ChainError, RpcUnavailable

SEARCH = Search("0x" + "11" * 20, ((b"\x01" * 32, b"\x02" * 32), (), (b"\x03" * 32,)))


class Node:
    """Bears at most so many blocks; `says` what it can't bear. Every block has one log."""

    def __init__(self, most: int, says: ChainError | None = None) -> None:
        self.most = most
        self.says = says or ChainError("The node refused: too many blocks.")
        self.asked: list[int] = []

    def logs(self, search: Search, first: int, last: int) -> list[Log]:
        self.asked.append(last - first + 1)
        if last - first + 1 > self.most:
            raise self.says
        return [Log(search.address, (), b"", block, b"", b"", 0) for block in range(first, last + 1)]


def blocks(chunks: Chunks, first: int, last: int) -> list[int]:
    return [log.block for _, found in chunks.search(SEARCH, first, last) for log in found]


def test_query__several_topics_and_any__are_told_by_place():
    assert SEARCH.query(3, 4) == {
        "address": "0x" + "11" * 20,
        "fromBlock": 3,
        "toBlock": 4,
        "topics": [["0x" + "01" * 32, "0x" + "02" * 32], None, ["0x" + "03" * 32]],
    }


def test_search__a_node_that_bears_all__is_asked_for_ever_wider_chunks():
    node = Node(WIDEST)
    assert blocks(Chunks(node.logs), 7, 250_000) == list(range(7, 250_001))
    assert node.asked[:6] == [CHUNK, 2 * CHUNK, 4 * CHUNK, 8 * CHUNK, 16 * CHUNK, 32 * CHUNK]
    assert max(node.asked) == WIDEST


def test_search__a_node_that_refuses_wide_chunks__is_not_asked_for_them_again():
    node = Node(5_000)
    chunks = Chunks(node.logs)
    assert blocks(chunks, 1, 30_000) == list(range(1, 30_001))
    assert sum(width > 5_000 for width in node.asked) == 1
    assert blocks(chunks, 1, 30_000) == list(range(1, 30_001))
    assert sum(width > 5_000 for width in node.asked) == 1


def test_search__a_node_that_bears_one_block__is_asked_for_each():
    assert blocks(Chunks(Node(1).logs), 1, 9) == list(range(1, 10))


def test_search__a_node_that_refuses_one_block__says_so():
    with pytest.raises(ChainError, match="too many"):
        blocks(Chunks(Node(0).logs), 1, 9)


def test_search__a_node_silent_about_a_wide_chunk__is_asked_for_what_all_bear():
    node = Node(10_000, RpcUnavailable("No RPC endpoint answers."))
    assert blocks(Chunks(node.logs), 1, 40_000) == list(range(1, 40_001))
    assert sum(width > 10_000 for width in node.asked) == 1
    assert max(node.asked[4:]) == CHUNK


def test_search__a_node_silent_about_everything__is_given_up_at_once():
    node = Node(0, RpcUnavailable("No RPC endpoint answers."))
    with pytest.raises(RpcUnavailable):
        blocks(Chunks(node.logs), 1, 40_000)
    assert node.asked == [CHUNK]


def test_search__nothing_to_search__asks_nobody():
    node = Node(1)
    assert blocks(Chunks(node.logs), 5, 4) == []
    assert node.asked == []
