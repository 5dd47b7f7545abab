"""When a block to come will be there, about: if blocks go on to come as fast as the latest ones did."""

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xmbl.chain.client import Header
    from xmbl.cli.session import Session

_LATEST = 1_000
"""Blocks whose pace is taken."""


def seconds_of(block: int, head: "Header", earlier: "Header") -> int | None:
    """The Unix time of a block to come, from two that were; None where no time passed between those."""
    passed = head.timestamp - earlier.timestamp
    if passed <= 0:
        return None
    return head.timestamp + (block - head.number) * passed // (head.number - earlier.number)


def expected(session: "Session", block: int) -> int | None:
    """The Unix time at which a block to come is expected; None where the chain has no pace yet."""
    head = session.chain().header()
    # a chain's first block often says nothing of when it was made
    first = max(1, head.number - _LATEST)
    return seconds_of(block, head, session.chain().header(first)) if head.number > first else None


def about(session: "Session", block: int) -> str:
    """`, about 2027-03-01 12:00 UTC`, to stand behind a block's number; empty where that can't be told."""
    seconds = expected(session, block)
    return f", about {time.strftime('%Y-%m-%d %H:%M %Z', time.localtime(seconds))}" if seconds else ""
