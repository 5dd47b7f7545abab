"""What the store promises it can keep, what it keeps is whole, and no name leaves its folder."""

import errno
import os
import threading
from pathlib import Path

import pytest

from xmbl.blocks.store import FileStore, disk_free
from xmbl.errors import Busy, Corrupt, DiskFull, NotStored, UsageError

NAME = "ab" * 32
OTHER = "cd" * 32


@pytest.fixture
def store(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "store", 1000, margin=0)


def put(store: FileStore, name: str, data: bytes) -> None:
    with store.writer(name, len(data)) as writer:
        writer.write(data)
        writer.commit()


def files_of(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "store").iterdir() if path.name != ".lock")


def test_writer__committed__is_stored_whole(store: FileStore) -> None:
    with store.writer(NAME, 6) as writer:
        writer.write(b"one")
        writer.write(b"two")
        writer.commit()
    assert store.read(NAME, 0, 6) == b"onetwo"
    assert store.read(NAME, 2, 2) == b"et"
    assert (store.size(NAME), store.used(), store.free(), store.names()) == (6, 6, 994, [NAME])


def test_writer__before_commit__shows_nothing_but_takes_room(store: FileStore) -> None:
    with store.writer(NAME, 6) as writer:
        writer.write(b"one")
        assert (store.names(), store.used(), store.free()) == ([], 6, 994)
        with pytest.raises(NotStored):
            store.read(NAME, 0, 3)


@pytest.mark.parametrize("sent", [b"", b"half"])
def test_writer__left_without_commit__leaves_nothing(store: FileStore, tmp_path: Path, sent: bytes) -> None:
    with store.writer(NAME, 6) as writer:
        writer.write(sent)
    assert (files_of(tmp_path), store.used(), store.free()) == ([], 0, 1000)


def test_abort__after_commit__keeps_the_file(store: FileStore) -> None:
    put(store, NAME, b"bytes")
    assert (store.read(NAME, 0, 5), store.used()) == (b"bytes", 5)


def test_abort__twice__gives_the_room_back_once(store: FileStore) -> None:
    writer = store.writer(NAME, 6)
    writer.abort()
    writer.abort()
    assert store.used() == 0


def test_write__more_than_declared__corrupt(store: FileStore) -> None:
    with store.writer(NAME, 3) as writer:
        writer.write(b"on")
        with pytest.raises(Corrupt, match="More came than the 3 bytes declared"):
            writer.write(b"et")


def test_commit__less_than_declared__corrupt(store: FileStore) -> None:
    with store.writer(NAME, 3) as writer:
        writer.write(b"on")
        with pytest.raises(Corrupt, match="2 bytes came of the 3 declared"):
            writer.commit()
    assert store.names() == []


def test_commit__name_stored_before__replaces_and_counts_once(store: FileStore) -> None:
    put(store, NAME, b"x" * 400)
    put(store, NAME, b"y" * 300)
    assert (store.read(NAME, 0, 300), store.used()) == (b"y" * 300, 300)


def test_commit__stored_file__is_private(store: FileStore, tmp_path: Path) -> None:
    put(store, NAME, b"bytes")
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    assert store.path(NAME).stat().st_mode & 0o777 == 0o600


def test_read__beyond_the_end__corrupt(store: FileStore) -> None:
    put(store, NAME, b"bytes")
    with pytest.raises(Corrupt, match="doesn't have 2 bytes at 4"):
        store.read(NAME, 4, 2)


def test_reader__stored_file__reads_it(store: FileStore) -> None:
    put(store, NAME, b"bytes")
    with store.reader(NAME) as file:
        assert file.read() == b"bytes"


def test_read__not_here__not_stored(store: FileStore) -> None:
    for ask in (store.path, store.reader, store.size, lambda name: store.read(name, 0, 1)):
        with pytest.raises(NotStored, match="isn't stored here"):
            ask(NAME)


def test_delete__stored_file__gives_its_room_back(store: FileStore, tmp_path: Path) -> None:
    put(store, NAME, b"bytes")
    store.delete(NAME)
    store.delete(NAME)
    assert (files_of(tmp_path), store.used(), store.names()) == ([], 0, [])


def test_rename__onto_another_file__replaces_it_and_counts_once(store: FileStore) -> None:
    put(store, NAME, b"bytes")
    put(store, OTHER, b"others")
    store.rename(NAME, OTHER)
    assert (store.read(OTHER, 0, 5), store.names(), store.used()) == (b"bytes", [OTHER], 5)


def test_rename__not_here__not_stored(store: FileStore) -> None:
    with pytest.raises(NotStored):
        store.rename(NAME, OTHER)
    assert store.used() == 0


@pytest.mark.parametrize(
    "name",
    [
        "",
        "a",
        "..",
        "../../etc/passwd",
        "AB" * 32,
        "/" + NAME,
        NAME + "\n",
        "ab" * 65,
        ".part",
        "ab\0cd",
        "ag",
    ],
)
def test_writer__name_not_hexadecimal__refused(store: FileStore, tmp_path: Path, name: str) -> None:
    for ask in (lambda: store.writer(name, 1), lambda: store.read(name, 0, 1), lambda: store.delete(name)):
        with pytest.raises(UsageError, match="not the name of a stored file"):
            ask()
    assert (files_of(tmp_path), store.used()) == ([], 0)


def test_reserve__up_to_the_quota__granted_and_no_byte_more(store: FileStore) -> None:
    put(store, NAME, b"x" * 400)
    first, second = store.reserve(300), store.reserve(300)
    assert store.free() == 0
    with pytest.raises(DiskFull, match="quota has room for 0 B, not for 1 B; raise the quota"):
        store.reserve(1)
    first.release()
    second.release()
    assert store.reserve(600)


def test_reserve__less_free_disk_than_asked__refused_before_any_deal(tmp_path: Path) -> None:
    free = 10_000
    store = FileStore(tmp_path / "store", 10**9, margin=4_000, free_space=lambda _: free)
    assert store.free() == 6_000
    with pytest.raises(DiskFull, match=r"disk has room for 5.8 KiB, not for 5.8 KiB; free some"):
        store.reserve(6_001)
    with store.reserve(5_000):
        assert store.free() == 1_000
        with pytest.raises(DiskFull, match="disk has room"):
            store.reserve(1_001)


def test_free__bytes_landed__count_once_against_the_disk(tmp_path: Path) -> None:
    free = {"disk": 10_000}
    store = FileStore(tmp_path / "store", 10**9, margin=0, free_space=lambda _: free["disk"])
    with store.writer(NAME, 6_000) as writer:
        writer.write(bytes(6_000))
        free["disk"] -= 6_000
        assert store.free() == 4_000
        writer.commit()
    assert store.free() == 4_000


def test_free__disk_fuller_than_margin__is_zero(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "store", 1000, margin=500, free_space=lambda _: 100)
    assert store.free() == 0
    with pytest.raises(DiskFull, match="disk has room for 0 B"):
        store.reserve(1)


def test_reserve__negative_size__refused(store: FileStore) -> None:
    with pytest.raises(UsageError, match="from 0 up"):
        store.reserve(-1)


def test_reservation__given_to_a_writer__counts_once(store: FileStore) -> None:
    with store.reserve(1000) as reservation:
        writer = reservation.writer(NAME)
    assert store.used() == 1000
    with pytest.raises(UsageError, match="used or released"):
        reservation.writer(OTHER)
    reservation.release()
    assert store.used() == 1000
    writer.abort()
    assert store.used() == 0


def test_reserve__twenty_threads__grant_no_more_than_the_quota(store: FileStore) -> None:
    granted, start = [], threading.Barrier(20)

    def reserve() -> None:
        start.wait()
        try:
            granted.append(store.reserve(100))
        except DiskFull:
            return

    threads = [threading.Thread(target=reserve) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(granted), store.used()) == (10, 1000)


def test_start__partial_and_foreign_files__sweeps_the_partial_only(tmp_path: Path) -> None:
    before = FileStore(tmp_path / "store", 1000, margin=0)
    put(before, NAME, b"bytes")
    before.writer(OTHER, 100).write(b"cut off by a crash")
    (tmp_path / "store" / "notes.txt").write_text("somebody's")
    assert len(files_of(tmp_path)) == 3
    before.close()
    store = FileStore(tmp_path / "store", 1000, margin=0)
    assert files_of(tmp_path) == [NAME, "notes.txt"]
    assert (store.names(), store.used(), store.sweep()) == ([NAME], 5, 0)


def test_start__open_already__is_busy_and_sweeps_nothing(store: FileStore, tmp_path: Path) -> None:
    with store.writer(NAME, 3) as running:
        running.write(b"on")
        with pytest.raises(Busy, match="a folder of its own"):
            FileStore(tmp_path / "store", 1000, margin=0)
        running.write(b"e")
        running.commit()
    assert store.read(NAME, 0, 3) == b"one"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_write__disk_filled_up_after_all__disk_full_and_nothing_left(
    store: FileStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def full(descriptor: int, data: bytes) -> int:
        raise OSError(code, os.strerror(code))

    writer = store.writer(NAME, 6)
    monkeypatch.setattr("xmbl.files.os.write", full)
    with pytest.raises(DiskFull, match="The disk is full"):
        writer.write(b"one")
    assert (files_of(tmp_path), store.used()) == ([], 0)


def test_write__disk_broken__is_the_systems_own_error(
    store: FileStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(descriptor: int, data: bytes) -> int:
        raise OSError(errno.EIO, "broken")

    with store.writer(NAME, 6) as writer:
        monkeypatch.setattr("xmbl.files.os.write", broken)
        with pytest.raises(OSError, match="broken"):
            writer.write(b"one")


def test_disk_free__this_machine__is_some_bytes(tmp_path: Path) -> None:
    assert disk_free(tmp_path) > 0
