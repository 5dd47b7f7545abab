"""One pass over a stream: sealed, counted, hashed into its CID and its proof tree.

The tree's small hashes hold Python's lock, the CID's don't: so the CID runs in a thread beside it, one
piece behind at most.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from xmbl.crypto.cids import CidBuilder
from xmbl.crypto.envelope import CHUNK_PLAIN, CHUNK_SEALED, Sealer
from xmbl.crypto.merkle import ProofTree, TreeBuilder


@dataclass(frozen=True, slots=True)
class Ingested:
    """What a stream of sealed bytes turned out to be."""

    cid: str
    tree: ProofTree

    @property
    def root(self) -> bytes:
        """The proof root that a deal names."""
        return self.tree.root

    @property
    def size(self) -> int:
        """Sealed bytes."""
        return self.tree.size

    @property
    def leaves(self) -> int:
        """Proof leaves."""
        return self.tree.leaves


class Landing:
    """The operator's side: hashes sealed bytes as they land, in any pieces."""

    def __init__(self) -> None:
        self._tree = TreeBuilder()
        self._cid = CidBuilder()
        self._thread = ThreadPoolExecutor(1, "cid")
        self._behind: Future[None] | None = None
        self._pending = bytearray()

    def update(self, sealed: bytes) -> None:
        """Append to the stream; `UsageError` beyond the largest deal."""
        if not self._pending and len(sealed) == CHUNK_SEALED:
            self._hash(sealed)
            return
        self._pending += sealed
        while len(self._pending) >= CHUNK_SEALED:
            self._hash(bytes(self._pending[:CHUNK_SEALED]))
            del self._pending[:CHUNK_SEALED]

    def finish(self) -> Ingested:
        """What came, all in all; `UsageError` if nothing did. Call it once, last."""
        self._hash(bytes(self._pending))
        self.close()
        return Ingested(self._cid.finish(), self._tree.finish())

    def close(self) -> None:
        """End the thread, also of a stream that never came to its end; may be said twice."""
        self._thread.shutdown()

    def _hash(self, piece: bytes) -> None:
        if self._behind:
            self._behind.result()
        self._behind = self._thread.submit(self._cid.update, piece)
        self._tree.update(piece)


class Ingest:
    """The owner's side: plain bytes in, in any pieces; sealed chunks out, hashed on their way."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer
        self._landing = Landing()
        self._pending = bytearray()
        self._number = 0

    def feed(self, plain: bytes) -> list[bytes]:
        """Append to the stream; the sealed chunks that became full."""
        if not self._pending and len(plain) == CHUNK_PLAIN:
            return [self._seal(plain)]
        self._pending += plain
        sealed = []
        while len(self._pending) >= CHUNK_PLAIN:
            sealed.append(self._seal(bytes(self._pending[:CHUNK_PLAIN])))
            del self._pending[:CHUNK_PLAIN]
        return sealed

    def finish(self) -> tuple[bytes, Ingested]:
        """The last sealed chunk, and what all of them are. Call it once, last."""
        return self._seal(bytes(self._pending)), self._landing.finish()

    def _seal(self, plain: bytes) -> bytes:
        sealed = self._sealer.seal(self._number, plain)
        self._number += 1
        self._landing.update(sealed)
        return sealed
