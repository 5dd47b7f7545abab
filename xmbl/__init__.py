"""XMBL: a peer-to-peer economy for storage, computation and content."""
