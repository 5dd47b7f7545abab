"""Wallets open by their password only, stay private on the disk, and are never overwritten or shown."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from xmbl.errors import KeystoreError, UsageError
from xmbl.identity.keystore import Keystore

LIGHT = 2
KEY = "0x" + "11" * 32
ADDRESS = Account.from_key(KEY).address
PASSWORD = "correct horse"


@pytest.fixture
def keystore(tmp_path: Path) -> Keystore:
    return Keystore(tmp_path / "wallets", LIGHT)


def test_new__fresh_name__opens_by_its_password(keystore: Keystore) -> None:
    address = keystore.new("client", PASSWORD)
    assert keystore.address("client") == address
    assert keystore.unlock("client", PASSWORD).address == address


def test_new__twice__makes_different_keys(keystore: Keystore) -> None:
    assert keystore.new("operator", PASSWORD) != keystore.new("agent", PASSWORD)
    assert keystore.list() == ("agent", "operator")


@pytest.mark.parametrize("key", [KEY, KEY[2:], f"  {KEY}\n", KEY.upper().replace("X", "x")])
def test_import_key__hexadecimal_digits__keeps_that_key(keystore: Keystore, key: str) -> None:
    assert keystore.import_key("client", key, PASSWORD) == ADDRESS
    assert bytes(keystore.unlock("client", PASSWORD).key).hex() == KEY[2:]


@pytest.mark.parametrize("key", ["", "11" * 31, "zz" * 32, "11" * 33, "{}"])
def test_import_key__not_64_digits__refused_without_showing_it(keystore: Keystore, key: str) -> None:
    with pytest.raises(UsageError, match="not a private key") as caught:
        keystore.import_key("client", key, PASSWORD)
    assert not key or key not in str(caught.value)


@pytest.mark.parametrize("key", ["00" * 32, "ff" * 32])
def test_import_key__number_off_the_curve__refused_without_showing_it(keystore: Keystore, key: str) -> None:
    with pytest.raises(UsageError, match="no private key of the curve") as caught:
        keystore.import_key("client", key, PASSWORD)
    assert key not in str(caught.value)
    assert caught.value.__suppress_context__


def test_import_file__of_eth_account__keeps_its_key(keystore: Keystore) -> None:
    text = json.dumps(Account.encrypt(KEY, PASSWORD, "pbkdf2", 1))
    assert keystore.import_file("client", text, PASSWORD) == ADDRESS
    assert json.loads(keystore.export("client"))["crypto"]["kdf"] == "scrypt"
    assert keystore.unlock("client", PASSWORD).address == ADDRESS


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"version": 1}'])
def test_import_file__not_a_keystore__refused(keystore: Keystore, text: str) -> None:
    with pytest.raises(KeystoreError, match="The file is not a keystore of version 3"):
        keystore.import_file("client", text, PASSWORD)


def test_import_file__wrong_password__refused(keystore: Keystore) -> None:
    text = json.dumps(Account.encrypt(KEY, PASSWORD, "scrypt", LIGHT))
    with pytest.raises(KeystoreError, match="password doesn't open the file"):
        keystore.import_file("client", text, "wrong")
    assert keystore.list() == ()


def test_export__kept_key__opens_in_eth_account(keystore: Keystore) -> None:
    keystore.import_key("client", KEY, PASSWORD)
    assert Account.decrypt(keystore.export("client"), PASSWORD).hex().removeprefix("0x") == KEY[2:]


def test_new__without_a_work_factor__seals_by_2_to_the_18(tmp_path: Path) -> None:
    keystore = Keystore(tmp_path)
    keystore.new("client", PASSWORD)
    parameters = json.loads(keystore.export("client"))["crypto"]["kdfparams"]
    assert (parameters["n"], parameters["r"], parameters["p"]) == (2**18, 8, 1)


@pytest.mark.parametrize("password", ["", "Correct horse", "correct horse "])
def test_unlock__wrong_password__refused(keystore: Keystore, password: str) -> None:
    keystore.new("client", PASSWORD)
    with pytest.raises(KeystoreError, match="password doesn't open wallet client; try again"):
        keystore.unlock("client", password)


def test_unlock__unknown_name__refused(keystore: Keystore) -> None:
    for ask in (keystore.address, keystore.export, lambda name: keystore.unlock(name, PASSWORD)):
        with pytest.raises(KeystoreError, match="no wallet client"):
            ask("client")


def test_list__no_folder_yet__is_empty(keystore: Keystore) -> None:
    assert keystore.list() == ()


def test_list__foreign_files__are_passed_over(keystore: Keystore, tmp_path: Path) -> None:
    keystore.new("client", PASSWORD)
    for name in ("Notes.json", "client.txt", ".hidden.json"):
        (tmp_path / "wallets" / name).write_text("{}")
    assert keystore.list() == ("client",)


@pytest.mark.parametrize("name", ["", "Client", "a/b", "..", "../client", "a.b", "-a", "a" * 65, "a\n", "ä"])
def test_path__name_that_could_leave_the_folder__refused(keystore: Keystore, name: str) -> None:
    for ask in (keystore.path, keystore.address, keystore.require_free, lambda n: keystore.new(n, PASSWORD)):
        with pytest.raises(UsageError, match="can't name a wallet"):
            ask(name)


def test_new__name_taken__keeps_the_old_key(keystore: Keystore) -> None:
    address = keystore.new("client", PASSWORD)
    with pytest.raises(KeystoreError, match="There is a wallet client already"):
        keystore.new("client", "another")
    assert keystore.unlock("client", PASSWORD).address == address


def test_new__name_taken_in_the_meantime__keeps_the_old_key(
    keystore: Keystore, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = keystore.new("client", PASSWORD)
    monkeypatch.setattr(Keystore, "require_free", lambda *_: None)
    with pytest.raises(KeystoreError, match="There is a wallet client already"):
        keystore.new("client", "another")
    assert keystore.address("client") == address


def test_new__file_and_folder__are_private(keystore: Keystore, tmp_path: Path) -> None:
    (tmp_path / "wallets").mkdir(mode=0o755)
    keystore.new("client", PASSWORD)
    assert (tmp_path / "wallets").stat().st_mode & 0o777 == 0o700
    assert keystore.path("client").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (tmp_path / "wallets").iterdir()] == ["client.json"]


def test_export__file__holds_neither_key_nor_password(keystore: Keystore) -> None:
    keystore.import_key("client", KEY, PASSWORD)
    assert KEY[2:] not in keystore.export("client")
    assert PASSWORD not in keystore.export("client")


@pytest.mark.parametrize("text", ["", "{", '{"version": 3}', '{"version": 3, "address": "zz"}'])
def test_address__damaged_file__refused(keystore: Keystore, text: str) -> None:
    keystore.new("client", PASSWORD)
    keystore.path("client").write_text(text)
    with pytest.raises(KeystoreError, match="restore it from a backup"):
        keystore.address("client")


def test_unlock__damaged_file__refused(keystore: Keystore) -> None:
    keystore.new("client", PASSWORD)
    document = json.loads(keystore.export("client"))
    del document["crypto"]["kdfparams"]
    keystore.path("client").write_text(json.dumps(document))
    with pytest.raises(KeystoreError, match="restore it from a backup"):
        keystore.unlock("client", PASSWORD)


def test_unlock__address_forged_in_the_file__refused(keystore: Keystore) -> None:
    keystore.new("client", PASSWORD)
    document = json.loads(keystore.export("client"))
    document["address"] = "00" * 20
    keystore.path("client").write_text(json.dumps(document))
    with pytest.raises(KeystoreError, match="isn't its key's"):
        keystore.unlock("client", PASSWORD)
