"""One reader of password files for commands and nodes."""

import pytest

from xmbl.errors import ConfigError, KeystoreError
from xmbl.identity.passwords import read_password


@pytest.mark.parametrize("text", ["correct horse", "correct horse\n", "correct horse\r\nsecond line\n"])
def test_read_password__any_line_end__is_the_first_line(tmp_path, text):
    (tmp_path / "password").write_bytes(text.encode())
    assert read_password(tmp_path / "password") == "correct horse"


@pytest.mark.parametrize("text", ["", "\n", "\r\nsecond line\n"])
def test_read_password__empty_first_line__is_refused(tmp_path, text):
    (tmp_path / "password").write_bytes(text.encode())
    with pytest.raises(ConfigError, match=r"first line of .* is empty"):
        read_password(tmp_path / "password")


def test_read_password__no_file__is_refused(tmp_path):
    with pytest.raises(KeystoreError, match="no password file"):
        read_password(tmp_path / "password")
