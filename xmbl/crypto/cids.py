"""Content ids as IPFS nodes compute them: UnixFS, CIDv1, raw leaves of 256 KiB, 174 links a node."""

from pathlib import Path

from aleph_cid import CidHasher

_PIECE_BYTES = 2**20


class CidBuilder:
    """Computes the CID of a stream of any pieces; Python's lock is free while it hashes."""

    def __init__(self) -> None:
        self._hasher = CidHasher.for_ipfs_v1_raw_leaves()

    def update(self, data: bytes) -> None:
        """Append to the stream."""
        self._hasher.update(data)

    def finish(self) -> str:
        """The CID of all that came: what `ipfs add --cid-version=1` prints. Call it once, last."""
        return self._hasher.finalize()


def cid_of_file(path: Path) -> str:
    """The CID of a file."""
    builder = CidBuilder()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE_BYTES):
            builder.update(piece)
    return builder.finish()
