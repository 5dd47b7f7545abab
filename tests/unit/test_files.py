"""A file appears whole, or not at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from xmbl.errors import Busy
from xmbl.files import Lock, PartFile, is_locked, write_whole


def test_write_whole__new_file__holds_all_pieces_with_its_mode(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", [b"one", b"", b"two"], mode=0o600)
    assert (tmp_path / "file").read_bytes() == b"onetwo"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_write_whole__old_file__is_replaced(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old and longer")
    write_whole(tmp_path / "file", [b"new"])
    assert (tmp_path / "file").read_bytes() == b"new"


def test_write_whole__name_taken_and_not_to_be_replaced__leaves_the_old(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(FileExistsError):
        write_whole(tmp_path / "file", [b"new"], replace=False)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"old")]


def test_write_whole__name_free_and_not_to_be_replaced__is_written(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", [b"new"], replace=False)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"new")]


def test_write_whole__source_fails_midway__leaves_the_old(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError("the source broke")

    (tmp_path / "file").write_bytes(b"old")
    with pytest.raises(OSError, match="the source broke"):
        write_whole(tmp_path / "file", pieces())
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"old")]


def test_part_file__before_commit__is_not_under_its_name(tmp_path: Path) -> None:
    with PartFile(tmp_path / "file") as part:
        part.write(b"half")
        assert not (tmp_path / "file").exists()
    assert list(tmp_path.iterdir()) == []


def test_write__after_abort__refused(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "file")
    part.abort()
    with pytest.raises(ValueError, match="committed or aborted"):
        part.write(b"more")


def test_lock__held_by_another__is_busy_with_the_sentence_given(tmp_path: Path) -> None:
    with Lock(tmp_path / "lock", "free"), pytest.raises(Busy, match="taken by another"):
        Lock(tmp_path / "lock", "taken by another")


def test_lock__released__is_free_and_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    assert not is_locked(path)
    with Lock(path, "taken"):
        assert is_locked(path)
    assert path.exists()
    assert not is_locked(path)
    Lock(path, "taken").release()
