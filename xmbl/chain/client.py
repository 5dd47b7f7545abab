"""Reading a chain: typed, thread-safe, from whichever of several nodes answers."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from eth_utils import to_checksum_address

from xmbl.chain.call import Call
from xmbl.chain.endpoints import Endpoint, Endpoints, Waiting, connect
from xmbl.chain.logs import Log, Search, in_chunks
from xmbl.chain.past import Past
from xmbl.chain.refusals import Lagging
from xmbl.errors import ChainError, InsufficientFunds, Reverted

if TYPE_CHECKING:
    from web3 import Web3

Block = int | Literal["latest", "pending", "finalized"]

_KNOWN = ("already known", "already imported", "known transaction")
_USED = ("nonce too low", "invalid transaction nonce")
_UNDERPRICED = ("underpriced", "fee too low", "max fee per gas less than block base fee")


@dataclass(frozen=True)
class Header:
    """A block's header; `base_fee` in wei per gas."""

    number: int
    hash: bytes
    parent: bytes
    timestamp: int
    base_fee: int


@dataclass(frozen=True)
class Inclusion:
    """A transaction in a block; `fee` is what its gas cost in wei."""

    transaction: bytes
    block: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    fee: int


class Sent(Enum):
    """What a node says to a signed transaction that it doesn't plainly refuse."""

    ACCEPTED = 1
    KNOWN = 2
    NONCE_USED = 3
    UNDERPRICED = 4


class Chain:
    """One chain through one or several nodes; every wait is bounded by `timeout` and `patience` (seconds).

    `waiting` is entered with what is asked, for as long as an answer takes; `past` remembers old logs.
    All methods raise `RpcUnavailable` when no node answers and `WrongChain` when all serve another chain.
    """

    def __init__(
        self,
        urls: Sequence[str],
        chain_id: int,
        *,
        timeout: float = 15.0,
        patience: float = 30.0,
        waiting: Waiting = nullcontext,
        past: Past | None = None,
    ) -> None:
        self.chain_id = chain_id
        self._nodes = Endpoints([connect(url, timeout) for url in urls], chain_id, patience, waiting)
        self._past = past

    @classmethod
    def from_web3(cls, web3: "Web3") -> "Chain":
        """A chain behind a web3 that somebody else made: Ape's, or one with `EthereumTesterProvider`."""
        own = cls.__new__(cls)
        own.chain_id = web3.eth.chain_id
        own._nodes = Endpoints([Endpoint("this process", web3)], own.chain_id, patience=0)
        own._past = None
        return own

    def turn_away(self) -> None:
        """Prefer the next node from now on; the present one answers, but stands still."""
        self._nodes.turn_away()

    def block_number(self) -> int:
        """The newest block's number."""
        return int(self._nodes.ask(lambda web3: web3.eth.block_number))

    def header(self, block: Block = "latest") -> Header:
        """A block's header; `ChainError` when there is no such block (yet)."""
        found: Any = self._nodes.ask(lambda web3: web3.eth.get_block(block))
        return Header(
            found["number"], bytes(found["hash"]), bytes(found["parentHash"]), found["timestamp"],
            found.get("baseFeePerGas", 0),
        )  # fmt: skip

    def balance(self, address: str, block: Block = "latest") -> int:
        """Ether of an account, in wei."""
        return int(self._nodes.ask(lambda web3: web3.eth.get_balance(_address(address), block)))

    def nonce(self, address: str, block: Block = "latest") -> int:
        """How many transactions of the account are mined; with "pending", also those that wait."""
        return int(self._nodes.ask(lambda web3: web3.eth.get_transaction_count(_address(address), block)))

    def code(self, address: str, block: Block = "latest") -> bytes:
        """The code at an address; empty where there is no contract."""
        return bytes(self._nodes.ask(lambda web3: web3.eth.get_code(_address(address), block)))

    def tip(self) -> int:
        """The priority fee that the node proposes, in wei per gas."""
        return int(self._nodes.ask(lambda web3: web3.eth.max_priority_fee))

    def read(self, to: str, data: bytes, block: Block = "latest") -> bytes:
        """The output of a contract's function; `Reverted` with its reason."""
        return self._call({"to": _address(to), "data": data}, block, "")

    def simulate(self, call: Call, sender: str, block: Block = "latest") -> bytes:
        """What `call` would return on the state after `block`; `Reverted` as it would be on chain."""
        return self._call(_request(call, sender), block, call.sentence)

    def estimate(self, call: Call, sender: str) -> int:
        """Gas that `call` needs on the newest state; `Reverted` or `InsufficientFunds` when it can't run."""
        request = _request(call, sender)
        try:
            return int(self._nodes.ask(lambda web3: web3.eth.estimate_gas(request), call.sentence))
        except (Reverted, InsufficientFunds):
            raise
        except ChainError:
            # some nodes hide a revert behind words of their own: a plain call shows the reason
            self.simulate(call, sender)
            raise

    def broadcast(self, raw: bytes) -> Sent:
        """Hand a signed transaction to a node; `ChainError` when it refuses for good."""
        try:
            self._nodes.ask(lambda web3: web3.eth.send_raw_transaction(raw))
        except InsufficientFunds:
            raise
        except ChainError as error:
            outcome = _outcome(str(error).lower())
            if outcome is None:
                raise
            return outcome
        return Sent.ACCEPTED

    def inclusion(self, transaction: bytes) -> Inclusion | None:
        """Where a transaction was mined and what came of it; None while it isn't."""
        found: Any = self._nodes.ask(lambda web3: _or_none(web3.eth.get_transaction_receipt, transaction))
        if found is None or found.get("blockNumber") is None:
            return None
        return Inclusion(
            transaction, found["blockNumber"], bytes(found["blockHash"]), bool(found["status"]),
            found["gasUsed"], found["gasUsed"] * found.get("effectiveGasPrice", 0),
        )  # fmt: skip

    def knows(self, transaction: bytes) -> bool:
        """Whether the node holds the transaction, waiting or mined."""
        return self._nodes.ask(lambda web3: _or_none(web3.eth.get_transaction, transaction)) is not None

    def logs(self, search: Search, first: int, last: int | None = None) -> Iterator[Log]:
        """What a search finds in blocks `first` to `last` (both in; the newest if None), oldest first."""
        end = self.block_number() if last is None else last
        for _, found in in_chunks(partial(self._logs, search), first, end):
            yield from found

    def deep_logs(
        self, search: Search, first: int, last: int, last_hash: bytes
    ) -> Iterator[tuple[int, list[Log]]]:
        """The same chunk by chunk, each with its last block, from nodes that have `last` with this hash: one
        that is behind finds nothing in blocks that it hasn't, and says so by no word."""
        believed: set[int] = set()

        def require_last(web3: "Web3") -> None:
            if id(web3) not in believed and _hash_at(web3, last) != last_hash:
                raise Lagging
            believed.add(id(web3))

        return in_chunks(partial(self._logs, search, require=require_last), first, last)

    def history(self, search: Search, first: int, start: int) -> Iterator[Log]:
        """What a search finds from the block `start` to the newest, oldest first, by a contract that began in
        block `first`. Where the chain has a `past`, what can't change any more is asked for once."""
        if self._past is None:
            return self.logs(search, start)
        return self._past.history(self, search, first, start)

    def _logs(
        self, search: Search, first: int, last: int, require: Callable[["Web3"], None] = lambda _: None
    ) -> list[Log]:
        def question(web3: "Web3") -> Any:
            require(web3)
            return web3.eth.get_logs(search.query(first, last))

        found = [_log(each) for each in self._nodes.ask(question)]
        if not all(search.fits(each) and first <= each.block <= last for each in found):
            raise ChainError("A node gives events that weren't asked for; use another RPC endpoint.")
        return found

    def _call(self, request: Any, block: Block, sentence: str) -> bytes:
        return bytes(self._nodes.ask(lambda web3: web3.eth.call(request, block), sentence))


def _address(text: str) -> Any:
    return to_checksum_address(text)


def _request(call: Call, sender: str) -> Any:
    request = {"from": _address(sender), "data": call.data, "value": call.value}
    return request if call.to is None else request | {"to": _address(call.to)}


def _hash_at(web3: "Web3", number: int) -> bytes:
    from web3.exceptions import BlockNotFound

    try:
        return bytes(web3.eth.get_block(number)["hash"])
    except BlockNotFound:
        return b""


def _or_none(get: Any, transaction: bytes) -> Any:
    from web3.exceptions import TransactionNotFound

    try:
        return get("0x" + transaction.hex())
    except TransactionNotFound:
        return None


def _log(found: Any) -> Log:
    return Log(
        found["address"], tuple(bytes(each) for each in found["topics"]), bytes(found["data"]),
        found["blockNumber"], bytes(found["blockHash"]), bytes(found["transactionHash"]), found["logIndex"],
    )  # fmt: skip


def _outcome(refusal: str) -> Sent | None:
    words = {Sent.KNOWN: _KNOWN, Sent.NONCE_USED: _USED, Sent.UNDERPRICED: _UNDERPRICED}
    return next((sent for sent, texts in words.items() if any(text in refusal for text in texts)), None)
