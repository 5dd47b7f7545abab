"""A node key opens by its password only and stays what it was."""

import json
from pathlib import Path

import pytest

from xmbl.errors import KeystoreError
from xmbl.identity import node_key

LIGHT = 4


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "node" / "node_key.json"


def altered(path: Path, **fields: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_load__after_create__is_the_seed(path: Path) -> None:
    seed = node_key.create(path, "password", LIGHT)
    assert node_key.load(path, "password") == seed
    assert len(seed) == 32


def test_public_key__test_vector_of_rfc_8032__matches() -> None:
    seed = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    expected = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
    assert node_key.public_key(seed).hex() == expected


def test_public_key_of__file__needs_no_password(path: Path) -> None:
    seed = node_key.create(path, "password", LIGHT)
    assert node_key.public_key_of(path) == node_key.public_key(seed)


def test_create__file_and_folder__are_private_and_hold_no_seed(path: Path) -> None:
    seed = node_key.create(path, "password", LIGHT)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert seed.hex() not in path.read_text()


def test_create__key_there_already__keeps_it(path: Path) -> None:
    seed = node_key.create(path, "password", LIGHT)
    with pytest.raises(KeystoreError, match="There is a node key"):
        node_key.create(path, "password", LIGHT)
    assert node_key.load(path, "password") == seed


def test_load__wrong_password__refused(path: Path) -> None:
    node_key.create(path, "password", LIGHT)
    with pytest.raises(KeystoreError, match="password doesn't open the node key"):
        node_key.load(path, "Password")


def test_load__no_file__refused(path: Path) -> None:
    with pytest.raises(KeystoreError, match="There is no node key"):
        node_key.load(path, "password")


def test_load__public_key_forged__refused(path: Path) -> None:
    node_key.create(path, "password", LIGHT)
    altered(path, public_key="00" * 32)
    with pytest.raises(KeystoreError, match="isn't its seed's"):
        node_key.load(path, "password")


@pytest.mark.parametrize(
    "fields",
    [{"version": 2}, {"public_key": "00"}, {"public_key": None}, {"sealed_seed": "zz"}, {"sealed_seed": 5}],
)
def test_load__damaged_fields__refused(path: Path, fields: dict[str, object]) -> None:
    node_key.create(path, "password", LIGHT)
    altered(path, **fields)
    with pytest.raises(KeystoreError, match="is not a node key"):
        node_key.load(path, "password")


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_load__not_a_node_key__refused(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(KeystoreError, match="is not a node key"):
        node_key.load(path, "password")
