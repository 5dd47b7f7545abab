"""A chain inside this process: py-evm under Prague rules, with a pool of waiting transactions.

It is the devnet where anvil isn't installed. Everything lives in memory; nothing here is thread-safe:
whoever shares a machine holds a lock (`rpc_server` does).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from secrets import token_bytes
from time import time
from typing import Any

from eth.chains.base import MiningChain
from eth.consensus import ConsensusApplier, NoProofConsensus
from eth.db import get_db_backend
from eth.exceptions import Revert
from eth.vm.forks import PragueVM
from eth.vm.forks.prague.constants import HISTORY_STORAGE_ADDRESS, HISTORY_STORAGE_CONTRACT_CODE
from eth.vm.spoof import SpoofTransaction
from eth_utils import ValidationError

from xmbl.chain.embedded_pool import BUILDER, GAS_LIMIT, Pool, Rejected, decoded, fits, gas_floor


class ExecutionReverted(Exception):
    """A call or an estimate reverted; `output` is what the contract returned."""

    def __init__(self, output: bytes) -> None:
        super().__init__("execution reverted")
        self.output = output


@dataclass(frozen=True)
class Message:
    """What `eth_call` and `eth_estimateGas` take; empty `to` is a creation, `gas` 0 as much as allowed."""

    sender: bytes
    to: bytes
    data: bytes
    value: int = 0
    gas: int = 0


@dataclass(frozen=True)
class Mined:
    """A transaction in its block: `gas_used` is its own, `logs` its receipt's, counted from `first_log`."""

    transaction: Any
    block: Any
    index: int
    receipt: Any
    gas_used: int
    first_log: int
    created: bytes | None


class EmbeddedChain:
    """A growing chain of blocks; `balances` (address to wei) is what its genesis gives out."""

    def __init__(self, chain_id: int, balances: Mapping[bytes, int]) -> None:
        rules = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, PragueVM),))
        chain = MiningChain.configure("Devnet", vm_configuration=rules, chain_id=chain_id)
        self.chain_id = chain_id
        self._chain = chain.from_genesis(get_db_backend(), _genesis(), _genesis_state(balances))
        self._pool = Pool(chain_id)
        self._mined: dict[bytes, Mined] = {}
        self._blocks = [self._chain.get_canonical_block_by_number(0)]
        self._numbers = {self._blocks[0].hash: 0}

    # reading

    def head(self) -> int:
        """The newest block's number."""
        return len(self._blocks) - 1

    def block(self, number: int) -> Any | None:
        """The block, or None where the chain isn't that long."""
        return self._blocks[number] if 0 <= number < len(self._blocks) else None

    def number_of(self, block_hash: bytes) -> int | None:
        """The number of the block with this hash."""
        return self._numbers.get(block_hash)

    def mined(self, transaction_hash: bytes) -> Mined | None:
        """The transaction with its place and receipt, once a block holds it."""
        return self._mined.get(transaction_hash)

    def waiting(self, transaction_hash: bytes) -> Any | None:
        """The transaction while it waits in the pool."""
        return self._pool.find(transaction_hash)

    def in_block(self, number: int) -> list[Mined]:
        """The transactions of a block, in order."""
        return [self._mined[each.hash] for each in self._blocks[number].transactions]

    def state(self, number: int) -> Any:
        """The state after a block: balances, nonces, code and storage."""
        return self._chain.get_vm(self._blocks[number].header).state

    def pending_nonce(self, account: bytes) -> int:
        """The nonce that follows everything mined and waiting."""
        return self._pool.next_nonce(account, self.state(self.head()).get_nonce(account))

    def next_base_fee(self) -> int:
        """The base fee of the block to come, in wei per gas."""
        return int(self._next_header().base_fee_per_gas)

    # executing without a trace

    def call(self, message: Message, number: int) -> bytes:
        """The output of a call on the state after a block; `ExecutionReverted` or `Rejected` otherwise."""
        computation = self._execute(message, number, message.gas or GAS_LIMIT)
        _require_success(computation)
        return bytes(computation.output)

    def estimate(self, message: Message, number: int) -> int:
        """Gas that suffices for the call on the state after a block."""
        limit = message.gas or GAS_LIMIT
        gas = self._needed(message, number, limit)
        while gas < limit and self._execute(message, number, gas).is_error:
            gas = min(limit, gas * 5 // 4)
        return gas

    def _needed(self, message: Message, number: int, limit: int) -> int:
        computation = self._execute(message, number, limit)
        _require_success(computation)
        transaction = self._spoof(self.state(number), message, limit)
        used = int(transaction.intrinsic_gas + computation.get_gas_used())
        return min(limit, max(gas_floor(transaction), used * 64 // 63 + 2_300))

    def _execute(self, message: Message, number: int, gas: int) -> Any:
        state = self.state(number)
        try:
            return state.apply_transaction(self._spoof(state, message, gas))
        except ValidationError as error:
            raise Rejected(_refusal(error)) from error

    def _spoof(self, state: Any, message: Message, gas: int) -> Any:
        """An unsigned transaction of `sender`, who is lent the price of the gas (calls are free)."""
        fee = state.execution_context.base_fee_per_gas
        if state.get_balance(message.sender) < message.value:
            raise Rejected("insufficient funds for gas * price + value")
        state.delta_balance(message.sender, gas * fee)
        unsigned = BUILDER.new_unsigned_dynamic_fee_transaction(
            chain_id=self.chain_id, nonce=state.get_nonce(message.sender), max_priority_fee_per_gas=0,
            max_fee_per_gas=fee, gas=gas, to=message.to, value=message.value, data=message.data,
            access_list=(),
        )  # fmt: skip
        return SpoofTransaction(unsigned, from_=message.sender)

    # growing

    def submit(self, raw: bytes) -> bytes:
        """Take a signed transaction into the pool; its hash, or `Rejected` as a public node would say it."""
        transaction = decoded(raw)
        if transaction.hash in self._mined or self._pool.find(transaction.hash):
            raise Rejected("already known")
        self._pool.put(transaction, self.state(self.head()))
        return bytes(transaction.hash)

    def forget(self, transaction_hash: bytes) -> bool:
        """Drop a waiting transaction, as a node does when its pool is full; whether it was there."""
        waiting = self._pool.find(transaction_hash)
        if waiting:
            self._pool.drop(waiting)
        return waiting is not None

    def mine(self) -> None:
        """Add one block with everything that can be executed now."""
        header = self._next_header()
        vm = self._chain.get_vm(header)
        vm.block_preprocessing(vm.get_block())
        transactions, receipts, computations = [], [], []
        for sender in self._pool.by_tip(vm.state):
            nonce = vm.state.get_nonce(sender)
            while (transaction := self._pool.get(sender, nonce)) and fits(transaction, header):
                nonce += 1
                self._pool.drop(transaction)
                try:
                    receipt, computation = vm.apply_transaction(header, transaction)
                except ValidationError:  # e.g. the balance went elsewhere meanwhile
                    break
                header = vm.add_receipt_to_header(header, receipt)
                transactions.append(transaction)
                receipts.append(receipt)
                computations.append(computation)
        block = vm.set_block_transactions_and_withdrawals(vm.get_block(), header, transactions, receipts)
        self._append(vm.mine_block(block).block, receipts, computations)

    def _next_header(self) -> Any:
        parent = self._blocks[-1].header
        timestamp = max(parent.timestamp + 1, int(time()))
        return self._chain.create_header_from_parent(parent, timestamp=timestamp, gas_limit=parent.gas_limit)

    def _append(self, block: Any, receipts: list[Any], computations: list[Any]) -> None:
        self._chain.chaindb.persist_block(block)
        self._numbers[block.hash] = len(self._blocks)
        self._blocks.append(block)
        gas, logs = 0, 0
        for index, transaction in enumerate(block.transactions):
            receipt, message = receipts[index], computations[index].msg
            created = message.storage_address if message.is_create else None
            self._mined[transaction.hash] = Mined(
                transaction, block, index, receipt, receipt.gas_used - gas, logs, created
            )
            gas, logs = receipt.gas_used, logs + len(receipt.logs)


def _genesis() -> dict[str, Any]:
    """A genesis that no chain before had, so that nobody takes this one for the last."""
    return {
        "difficulty": 0, "gas_limit": GAS_LIMIT, "timestamp": int(time()), "extra_data": token_bytes(32),
        "nonce": bytes(8), "coinbase": bytes(20), "mix_hash": bytes(32),
    }  # fmt: skip


def _genesis_state(balances: Mapping[bytes, int]) -> dict[bytes, Any]:
    state = {each: {"balance": wei, "nonce": 0, "code": b"", "storage": {}} for each, wei in balances.items()}
    history = {"balance": 0, "nonce": 1, "code": HISTORY_STORAGE_CONTRACT_CODE, "storage": {}}
    return state | {HISTORY_STORAGE_ADDRESS: history}


def _require_success(computation: Any) -> None:
    if not computation.is_error:
        return
    if isinstance(computation.error, Revert):
        raise ExecutionReverted(bytes(computation.output))
    raise Rejected(f"execution failed: {type(computation.error).__name__} {computation.error}")


def _refusal(error: Exception) -> str:
    text = str(error)
    return "intrinsic gas too low" if "gas" in text.lower() else text
