"""What every process relies on that must not forget: durable commits, whole or not at all, and patience."""

import sqlite3

import pytest

from xmbl.memory import Memory

SCHEMA = """
PRAGMA foreign_keys = ON;
CREATE TABLE IF NOT EXISTS numbers (number INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS halves (
    half INTEGER REFERENCES numbers (number) DEFERRABLE INITIALLY DEFERRED
);
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "memory.sqlite"


@pytest.fixture
def memory(path):
    made = Memory(path, SCHEMA)
    yield made
    made.close()


def run(memory, *queries):
    with memory.atomically():
        for query in queries:
            memory._run(query)


def test_memory__durability__is_full(memory, path):
    """What a commit promised survives a power cut, not only a crash."""
    assert memory._run("PRAGMA synchronous") == [(2,)]
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_memory__another_process_writes__is_waited_for_half_a_minute(memory):
    assert memory._run("PRAGMA busy_timeout") == [(30_000,)]


def test_memory__its_folder__is_the_owners_alone(memory, path):
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("queries", "said"),
    [
        (["INSERT INTO nowhere VALUES (1)"], "no such table"),
        (["INSERT INTO halves VALUES (3)"], "FOREIGN KEY constraint failed"),
        (["INSERT OR ROLLBACK INTO numbers VALUES (1)"] * 2, "UNIQUE constraint failed"),
    ],
    ids=["in the middle", "at the commit", "undone by the database itself"],
)
def test_atomically__fails__keeps_nothing_says_why_and_works_again(memory, queries, said):
    with pytest.raises(sqlite3.Error, match=said):
        run(memory, "INSERT INTO numbers VALUES (7)", *queries)
    run(memory, "INSERT INTO numbers VALUES (8)")
    assert memory._run("SELECT number FROM numbers") == [(8,)]
