"""How fast the parts are, each beside the limit that this machine sets in the same run.

Speeds (MB/s) are compared with a speed, times (ms, µs) with a time; `ratio` is value / limit. Each figure
is the best of a few tries over a file in the page cache. Run it on an idle machine.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path

import click

from xmbl.crypto.cids import CidBuilder
from xmbl.crypto.envelope import CHUNK_PLAIN, CHUNK_SEALED, Sealer
from xmbl.crypto.ingest import Ingest, Landing
from xmbl.crypto.merkle import ProofTree, TreeBuilder, build_tree

TRIES = 3
STARTS = 15
PROOFS = 500


@dataclass(frozen=True)
class Figure:
    """What was measured, and what couldn't be beaten, both in `unit`."""

    value: float
    unit: str
    limit: float

    def document(self) -> dict[str, float | str]:
        """The figure as `--json` prints it."""
        ratio = round(self.value / self.limit, 3)
        return {
            "value": round(self.value, 3),
            "unit": self.unit,
            "limit": round(self.limit, 3),
            "ratio": ratio,
        }


class Sample:
    """The file that the parts are measured on, and the speed limits that it gives."""

    def __init__(self, folder: Path, size: int) -> None:
        self.path, self.size = folder / "sample", size
        self.path.write_bytes(os.urandom(size))

    def pieces(self, length: int) -> Iterator[bytes]:
        """The file's bytes, read piece by piece."""
        with self.path.open("rb", buffering=0) as file:
            while piece := file.read(length):
                yield piece

    def speed(self, work: Callable[[], object]) -> float:
        """MB/s of work that goes over all bytes once."""
        return self.size / _best(work) / 1e6

    @cache  # noqa: B019 - one sample a run
    def sha256_speed(self) -> float:
        """MB/s of plain SHA-256 on one core: what all hashing is held against."""
        return self.speed(self._sha256)

    def _sha256(self) -> None:
        digest = sha256()
        for piece in self.pieces(2**20):
            digest.update(piece)


def ingest(sample: Sample) -> Figure:
    """Seal, CID and tree in one pass, as the owner does before an upload."""

    def work() -> None:
        run = Ingest(Sealer(bytes(32)))
        for piece in sample.pieces(CHUNK_PLAIN):
            run.feed(piece)
        run.finish()

    return Figure(sample.speed(work), "MB/s", sample.sha256_speed())


def landing(sample: Sample) -> Figure:
    """CID and tree of sealed bytes, as the operator does while they arrive."""

    def work() -> None:
        run = Landing()
        for piece in sample.pieces(CHUNK_SEALED):
            run.update(piece)
        run.finish()

    return Figure(sample.speed(work), "MB/s", sample.sha256_speed())


def tree(sample: Sample) -> Figure:
    """The proof tree in one process."""

    def work() -> None:
        builder = TreeBuilder()
        for piece in sample.pieces(CHUNK_SEALED):
            builder.update(piece)
        builder.finish()

    return Figure(sample.speed(work), "MB/s", sample.sha256_speed())


def tree_of_file(sample: Sample) -> Figure:
    """The proof tree of a file in two processes."""
    return Figure(sample.speed(lambda: build_tree(sample.path)), "MB/s", sample.sha256_speed())


def cid(sample: Sample) -> Figure:
    """The CID."""

    def work() -> None:
        builder = CidBuilder()
        for piece in sample.pieces(CHUNK_SEALED):
            builder.update(piece)
        builder.finish()

    return Figure(sample.speed(work), "MB/s", sample.sha256_speed())


def seal(sample: Sample) -> Figure:
    """Sealing, beside the bare cipher over bytes that never leave the processor's cache."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

    def work() -> None:
        sealer = Sealer(bytes(32))
        for number, piece in enumerate(sample.pieces(CHUNK_PLAIN)):
            sealer.seal(number, piece)

    piece, count, cipher = bytes(CHUNK_PLAIN), sample.size // CHUNK_PLAIN, ChaCha20Poly1305(bytes(32))

    def bare() -> None:
        for _ in range(count):
            cipher.encrypt(bytes(12), piece, b"")

    return Figure(sample.speed(work), "MB/s", sample.speed(bare))


def proof(sample: Sample) -> Figure:
    """One leaf and its path from a tree on the disk, beside reading and hashing the 4 KiB around the leaf."""
    stored = sample.path.with_name("tree")
    build_tree(sample.path).dump(stored)
    built = ProofTree.load(stored)
    indices = [at * 7919 % built.leaves for at in range(PROOFS)]

    def read(offset: int, length: int) -> bytes:
        with sample.path.open("rb", buffering=0) as file:
            file.seek(offset)
            return file.read(length)

    value = _best(lambda: [built.path(index, read) for index in indices])
    limit = _best(lambda: [sha256(read(index // 16 * 4096, 4096)).digest() for index in indices])
    return Figure(value / PROOFS * 1e6, "µs", limit / PROOFS * 1e6)


def transfer(_: Sample) -> Figure:
    """One upload over a channel between two processes, beside a bare libp2p stream."""
    return _measured("bench_transfer", "measure")


def vouchers(_: Sample) -> Figure:
    """Vouchers that one core checks in a minute, beside what is asked of it."""
    return _measured("bench_reads", "vouchers")


def paid_stream(_: Sample) -> Figure:
    """A read that is paid and checked window by window between two processes, beside a bare libp2p stream."""
    return _measured("bench_reads", "stream")


def agent_10000(_: Sample) -> Figure:
    """What an operator with 10,000 deals computes in a period, beside a second."""
    return _measured("bench_agent", "measure")


def version(_: Sample) -> Figure:
    """`xmbl --version`, beside a Python that does nothing."""
    return _start("--version")


def help_(_: Sample) -> Figure:
    """`xmbl --help`, beside a Python that does nothing."""
    return _start("--help")


BENCHES: dict[str, Callable[[Sample], Figure]] = {
    "ingest": ingest,
    "landing": landing,
    "tree": tree,
    "tree_of_file": tree_of_file,
    "cid": cid,
    "seal": seal,
    "proof": proof,
    "transfer": transfer,
    "vouchers": vouchers,
    "paid_stream": paid_stream,
    "agent_10000": agent_10000,
    "version": version,
    "help": help_,
}


def _measured(script: str, what: str) -> Figure:
    found = getattr(import_module(script), what)()
    return Figure(float(found["value"]), str(found["unit"]), float(found["limit"]))


def _best(work: Callable[[], object], tries: int = TRIES) -> float:
    times = []
    for _ in range(tries):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def _start(option: str) -> Figure:
    program = str(Path(sys.executable).with_name("xmbl"))
    return Figure(_start_up([program, option]), "ms", _start_up([sys.executable, "-c", "pass"]))


def _start_up(command: list[str]) -> float:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def work() -> None:
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)

    return _best(work, STARTS) * 1e3


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*BENCHES]))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--mib", default=192, show_default=True, help="Size of the sample.")
def main(names: tuple[str, ...], as_json: bool, mib: int) -> None:
    """Measure the parts named, or all."""
    with tempfile.TemporaryDirectory() as folder:
        sample = Sample(Path(folder), mib * 2**20)
        figures = {name: BENCHES[name](sample).document() for name in names or BENCHES}
    if as_json:
        print(json.dumps(figures, indent=2))
        return
    for name, figure in figures.items():
        value, unit, limit, ratio = figure.values()
        print(f"{name:14}{value:>9} {unit:5} limit {limit:>8}  ratio {ratio}")


if __name__ == "__main__":
    main()
