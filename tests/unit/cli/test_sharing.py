"""What a shared file or a backup shows before anybody is asked for a secret: no wallet is here, no chain."""

import pytest

from xmbl.crypto.envelope import new_key, seal_secret, seal_with_password

LIGHT = 4
BACKUP = seal_secret(new_key(), b"manifest")
SHARE = seal_with_password("open, sesame", b"manifest", LIGHT)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "letter.share"


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"a photo", "ask for it again"),
        (b"", "ask for it again"),
        (SHARE[:25], "ask for it again"),
        (b"XMBLbox1" + bytes(100), "ask for it again"),
        (SHARE.replace(b"XMBLpwd1", b"XMBLpwd2"), "ask for it again"),
        (BACKUP, "it is a backup: `xmbl deal restore` takes it in"),
    ],
    ids=["another file", "nothing", "cut", "another box", "a later version", "a backup"],
)
def test_import__of_what_nobody_shared__is_refused_before_a_passphrase_is_asked(
    terminal, file, content, hint
):
    file.write_bytes(content)
    said = terminal("deal", "import", str(file))
    assert said.code == 2
    assert f"{file} is no file that `xmbl deal share` wrote, or not all of it; {hint}." in said.err


def test_import__under_a_name_that_cant_be__is_refused_before_a_passphrase_is_asked(terminal, file):
    file.write_bytes(SHARE)
    said = terminal("deal", "import", str(file), "--name", "../up")
    assert (said.code, "../up" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "hint"),
    [(b"a photo", "look for the right one"), (SHARE, "it was shared: `xmbl deal import` takes it in")],
    ids=["another file", "a share"],
)
def test_restore__of_what_is_no_backup__is_refused_before_a_password_is_asked(terminal, file, content, hint):
    file.write_bytes(content)
    said = terminal("deal", "restore", str(file))
    assert said.code == 2
    assert f"{file} is no backup by `xmbl deal backup`; {hint}." in said.err
