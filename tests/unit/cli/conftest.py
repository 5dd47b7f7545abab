import pytest

from tests.support.terminal import Terminal


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty XMBL_HOME, with no variable of the developer's own in the way."""
    for variable in ("XMBL_NETWORK", "XMBL_WALLET", "XMBL_PASSWORD_FILE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XMBL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def terminal(home, capsys):
    """A person at a terminal with an empty home."""
    return Terminal(capsys)
