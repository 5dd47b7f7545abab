"""What `ape console` has where XMBL isn't."""

from types import SimpleNamespace

import ape_console_extras as extras


def test_extras__a_live_chain_without_the_set__are_none_and_the_reason_is_told(monkeypatch, tmp_path):
    warned = []
    provider = SimpleNamespace(web3=None, network=SimpleNamespace(is_local=False))
    monkeypatch.setenv("XMBL_HOME", str(tmp_path))
    monkeypatch.setattr(extras, "networks", SimpleNamespace(provider=provider))
    monkeypatch.setattr(extras.Chain, "from_web3", lambda _: SimpleNamespace(chain_id=5))
    monkeypatch.setattr(extras, "logger", SimpleNamespace(warning=warned.append))
    assert extras.ape_init_extras() == {}
    assert len(warned) == 1
    assert "XMBL isn't on chain 5" in warned[0]
    assert "`ape run deploy`" in warned[0]
