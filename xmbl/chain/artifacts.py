"""The contracts as the compiler left them: what agents need to deploy and to call them.

The files are written by `scripts/export_artifacts.py` and travel in the package.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from xmbl.chain.abi import Abi, encode

_WORD = 32


@dataclass(frozen=True)
class Artifact:
    """One contract: `bytecode` creates it, `runtime` is what then lies on chain before its immutables."""

    name: str
    compiler: str
    abi: Abi
    bytecode: bytes
    runtime: bytes

    def creation(self, *arguments: object) -> bytes:
        """The data of the transaction that creates the contract with these arguments."""
        return self.bytecode + encode(self.abi.constructor, arguments)

    def matches(self, code: bytes) -> bool:
        """Whether code on chain is this contract; its immutables, which follow the code, may be any."""
        immutables = len(code) - len(self.runtime)
        return code.startswith(self.runtime) and immutables >= 0 and immutables % _WORD == 0


@cache
def artifact(name: str) -> Artifact:
    """The artifact of the contract `name`, such as "StorageDeals"."""
    text = files("xmbl.chain").joinpath("artifacts", f"{name}.json").read_text(encoding="utf-8")
    found = json.loads(text)
    return Artifact(
        name, found["compiler"], Abi(found["abi"]), bytes.fromhex(found["bytecode"][2:]),
        bytes.fromhex(found["runtime"][2:]),
    )  # fmt: skip
