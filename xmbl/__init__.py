"""XMBL: a peer-to-peer economy for storage, computation and content."""

__version__ = "0.1.0"
