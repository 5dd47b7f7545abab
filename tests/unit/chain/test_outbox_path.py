"""Where an outbox rests: commands, nodes and the demo find the same file."""

from types import SimpleNamespace

from xmbl.chain.outbox import outbox_path

ACCOUNT = "0x" + "AB" * 20


def test_outbox_path__another_genesis__is_another_file(tmp_path):
    chains = [
        SimpleNamespace(chain_id=31337, header=lambda _, byte=byte: SimpleNamespace(hash=bytes([byte]) * 32))
        for byte in (1, 2)
    ]
    first, second = (outbox_path(tmp_path, chain, ACCOUNT) for chain in chains)
    assert first == tmp_path / f"31337-01010101-0x{'ab' * 20}.sqlite"
    assert second.name.startswith("31337-02020202-")
