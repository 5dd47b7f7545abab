"""`xmbl wallet` as far as it needs no chain."""

import json

import pytest

from xmbl.identity.keystore import Keystore

PASSWORD = "correct horse"
KEY = "0x" + "11" * 32
ADDRESS = "0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A"
FAST = 2


@pytest.fixture
def password(tmp_path, monkeypatch):
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    path.chmod(0o600)
    monkeypatch.setenv("XMBL_PASSWORD_FILE", str(path))
    return path


@pytest.fixture
def wallet(home):
    keystore = Keystore(home / "config" / "wallets", work=FAST)
    keystore.import_key("main", KEY, PASSWORD)
    return keystore


def test_new__name__makes_a_wallet_that_the_password_opens(terminal, home, password):
    address = terminal("wallet", "new", "fresh", "--json").document()["address"]
    assert Keystore(home / "config" / "wallets").unlock("fresh", PASSWORD).address == address


def test_new__taken_name__is_refused_before_a_password_is_asked(terminal, wallet):
    said = terminal("wallet", "new", "main")
    assert said.code == 1
    assert "already" in said.err


def test_new__name_with_a_path__is_refused(terminal):
    assert terminal("wallet", "new", "../x").code == 2


def test_import__key_in_a_file__is_kept(terminal, tmp_path, password):
    (tmp_path / "key").write_text(KEY + "\n")
    said = terminal("wallet", "import", "old", "--from", str(tmp_path / "key"))
    assert said.out == f"old  {ADDRESS}\n"
    assert KEY[2:] not in said.out + said.err


def test_import__keystore_file__is_kept(terminal, tmp_path, wallet, password):
    (tmp_path / "key.json").write_text(wallet.export("main"))
    assert ADDRESS in terminal("wallet", "import", "copy", "--from", str(tmp_path / "key.json")).out


def test_list__wallets__have_their_addresses(terminal, wallet):
    assert terminal("wallet", "list", "--json").document()["wallets"] == [
        {"name": "main", "address": ADDRESS}
    ]


def test_list__none__says_how_to_make_one(terminal):
    assert terminal("wallet", "list").out == "No wallets yet: `xmbl wallet new NAME`.\n"


def test_show__only_wallet__is_meant(terminal, wallet):
    assert terminal("wallet", "show", "--json").document()["address"] == ADDRESS


def test_show__several_wallets__asks_which(terminal, wallet):
    wallet.import_key("other", "0x" + "22" * 32, PASSWORD)
    said = terminal("wallet", "show")
    assert said.code == 2
    assert "Say --wallet NAME (main, other)" in said.err
    terminal("config", "use", "--wallet", "other")
    assert terminal("wallet", "show", "--json").document()["name"] == "other"


def test_show__no_wallet__says_how_to_make_one(terminal):
    assert "xmbl wallet new NAME" in terminal("wallet", "show").err


def test_export__default__is_the_sealed_file(terminal, wallet):
    assert json.loads(terminal("wallet", "export").out)["version"] == 3


def test_export__reveal_without_yes__shows_nothing(terminal, wallet, password):
    said = terminal("wallet", "export", "--reveal")
    assert said.code == 2
    assert KEY[2:] not in said.out + said.err


def test_export__reveal_with_yes__gives_the_key(terminal, wallet, password):
    assert terminal("wallet", "export", "--reveal", "--yes").out == f"{KEY}\n"


def test_export__to_a_file__is_private_and_never_overwrites_unasked(terminal, wallet, tmp_path):
    target = tmp_path / "backup.json"
    assert terminal("wallet", "export", "--to", str(target)).code == 0
    assert target.stat().st_mode & 0o077 == 0
    assert terminal("wallet", "export", "--to", str(target)).code == 2
    assert terminal("wallet", "export", "--to", str(target), "--yes").code == 0


def test_export__wrong_password__is_one_sentence(terminal, wallet, password):
    password.write_text("wrong password\n")
    said = terminal("wallet", "export", "--reveal", "--yes")
    assert said.code == 1
    assert "password doesn't open wallet main" in said.err


def test_send__typing_error_in_the_address__is_found(terminal, wallet):
    said = terminal("wallet", "send", ADDRESS.replace("2A", "2a"), "1")
    assert said.code == 2
    assert "typing error" in said.err


@pytest.mark.parametrize("amount", ["1.0000000000000000001", "abc", "-1", "1 btc"])
def test_send__impossible_amount__is_two(terminal, wallet, amount):
    assert terminal("wallet", "send", "--", ADDRESS, amount).code == 2
