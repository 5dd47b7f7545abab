"""What is held can be proven, is as long as it ever was, and is known by its CID."""

import secrets

import pytest

from xmbl.blocks.store import FileStore
from xmbl.errors import Corrupt, NotStored
from xmbl.storage.holdings import Holdings

TAIL = 100
LONG = secrets.token_bytes(5_000) + bytes(TAIL)
SHORT = LONG[:-TAIL]


@pytest.fixture
def holdings(tmp_path):
    found = Holdings(FileStore(tmp_path / "store", 10**6, margin=0), tmp_path / "trees")
    yield found
    found.close()


def keep(holdings, data):
    with holdings.receive(len(data)) as arrival:
        arrival.write(data)
        return arrival.keep()


@pytest.mark.parametrize("order", [(LONG, SHORT), (SHORT, LONG)], ids=["long first", "short first"])
def test_keep__a_twin_without_its_last_zeros__leaves_the_longer_bytes(holdings, order):
    roots = {keep(holdings, data).root for data in order}
    (root,) = roots
    assert holdings.read(root, 0, len(LONG)) == LONG
    assert holdings.used() == len(LONG)
    assert holdings.cid(root) == keep(holdings, LONG).cid
    assert holdings.leaf(root, 19)[0] == LONG[19 * 256 :].ljust(256, b"\0")


def test_keep__the_same_bytes_again__mends_what_was_damaged(holdings, tmp_path):
    root = keep(holdings, LONG).root
    (tmp_path / "store" / root.hex()).write_bytes(bytes(len(LONG)))
    keep(holdings, LONG)
    assert holdings.read(root, 0, len(LONG)) == LONG


def test_drop__held_bytes__leaves_nothing_of_them(holdings, tmp_path):
    root = keep(holdings, LONG).root
    holdings.drop(root)
    assert (holdings.used(), holdings.cid(root), list((tmp_path / "trees").iterdir())) == (0, "", [])
    with pytest.raises(NotStored):
        holdings.size(root)


def test_read__a_folder_in_place_of_the_file__is_corrupt(holdings, tmp_path):
    root = secrets.token_bytes(32)
    (tmp_path / "store" / root.hex()).mkdir()
    for look in (lambda: holdings.read(root, 0, 1), lambda: holdings.leaf(root, 0)):
        with pytest.raises(Corrupt, match="can't be read: Is a directory"):
            look()
