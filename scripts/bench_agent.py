"""What an operator with 10,000 deals computes in a period: from its journal and its bytes to one proof.

The chain's part, a few calls that don't grow with the deals, is left out; the limit is a second.
"""

import os
import tempfile
import time
from pathlib import Path

from eth_utils import keccak

from xmbl.blocks.store import FileStore
from xmbl.crypto.merkle import leaf_count
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.storage import proving
from xmbl.storage.holdings import Holdings
from xmbl.storage.journal import Journal
from xmbl.storage.rules import NOWHERE, Record

DEALS, PRICE, PERIOD, LIMIT = 10_000, 1_000, 1_000, 10
SIZE = 2**20
OPERATOR = "0x" + "11" * 20


def measure() -> dict[str, float | str]:
    """Seconds from the journal to the proof of one period, the best of three seeds."""
    with tempfile.TemporaryDirectory() as name:
        journal, holdings = _stored(Path(name))
        value = min(_answer(journal, holdings, keccak(bytes([number]))) for number in range(3))
        journal.close()
    return {"value": round(value, 3), "unit": "s", "limit": 1.0, "ratio": round(value, 3)}


def _stored(folder: Path) -> tuple[Journal, Holdings]:
    holdings = Holdings(FileStore(folder / "store", 2**30), folder / "trees")
    with holdings.receive(SIZE) as arrival:
        arrival.write(os.urandom(SIZE))
        root = arrival.keep().root
    journal = Journal(folder / "journal.sqlite")
    with journal.atomically():
        for number in range(DEALS):
            deal = _deal(root, number)
            terms = deal.terms
            start = number * PRICE
            record = Record(start, NOWHERE, PRICE, terms.leaves, PERIOD - 10, terms.end, PERIOD - 10, 0)
            journal.open(deal, SIZE, record)
    return journal, holdings


def _deal(root: bytes, salt: int) -> Deal:
    terms = Terms(
        client="0x" + "22" * 20, payee=OPERATOR, leaves=leaf_count(SIZE), price=PRICE, collateral=10**9,
        end=PERIOD + 100, client_notice=2, operator_notice=14, exit=3, deadline=1, salt=salt,
    )  # fmt: skip
    return Deal(OPERATOR, root, terms)


def _answer(journal: Journal, holdings: Holdings, seed: bytes) -> float:
    begun = time.perf_counter()
    layout = journal.layout(PERIOD)
    ring = proving.places(layout, range(PERIOD), PERIOD, LIMIT, lambda _: True)

    def named(place: int) -> Deal:
        known = journal.deal(layout[place][1])
        assert known is not None
        return known.deal

    proof = proving.build(ring, (0, DEALS * PRICE), seed, named, holdings.leaf)
    assert proof.holes == 0
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(measure())
