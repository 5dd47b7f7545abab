"""Where a peer is and who it must be: multiaddrs over TCP, and peer ids of ed25519 keys."""

from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from xmbl.errors import UsageError

LONGEST = 128
"""Characters of the longest multiaddr that the registry holds."""

_KEY_PREFIX = bytes.fromhex("002408011220")
"""Identity multihash of 36 bytes, holding the protobuf {type: Ed25519, data: 32 bytes}."""

_EXAMPLE = "/ip4/203.0.113.7/tcp/4001/p2p/12D3KooW…"


@dataclass(frozen=True, slots=True)
class Address:
    """One TCP multiaddr; `peer_id` is empty where nobody in particular is expected."""

    kind: str
    host: str
    port: int
    peer_id: str = ""

    def __str__(self) -> str:
        return f"{self.socket()}/p2p/{self.peer_id}" if self.peer_id else self.socket()

    def socket(self) -> str:
        """The multiaddr without its /p2p/ part."""
        return f"/{self.kind}/{self.host}/tcp/{self.port}"


def peer_id_of(node_public_key: bytes) -> str:
    """The libp2p peer id of a 32-byte ed25519 public key, as the registry holds it."""
    import base58

    if len(node_public_key) != 32:
        raise UsageError(f"A node key has 32 bytes, this one has {len(node_public_key)}.")
    return base58.b58encode(_KEY_PREFIX + node_public_key).decode()


def node_key_of(peer_id: str) -> bytes:
    """The ed25519 public key inside a peer id; `UsageError` if it isn't one of an ed25519 key."""
    import base58

    try:
        raw = base58.b58decode(peer_id)
    except ValueError:
        raw = b""
    if len(raw) != len(_KEY_PREFIX) + 32 or not raw.startswith(_KEY_PREFIX):
        raise UsageError(f"{peer_id!r} is not the peer id of an ed25519 key; it begins with 12D3KooW.")
    return raw[len(_KEY_PREFIX) :]


def parse_address(text: str) -> Address:
    """The address in a multiaddr like `/ip4/203.0.113.7/tcp/4001/p2p/<peer id>`; `UsageError` otherwise."""
    parts = text.split("/")
    if len(text) > LONGEST or len(parts) not in (5, 7) or parts[0] or parts[3] != "tcp":
        raise UsageError(f"{text[:LONGEST]!r} is not a TCP multiaddr; write it like {_EXAMPLE}.")
    if len(parts) == 7 and parts[5] != "p2p":
        raise UsageError(f"{text!r} leads through {parts[5]!r}; only TCP to the peer itself is spoken here.")
    peer_id = parts[6] if len(parts) == 7 else ""
    if peer_id:
        node_key_of(peer_id)
    return Address(parts[1], _host(parts[1], parts[2], text), _port(parts[4], text), peer_id)


def _host(kind: str, host: str, text: str) -> str:
    try:
        if kind == "ip4":
            return str(IPv4Address(host))
        if kind == "ip6":
            return str(IPv6Address(host))
    except AddressValueError:
        raise UsageError(f"{host!r} in {text!r} is no address of {kind}; write it like {_EXAMPLE}.") from None
    if kind in ("dns", "dns4", "dns6") and host and host.replace("-", "").replace(".", "").isalnum():
        return host
    raise UsageError(f"{text!r} names no host that can be dialled; write it like {_EXAMPLE}.")


def _port(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdigit()) or int(digits) > 65_535:
        raise UsageError(f"{digits!r} in {text!r} is no TCP port; a port is a number up to 65535.")
    return int(digits)
