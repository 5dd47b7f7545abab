"""Peers: the only room that knows libp2p.

`host` opens a libp2p host from a node key, serves protocols and dials peers; `channel` is what a
protocol is spoken over; `frames` are its messages; `addresses` reads multiaddrs and names peers.
Importing this package, `addresses`, `frames` or `channel` is cheap: libp2p comes with `host`.
"""
