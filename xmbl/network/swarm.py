"""A libp2p host that can stand among strangers: one transport, one cipher, and room only for so many."""

import logging

from libp2p import create_yamux_muxer_option
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.host.basic_host import BasicHost
from libp2p.identity.identify_push.identify_push import ID_PUSH as IDENTIFY_PUSH
from libp2p.io.abc import ReadWriteCloser
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.upgrader import TransportUpgrader
from multiaddr import Multiaddr

CONNECTIONS = 256
"""Connections at once, in and out."""

log = logging.getLogger(__name__)


class Network(Swarm):
    """Connections to peers. An accepted one frees its place when it closes, not when the host stops."""

    async def _do_handle_inbound_connection(
        self,
        read_write_closer: ReadWriteCloser,
        maddr: Multiaddr,
        failure_event: object,  # noqa: ARG002
    ) -> None:
        connection = await self.upgrade_inbound_raw_conn(RawConnection(read_write_closer, False), maddr)
        await connection.event_closed.wait()  # type: ignore[attr-defined]


class Node(BasicHost):
    """A host that answers who it is, and asks nobody: what a peer says of itself isn't believed."""

    def _schedule_identify(self, peer_id: ID, *, reason: str) -> None:
        log.debug("identify of %s skipped: %s", peer_id, reason)


def build(seed: bytes) -> Node:
    """A host that isn't running yet, with the identity of a 32-byte ed25519 seed."""
    keys = create_new_key_pair(seed)
    peer_id, peers = ID.from_pubkey(keys.public_key), PeerStore()
    peers.add_key_pair(peer_id, keys)
    noise = Noise(keys, noise_privkey=create_noise_key_pair().private_key)
    upgrader = TransportUpgrader({NOISE: noise}, create_yamux_muxer_option())
    limits = ConnectionConfig(
        max_connections=CONNECTIONS, high_watermark=CONNECTIONS, min_connections=0, low_watermark=0
    )
    network = Network(
        peer_id, peers, upgrader, [TCP()], retry_config=RetryConfig(max_retries=0), connection_config=limits
    )
    node = Node(network, disable_identify_address_discovery=True)
    node.remove_stream_handler(IDENTIFY_PUSH)
    return node
