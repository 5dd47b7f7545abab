"""A manifest is sealed to its wallet, whole or absent, and its numbers are used once."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from xmbl.crypto.envelope import new_key, open_secret, seal_secret
from xmbl.crypto.typed_data import Deal, Terms
from xmbl.errors import Busy, ConfigError, Corrupt, UsageError
from xmbl.storage.manifest import Manifest, Manifests, Part, Replica, ReplicaState, dump, parse

KEY = b"\5" * 32
CLIENT, OPERATOR = "0x" + "11" * 20, "0x" + "22" * 20
TERMS = Terms(CLIENT, OPERATOR, 4, 10, 500, 30, 2, 14, 3, 100, 2**62)
DEAL = Deal(OPERATOR, b"\7" * 32, TERMS)
MANIFEST = Manifest(
    "file", 31337, OPERATOR, CLIENT, b"\1" * 32, 30, 10**15, False, "file", 1000,
    (Part(0, 0, 1000, "ab" * 32),),
    (
        Replica(0, 0, ReplicaState.LOST, DEAL, b"\2" * 65, 3),
        Replica(1, 0, ReplicaState.OPEN, DEAL, b"\2" * 65, 4, b"\3" * 16, "bafy"),
        Replica(2, 0),
    ),
    (OPERATOR,),
)  # fmt: skip


@pytest.fixture
def manifests(tmp_path: Path) -> Manifests:
    return Manifests(tmp_path / "manifests", KEY)


def test_parse__a_dumped_manifest__is_the_same():
    assert parse(dump(MANIFEST, KEY), KEY) == MANIFEST


def test_dump__sealed__shows_neither_name_nor_key():
    sealed = dump(replace(MANIFEST, name="diary"), KEY)
    assert b"diary" not in sealed
    assert MANIFEST.key.hex().encode() not in sealed


def test_parse__another_wallets_key__is_refused():
    with pytest.raises(Corrupt, match="belongs to another wallet"):
        parse(dump(MANIFEST, KEY), new_key())


@pytest.mark.parametrize("at", [0, 40, -1])
def test_parse__a_changed_byte__is_refused(at):
    sealed = bytearray(dump(MANIFEST, KEY))
    sealed[at] ^= 1
    with pytest.raises(Corrupt):
        parse(bytes(sealed), KEY)


def test_parse__of_the_version_before__has_deals_of_unchanged_ends():
    older = open_secret(KEY, dump(MANIFEST, KEY)).replace(b'"version": 3', b'"version": 2')
    assert parse(seal_secret(KEY, older.replace(b', "end": 0, "terminated": false}', b"}")), KEY) == MANIFEST


def test_parse__of_another_version__is_refused():
    newer = open_secret(KEY, dump(MANIFEST, KEY)).replace(b'"version": 3', b'"version": 4')
    with pytest.raises(Corrupt, match="another version of XMBL"):
        parse(seal_secret(KEY, newer), KEY)


def test_next_number__with_lost_replicas__is_above_all_that_ever_were():
    assert MANIFEST.next_number() == 3
    assert replace(MANIFEST, replicas=()).next_number() == 0


def test_holders__of_a_part__those_that_stand_come_first():
    assert [replica.number for replica in MANIFEST.holders(0)] == [1, 0]


def test_standing__without_the_lost__is_complete_when_all_are_open():
    assert [replica.number for replica in MANIFEST.standing()] == [1, 2]
    assert not MANIFEST.complete()
    assert MANIFEST.without(2).complete()


def test_promised__without_a_deal__is_refused():
    with pytest.raises(UsageError, match="Replica 2 has no deal yet"):
        MANIFEST.replica(2).promised()


def test_replica__of_an_unknown_number__is_refused():
    with pytest.raises(UsageError, match="no replica 9"):
        MANIFEST.replica(9)


def test_shunning__the_same_operator_twice__names_it_once():
    assert MANIFEST.shunning(CLIENT).shunning(CLIENT).shunned == (CLIENT, OPERATOR)


def test_tag__of_a_file__differs_from_its_key_and_from_others():
    assert MANIFEST.tag() != replace(MANIFEST, key=b"\2" * 32).tag()
    assert MANIFEST.tag() not in MANIFEST.key.hex()


def test_load__what_was_saved__is_the_same(manifests):
    manifests.save(MANIFEST)
    assert manifests.names() == ["file"]
    assert manifests.load("file") == MANIFEST


def test_load__nothing_of_that_name__says_how_to_look(manifests):
    with pytest.raises(UsageError, match="xmbl deal list"):
        manifests.load("file")


@pytest.mark.parametrize("name", ["../file", "a/b", "", ".hidden"])
def test_path__a_name_that_leaves_the_folder__is_refused(manifests, name):
    with pytest.raises(ConfigError):
        manifests.path(name)


def test_locked__while_another_works_on_it__is_busy_and_free_again_after(manifests, tmp_path):
    other = Manifests(tmp_path / "manifests", KEY)
    with manifests.locked("file"):
        with pytest.raises(Busy, match="Another process works on 'file'; wait until it is done"):
            other.locked("file").__enter__()
        with other.locked("another"):
            pass
    with other.locked("file"):
        assert other.names() == []


def test_locked__its_process_was_killed__is_free(manifests, tmp_path):
    hold = (
        "import sys, time; from pathlib import Path; from xmbl.storage.manifest import Manifests\n"
        "with Manifests(Path(sys.argv[1]), bytes(32)).locked('file'): print(flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", hold, str(tmp_path / "manifests")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        holder.stdout.readline()
        with pytest.raises(Busy):
            manifests.locked("file").__enter__()
        holder.kill()
    with manifests.locked("file"):
        pass


def test_restore__a_backup__is_taken_in(manifests, tmp_path):
    manifests.save(MANIFEST)
    manifests.backup("file", tmp_path / "backup")
    manifests.path("file").unlink()
    assert manifests.restore(tmp_path / "backup") == MANIFEST
    assert manifests.load("file") == MANIFEST


def test_restore__what_is_here_already__changes_nothing(manifests, tmp_path):
    manifests.save(MANIFEST)
    manifests.backup("file", tmp_path / "backup")
    assert manifests.restore(tmp_path / "backup") == MANIFEST


@pytest.mark.parametrize(
    "here",
    [
        replace(MANIFEST, key=b"\2" * 32),
        MANIFEST.with_replica(Replica(3, 0, ReplicaState.OPEN, DEAL, b"\2" * 65, 5, b"\4" * 16)),
        MANIFEST.without(2),
    ],
    ids=["another file", "newer", "older"],
)
def test_restore__over_something_else__is_refused_unless_it_may_be_replaced(manifests, tmp_path, here):
    manifests.save(MANIFEST)
    manifests.backup("file", tmp_path / "backup")
    manifests.save(here)
    with pytest.raises(UsageError, match=r"is stored as 'file' here; move \S+ away first"):
        manifests.restore(tmp_path / "backup")
    assert manifests.load("file") == here
    assert manifests.restore(tmp_path / "backup", replace=True) == manifests.load("file") == MANIFEST


def test_restore__over_a_damaged_one__may_replace_it(manifests, tmp_path):
    manifests.save(MANIFEST)
    manifests.backup("file", tmp_path / "backup")
    manifests.path("file").write_bytes(b"damaged")
    with pytest.raises(Corrupt):
        manifests.restore(tmp_path / "backup")
    assert manifests.restore(tmp_path / "backup", replace=True) == manifests.load("file")


def test_restore__while_another_works_on_it__is_busy(manifests, tmp_path):
    manifests.save(MANIFEST)
    manifests.backup("file", tmp_path / "backup")
    with manifests.locked("file"), pytest.raises(Busy):
        manifests.restore(tmp_path / "backup", replace=True)
