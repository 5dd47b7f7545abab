"""anvil, spoken to in batches: thousands of transactions, events and slots a second."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlparse

from eth_abi.abi import encode
from eth_utils.crypto import keccak
from web3 import HTTPProvider
from web3.contract.contract import Contract

from tests.support.gas_world import Node, compiled

_GAS = 2_000_000


@dataclass(frozen=True)
class Log:
    """One event."""

    topics: list[bytes]
    data: bytes


class Chain:
    """anvil, spoken to in batches; every transaction is the deployer's unless it says otherwise."""

    def __init__(self, node: Node) -> None:
        assert isinstance(node.w3.provider, HTTPProvider)
        where = urlparse(str(node.w3.provider.endpoint_uri))
        self._http = HTTPConnection(where.hostname or "", where.port, timeout=120)
        self._ids = count()

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def ask(self, calls: Iterable[tuple[str, list[Any]]]) -> list[Any]:
        """The answers to many calls, in their order."""
        asked = [
            {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params}
            for method, params in calls
        ]
        if not asked:
            return []
        self._http.request("POST", "/", json.dumps(asked), {"Content-Type": "application/json"})
        answers = {each["id"]: each for each in json.loads(self._http.getresponse().read())}
        for each in answers.values():
            if "error" in each:
                raise RuntimeError(each["error"])
        return [answers[each["id"]]["result"] for each in asked]

    def send(self, calls: Sequence[tuple[str, bytes]], sender: str) -> list[list[Log] | None]:
        """(contract, data) each as a transaction of one block: the events of each, None where it reverts."""
        nonce = int(self.ask([("eth_getTransactionCount", [sender, "latest"])])[0], 16)
        self.ask(
            (
                "eth_sendTransaction",
                [
                    {
                        "from": sender, "to": to, "data": "0x" + data.hex(), "gas": hex(_GAS),
                        "gasPrice": hex(10**10), "nonce": hex(nonce + place),
                    }
                ],
            )
            for place, (to, data) in enumerate(calls)
        )  # fmt: skip
        self.mine(1)
        receipts = self.ask([("eth_getBlockReceipts", ["latest"])])[0]
        if len(receipts) != len(calls):
            raise RuntimeError(f"{len(receipts)} of {len(calls)} transactions fit the block")
        return [_logs(receipt) if receipt["status"] == "0x1" else None for receipt in receipts]

    def write(self, words: Iterable[tuple[str, int, int]]) -> None:
        """(contract, slot, word) into storage."""
        self.ask(
            ("anvil_setStorageAt", [contract, f"0x{slot:064x}", f"0x{word:064x}"])
            for contract, slot, word in words
        )

    def read(self, slots: Iterable[tuple[str, int]]) -> list[int]:
        """The words in some slots."""
        asked = [("eth_getStorageAt", [contract, f"0x{slot:064x}", "latest"]) for contract, slot in slots]
        return [int(word, 16) for word in self.ask(asked)]

    def mine(self, blocks: int) -> None:
        """Let blocks pass."""
        self.ask([("anvil_mine", [hex(blocks)])])

    def next_block(self) -> int:
        """The number of the block that the next transactions are in."""
        return int(self.ask([("eth_blockNumber", [])])[0], 16) + 1


def _logs(receipt: dict[str, Any]) -> list[Log]:
    return [
        Log([bytes.fromhex(topic[2:]) for topic in log["topics"]], bytes.fromhex(log["data"][2:]))
        for log in receipt["logs"]
    ]


class Slots:
    """The slots of one mapping of one contract."""

    def __init__(self, contract: str, address: str, *path: str) -> None:
        found = compiled(contract)["layout"]["storage_layout"]
        for name in path:
            found = found[name]
        self.address = address
        self._slot = int(found["slot"]).to_bytes(32, "big")

    def at(self, *keys: str | bytes | int) -> tuple[str, int]:
        """Contract and slot of what these keys lead to."""
        slot = self._slot
        for key in keys:
            slot = keccak(slot + _word(key))
        return self.address, int.from_bytes(slot, "big")


def _word(key: str | bytes | int) -> bytes:
    if isinstance(key, int):
        return key.to_bytes(32, "big")
    return key if isinstance(key, bytes) else bytes.fromhex(key[2:]).rjust(32, b"\0")


def call(contract: Contract, signature: str, *arguments: object) -> tuple[str, bytes]:
    """(contract, data) of a call."""
    types = signature.partition("(")[2][:-1]
    return contract.address, keccak(text=signature)[:4] + encode(_split(types), arguments)


def _split(types: str) -> list[str]:
    """The types of a signature, of which one may be a tuple."""
    found, depth = [""], 0
    for letter in types:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "," and depth == 0:
            found.append("")
        else:
            found[-1] += letter
    return [each for each in found if each]
