"""How JSON-RPC writes blocks, transactions, receipts and logs of the embedded chain."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from eth_abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils import decode_hex, to_checksum_address

from xmbl.chain.embedded import Message, Mined

_ERROR_STRING = bytes.fromhex("08c379a0")

Json = dict[str, Any]


def data(value: bytes) -> str:
    """Bytes as JSON-RPC writes them."""
    return "0x" + value.hex()


def integer(value: Any) -> int:
    """A quantity: hexadecimal text, or a plain number as some clients send it."""
    return value if isinstance(value, int) else int(value, 16)


def message(request: Mapping[str, Any]) -> Message:
    """The request of `eth_call` and `eth_estimateGas`."""
    return Message(
        sender=decode_hex(request.get("from") or "0x" + "00" * 20),
        to=decode_hex(request.get("to") or "0x"),
        data=decode_hex(request.get("input") or request.get("data") or "0x"),
        value=integer(request.get("value") or 0),
        gas=integer(request.get("gas") or 0),
    )


def revert_text(output: bytes) -> str:
    """The message of a revert, with the contract's own text where there is one."""
    if output[:4] != _ERROR_STRING:
        return "execution reverted"
    try:
        return f"execution reverted: {decode(['string'], output[4:])[0]}"
    except DecodingError:
        return "execution reverted"


def block(block: Any, transactions: list[Mined], full: bool) -> Json:
    """A block with its transactions, or with their hashes only."""
    header = block.header
    listed = [mined_transaction(each) if full else data(each.transaction.hash) for each in transactions]
    return {
        "number": hex(header.block_number), "hash": data(header.hash), "parentHash": data(header.parent_hash),
        "nonce": data(header.nonce), "sha3Uncles": data(header.uncles_hash), "uncles": [],
        "logsBloom": data(header.bloom.to_bytes(256, "big")), "mixHash": data(header.mix_hash),
        "transactionsRoot": data(header.transaction_root), "stateRoot": data(header.state_root),
        "receiptsRoot": data(header.receipt_root), "miner": to_checksum_address(header.coinbase),
        "difficulty": "0x0", "totalDifficulty": "0x0", "extraData": data(header.extra_data), "size": "0x0",
        "gasLimit": hex(header.gas_limit), "gasUsed": hex(header.gas_used),
        "timestamp": hex(header.timestamp), "baseFeePerGas": hex(header.base_fee_per_gas), "withdrawals": [],
        "withdrawalsRoot": data(header.withdrawals_root), "blobGasUsed": "0x0", "excessBlobGas": "0x0",
        "parentBeaconBlockRoot": data(header.parent_beacon_block_root),
        "requestsHash": data(header.requests_hash), "transactions": listed,
    }  # fmt: skip


def transaction(transaction: Any) -> Json:
    """A transaction that waits."""
    typed = getattr(transaction, "type_id", None)
    fees = {
        "maxFeePerGas": hex(transaction.max_fee_per_gas),
        "maxPriorityFeePerGas": hex(transaction.max_priority_fee_per_gas),
        "accessList": [], "chainId": hex(transaction.chain_id), "yParity": hex(transaction.y_parity),
    }  # fmt: skip
    return {
        "hash": data(transaction.hash), "from": to_checksum_address(transaction.sender),
        "to": to_checksum_address(transaction.to) if transaction.to else None,
        "nonce": hex(transaction.nonce), "value": hex(transaction.value), "input": data(transaction.data),
        "gas": hex(transaction.gas), "gasPrice": hex(transaction.max_fee_per_gas), "type": hex(typed or 0),
        "v": hex(transaction.y_parity), "r": hex(transaction.r), "s": hex(transaction.s),
        "blockHash": None, "blockNumber": None, "transactionIndex": None,
    } | (fees if typed == 2 else {})  # fmt: skip


def _place(mined: Mined) -> Json:
    return {
        "blockHash": data(mined.block.hash),
        "blockNumber": hex(mined.block.number),
        "transactionIndex": hex(mined.index),
    }


def _price(mined: Mined) -> int:
    base, offer = mined.block.header.base_fee_per_gas, mined.transaction
    return int(min(offer.max_fee_per_gas, base + offer.max_priority_fee_per_gas))


def mined_transaction(mined: Mined) -> Json:
    """A transaction with its place in the chain."""
    return transaction(mined.transaction) | _place(mined) | {"gasPrice": hex(_price(mined))}


def receipt(mined: Mined) -> Json:
    """What came of a transaction."""
    own = mined.transaction
    return _place(mined) | {
        "transactionHash": data(own.hash), "from": to_checksum_address(own.sender),
        "to": to_checksum_address(own.to) if own.to else None,
        "type": hex(getattr(own, "type_id", None) or 0),
        "contractAddress": to_checksum_address(mined.created) if mined.created else None,
        "status": "0x1" if mined.receipt.state_root == b"\x01" else "0x0",
        "gasUsed": hex(mined.gas_used), "cumulativeGasUsed": hex(mined.receipt.gas_used),
        "effectiveGasPrice": hex(_price(mined)), "logs": list(logs(mined)),
        "logsBloom": data(mined.receipt.bloom.to_bytes(256, "big")),
    }  # fmt: skip


def logs(mined: Mined) -> Iterator[Json]:
    """The logs of a transaction, numbered within their block."""
    for offset, log in enumerate(mined.receipt.logs):
        yield _place(mined) | {
            "address": to_checksum_address(log.address), "data": data(log.data), "removed": False,
            "topics": [data(topic.to_bytes(32, "big")) for topic in log.topics],
            "transactionHash": data(mined.transaction.hash), "logIndex": hex(mined.first_log + offset),
        }  # fmt: skip


def log_filter(query: Mapping[str, Any]) -> Callable[[Json], bool]:
    """Whether a log has one of the addresses and, place by place, one of the topics asked for."""
    addresses = _options(query.get("address"))
    places = [_options(each) for each in query.get("topics") or ()]

    def wanted(log: Json) -> bool:
        if addresses and log["address"].lower() not in addresses:
            return False
        if len(places) > len(log["topics"]):
            return False
        return all(not options or log["topics"][place] in options for place, options in enumerate(places))

    return wanted


def _options(value: Any) -> set[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return {each.lower() for each in values if each}
