"""`xmbl doctor` on machines with and without something wrong."""

import pytest

from tests.unit.cli.test_network_files import NETWORK
from xmbl import config
from xmbl.cli import doctor


def _state(document, name):
    return next(check for check in document["checks"] if check["name"] == name)


def test_doctor__fresh_machine__is_healthy_and_says_what_to_do_next(terminal):
    said = terminal("doctor", "--json")
    assert said.code == 0
    assert _state(said.document(), "network")["state"] == "note"
    assert "xmbl devnet" in _state(said.document(), "network")["remedy"]
    assert "xmbl wallet new" in _state(said.document(), "wallet")["remedy"]


def test_doctor__old_python__is_broken_with_a_remedy(terminal, monkeypatch):
    monkeypatch.setattr("sys.version_info", (3, 10, 0))
    said = terminal("doctor")
    assert said.code == 1
    assert "python: Use Python 3.11 or 3.12" in said.out
    assert "1 broken." in said.out


def test_doctor__full_disk__is_broken_with_a_remedy(terminal, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _folder: type("Usage", (), {"free": 2**20})())
    said = terminal("doctor", "--json")
    assert said.code == 1
    assert _state(said.document(), "disk")["detail"] == "1 MiB free"


def test_doctor__unwritable_folder__is_broken_and_the_rest_is_still_checked(terminal, home):
    home.mkdir()
    (home / "data").write_text("a file where a folder should be")
    said = terminal("doctor", "--json")
    assert said.code == 1
    assert _state(said.document(), "folders")["state"] == "broken"
    assert _state(said.document(), "wallet")


def test_doctor__broken_network_file__says_which_field(terminal, home):
    path = config.save_network(config.folders({"XMBL_HOME": str(home)}), NETWORK)
    path.write_text(path.read_text().replace("31337", '"x"'))
    finding = _state(terminal("doctor", "--json").document(), "network")
    assert finding["state"] == "broken"
    assert "chain_id" in finding["remedy"]


@pytest.mark.parametrize(("age", "state"), [(3, "ok"), (-30, "ok"), (-61, "broken"), (601, "note")])
def test_clock__age_of_newest_block__tells_whose_clock_is_wrong(age, state):
    assert doctor._clock(age).state == state
