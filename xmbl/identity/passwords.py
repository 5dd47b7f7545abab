"""Password files: their first line is the password, for whoever reads them."""

from pathlib import Path

from xmbl.errors import ConfigError, KeystoreError


def read_password(path: Path) -> str:
    """The first line of a file without its line end; `KeystoreError` without a file, `ConfigError` without
    a password in it."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        raise KeystoreError(f"There is no password file {path}; write one.") from None
    password = text.partition("\n")[0].rstrip("\r")
    if not password:
        raise ConfigError(f"The first line of {path} is empty; the password belongs there.")
    return password
