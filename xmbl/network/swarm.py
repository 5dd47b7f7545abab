"""A libp2p host that can stand among strangers: one transport, one cipher, and room only for so many.

What py-libp2p does otherwise is mended here, and only here: connections that were accepted keep their
place after they have closed; names of protocols are read at any length; identify believes what a peer
says of itself; a failed dial bars a peer for a minute.
"""

import logging
from pathlib import Path
from typing import cast

from libp2p.abc import IMuxedConn, IRawConnection, ISecureConn
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.crypto.x25519 import create_new_key_pair as create_noise_key_pair
from libp2p.custom_types import TProtocol
from libp2p.host.basic_host import BasicHost
from libp2p.identity.identify_push.identify_push import ID_PUSH as IDENTIFY_PUSH
from libp2p.io.abc import ReadWriteCloser
from libp2p.network.config import ConnectionConfig, RetryConfig
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm
from libp2p.peer.id import ID
from libp2p.peer.peerstore import PeerStore
from libp2p.protocol_muxer.exceptions import MultiselectClientError, MultiselectError
from libp2p.security.noise.transport import PROTOCOL_ID as NOISE
from libp2p.security.noise.transport import Transport as Noise
from libp2p.transport.exceptions import MuxerUpgradeFailure
from libp2p.transport.tcp.tcp import TCP
from libp2p.transport.upgrader import TransportUpgrader
from multiaddr import Multiaddr

from xmbl.network.sockets import Short, Socket
from xmbl.network.yamux import Yamux

CONNECTIONS = 256
"""Connections at once, in and out."""

YAMUX = TProtocol("/yamux/1.0.0")

log = logging.getLogger(__name__)


class Upgrader(TransportUpgrader):
    """Noise and our Yamux on a socket, with every read bounded from the first byte."""

    async def upgrade_security(
        self, raw_conn: IRawConnection, is_initiator: bool, peer_id: ID | None = None
    ) -> ISecureConn:
        """A session with a peer who has proven to be `peer_id`, if one is given."""
        raw_conn = RawConnection(Socket(cast(RawConnection, raw_conn).stream), is_initiator)
        return await super().upgrade_security(raw_conn, is_initiator, peer_id)

    async def upgrade_connection(self, conn: ISecureConn, peer_id: ID) -> IMuxedConn:
        """Streams over that session."""
        try:
            short = cast(IRawConnection, Short(conn, conn.is_initiator))
            muxer = await self.muxer_multistream.select_transport(short)
        except (MultiselectError, MultiselectClientError) as error:
            raise MuxerUpgradeFailure("no multiplexer in common") from error
        return muxer(conn, peer_id)


class Network(Swarm):
    """Connections to peers."""

    async def _do_handle_inbound_connection(
        self,
        read_write_closer: ReadWriteCloser,
        maddr: Multiaddr,
        failure_event: object,  # noqa: ARG002 - libp2p's metrics, which nobody reads
    ) -> None:
        connection = await self.upgrade_inbound_raw_conn(RawConnection(read_write_closer, False), maddr)
        await cast(Yamux, connection).event_closed.wait()


class Node(BasicHost):
    """A host that answers who it is, and asks nobody."""

    def _schedule_identify(self, peer_id: ID, *, reason: str) -> None:
        log.debug("no identify of %s: %s", peer_id, reason)


def build(seed: bytes) -> tuple[Node, Network]:
    """A host and its network, not running yet, with the identity of a 32-byte ed25519 seed."""
    keys = create_new_key_pair(seed)
    peer_id, peers = ID.from_pubkey(keys.public_key), PeerStore()
    peers.add_key_pair(peer_id, keys)
    noise = Noise(keys, noise_privkey=create_noise_key_pair().private_key)
    limits = ConnectionConfig(
        max_connections=CONNECTIONS, high_watermark=CONNECTIONS, min_connections=0, low_watermark=0
    )
    network = Network(
        peer_id,
        peers,
        Upgrader({NOISE: noise}, {YAMUX: Yamux}),
        [TCP()],
        retry_config=RetryConfig(max_retries=0),
        connection_config=limits,
    )
    node = Node(network, disable_identify_address_discovery=True)
    node.remove_stream_handler(IDENTIFY_PUSH)
    return node, network


def quieten() -> None:
    """Keep libp2p's records off stderr: some go to its own logger, some to the root's.

    Whoever wants them gives the logger `libp2p` a handler. Configure logging before a host is opened.
    """
    root = logging.getLogger()
    root.addFilter(_is_not_of_libp2p)
    for logger in (root, logging.getLogger("libp2p")):
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


def _is_not_of_libp2p(record: logging.LogRecord) -> bool:
    return "libp2p" not in Path(record.pathname).parts
