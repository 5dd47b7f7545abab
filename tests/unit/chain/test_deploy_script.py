"""What `ape run deploy` asks to be said on a network that isn't thrown away."""

from types import SimpleNamespace

import click
import pytest

from scripts import deploy as script
from xmbl.chain.deploy import PRESETS


@pytest.fixture
def network(monkeypatch):
    """The network that Ape is connected to, with an account "deployer"."""
    connected = SimpleNamespace(is_local=False)
    known = {"deployer": SimpleNamespace(address="0x" + "11" * 20, set_autosign=lambda _: None)}
    monkeypatch.setattr(script, "networks", SimpleNamespace(provider=SimpleNamespace(network=connected)))
    monkeypatch.setattr(
        script, "accounts", SimpleNamespace(load=known.__getitem__, test_accounts=["test account"])
    )
    return connected


def test_require_meant__unknown_chain__wants_yes(network):
    with pytest.raises(click.UsageError, match="Chain 777777 is none that I know; repeat with --yes"):
        script.require_meant(777_777, yes=False)
    script.require_meant(777_777, yes=True)
    script.require_meant(1, yes=False)
    network.is_local = True
    script.require_meant(777_777, yes=False)


def test_signer__live_network__wants_a_known_payer(network):
    with pytest.raises(click.UsageError, match="Say who pays: --account NAME"):
        script.signer(None, yes=True)
    with pytest.raises(click.UsageError, match="Ape has no account 'nobody'"):
        script.signer("nobody", yes=True)
    assert script.signer("deployer", yes=True).address == "0x" + "11" * 20
    network.is_local = True
    assert script.signer(None, yes=False) == "test account"


def test_parameters__live_network__wants_a_preset(network):
    with pytest.raises(click.UsageError, match="Say which numbers: --preset devnet or mainnet"):
        script.parameters(None)
    assert script.parameters("mainnet") == PRESETS["mainnet"]
    network.is_local = True
    assert script.parameters(None) == PRESETS["devnet"]


@pytest.mark.usefixtures("network")
def test_parameters__a_bond__replaces_the_presets():
    numbers = script.parameters("mainnet", bond=7)
    assert numbers.market.bond == 7
    assert numbers.market.window == PRESETS["mainnet"].market.window
