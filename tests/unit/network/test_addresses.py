"""Multiaddrs and peer ids."""

import pytest

from xmbl.errors import UsageError
from xmbl.network.addresses import node_key_of, parse_address, peer_id_of

KEY = bytes(range(32))
PEER = peer_id_of(KEY)


def test_peer_id_of__ed25519_key__as_libp2p_names_it() -> None:
    assert PEER == "12D3KooW9pP4Seg3kZYhySpuVjn1RPdQBsUFZKiFxGMGQN5MeL6A"
    assert node_key_of(PEER) == KEY


def test_peer_id_of__short_key__refused() -> None:
    with pytest.raises(UsageError, match="has 32 bytes, this one has 31"):
        peer_id_of(bytes(31))


@pytest.mark.parametrize(
    "text",
    [
        f"/ip4/127.0.0.1/tcp/4001/p2p/{PEER}",
        "/ip6/::1/tcp/0",
        "/dns4/node.example.org/tcp/65535",
    ],
)
def test_parse_address__tcp_multiaddr__kept_as_written(text: str) -> None:
    assert str(parse_address(text)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not a TCP multiaddr"),
        ("127.0.0.1:4001", "not a TCP multiaddr"),
        ("/ip4/127.0.0.1/udp/4001", "not a TCP multiaddr"),
        ("/ip4/127.0.0.1/tcp/4001/", "not a TCP multiaddr"),
        ("/dns4/" + "a" * 128 + "/tcp/1", "not a TCP multiaddr"),
        (f"/ip4/127.0.0.1/tcp/4001/ws/{PEER}", "leads through 'ws'"),
        ("/ip4/127.0.0.256/tcp/1", "no address of ip4"),
        ("/ip6/127.0.0.1/tcp/1", "no address of ip6"),
        ("/dns4/a b/tcp/1", "names no host"),
        ("/dns4//tcp/1", "names no host"),
        ("/unix/x/tcp/1", "names no host"),
        ("/ip4/127.0.0.1/tcp/65536", "no TCP port"),
        ("/ip4/127.0.0.1/tcp/-1", "no TCP port"),
        ("/ip4/127.0.0.1/tcp/²", "no TCP port"),
        ("/ip4/127.0.0.1/tcp/1/p2p/12D3KooW", "not the peer id"),
        ("/ip4/127.0.0.1/tcp/1/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N", "not the peer id"),
        ("/ip4/127.0.0.1/tcp/1/p2p/0OIl", "not the peer id"),
    ],
)
def test_parse_address__anything_else__refused(text: str, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        parse_address(text)
