"""What the embedded devnet answers: the JSON-RPC methods that wallets, web3 and Ape ask for."""

from collections.abc import Callable, Mapping
from typing import Any

from eth_utils import decode_hex

from xmbl.chain import rpc_format as form
from xmbl.chain.embedded import EmbeddedChain, ExecutionReverted, Mined
from xmbl.chain.embedded_pool import Rejected

_TIP = 10**9
_HEAD_TAGS = ("latest", "pending", "safe", "finalized")

Error = tuple[int, str, str | None]
"""Code, message and data of a JSON-RPC error."""


class Methods:
    """The methods that wallets, web3 and Ape ask for; `automine` mines each transaction as it comes."""

    def __init__(self, chain: EmbeddedChain, automine: bool) -> None:
        self._chain = chain
        self._automine = automine

    def find(self, name: str) -> Callable[..., Any] | None:
        """The method of that JSON-RPC name: `eth_call` is `eth_call` here too."""
        return (
            getattr(self, name, None)
            if name.startswith(("eth_", "evm_", "anvil_", "net_", "web3_"))
            else None
        )

    def web3_clientVersion(self) -> str:  # noqa: N802 - JSON-RPC's own names
        return "xmbl-devnet/py-evm"

    def net_version(self) -> str:
        return str(self._chain.chain_id)

    def eth_chainId(self) -> str:  # noqa: N802
        return hex(self._chain.chain_id)

    def eth_syncing(self) -> bool:
        return False

    def eth_mining(self) -> bool:
        return True

    def eth_accounts(self) -> list[str]:
        return []

    def eth_blockNumber(self) -> str:  # noqa: N802
        return hex(self._chain.head())

    def eth_gasPrice(self) -> str:  # noqa: N802
        return hex(self._chain.next_base_fee() + _TIP)

    def eth_maxPriorityFeePerGas(self) -> str:  # noqa: N802
        return hex(_TIP)

    def eth_feeHistory(self, count: Any, newest: Any, percentiles: Any = ()) -> dict[str, Any]:  # noqa: N802
        last = self._number(newest)
        first = max(0, last + 1 - min(form.integer(count), 1024))
        headers = [self._chain.block(number).header for number in range(first, last + 1)]  # type: ignore[union-attr]
        after = self._chain.block(last + 1)
        following = after.header.base_fee_per_gas if after else self._chain.next_base_fee()
        return {
            "oldestBlock": hex(first),
            "baseFeePerGas": [hex(each.base_fee_per_gas) for each in headers] + [hex(following)],
            "gasUsedRatio": [each.gas_used / each.gas_limit for each in headers],
            "reward": [[hex(_TIP) for _ in percentiles or ()] for _ in headers],
        }

    def eth_getBlockByNumber(self, tag: Any, full: bool = False) -> dict[str, Any] | None:  # noqa: N802
        return self._block(self._number(tag), full)

    def eth_getBlockByHash(self, block_hash: str, full: bool = False) -> dict[str, Any] | None:  # noqa: N802
        number = self._chain.number_of(decode_hex(block_hash))
        return None if number is None else self._block(number, full)

    def eth_getBalance(self, account: str, tag: Any = "latest") -> str:  # noqa: N802
        return hex(self._state(tag).get_balance(decode_hex(account)))

    def eth_getCode(self, account: str, tag: Any = "latest") -> str:  # noqa: N802
        return form.data(self._state(tag).get_code(decode_hex(account)))

    def eth_getStorageAt(self, account: str, slot: Any, tag: Any = "latest") -> str:  # noqa: N802
        word = self._state(tag).get_storage(decode_hex(account), form.integer(slot))
        return form.data(word.to_bytes(32, "big"))

    def eth_getTransactionCount(self, account: str, tag: Any = "latest") -> str:  # noqa: N802
        if tag == "pending":
            return hex(self._chain.pending_nonce(decode_hex(account)))
        return hex(self._state(tag).get_nonce(decode_hex(account)))

    def eth_call(self, request: Mapping[str, Any], tag: Any = "latest", *_overrides: Any) -> str:
        return form.data(self._chain.call(form.message(request), self._present(tag)))

    def eth_estimateGas(self, request: Mapping[str, Any], tag: Any = "latest") -> str:  # noqa: N802
        return hex(self._chain.estimate(form.message(request), self._present(tag)))

    def eth_sendRawTransaction(self, raw: str) -> str:  # noqa: N802
        transaction_hash = self._chain.submit(decode_hex(raw))
        if self._automine:
            self._chain.mine()
        return form.data(transaction_hash)

    def eth_getTransactionByHash(self, transaction_hash: str) -> dict[str, Any] | None:  # noqa: N802
        key = decode_hex(transaction_hash)
        if mined := self._chain.mined(key):
            return form.mined_transaction(mined)
        waiting = self._chain.waiting(key)
        return form.transaction(waiting) if waiting else None

    def eth_getTransactionReceipt(self, transaction_hash: str) -> dict[str, Any] | None:  # noqa: N802
        mined = self._chain.mined(decode_hex(transaction_hash))
        return form.receipt(mined) if mined else None

    def eth_getLogs(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        if "blockHash" in query:
            first = last = self._chain.number_of(decode_hex(query["blockHash"])) or 0
        else:
            first, last = (self._number(query.get(side, "latest")) for side in ("fromBlock", "toBlock"))
        wanted = form.log_filter(query)
        blocks = range(max(0, first), min(last, self._chain.head()) + 1)
        transactions: list[Mined] = [each for number in blocks for each in self._chain.in_block(number)]
        return [log for each in transactions for log in form.logs(each) if wanted(log)]

    def evm_mine(self, *_timestamp: Any) -> str:
        self._chain.mine()
        return "0x0"

    def anvil_mine(self, count: Any = 1, *_interval: Any) -> None:
        for _ in range(form.integer(count)):
            self._chain.mine()

    def _number(self, tag: Any) -> int:
        if tag is None or tag in _HEAD_TAGS:
            return self._chain.head()
        return 0 if tag == "earliest" else form.integer(tag)

    def anvil_dropTransaction(self, transaction_hash: str) -> str | None:  # noqa: N802
        return transaction_hash if self._chain.forget(decode_hex(transaction_hash)) else None

    def _present(self, tag: Any) -> int:
        number = self._number(tag)
        if self._chain.block(number) is None:
            raise Rejected("header not found")
        return number

    def _state(self, tag: Any) -> Any:
        return self._chain.state(self._present(tag))

    def _block(self, number: int, full: bool) -> dict[str, Any] | None:
        block = self._chain.block(number)
        return form.block(block, self._chain.in_block(number), full) if block else None


def answer(methods: Methods, request: Any) -> Any:
    """The response to one request object, or to a batch of them."""
    if isinstance(request, list):
        return [answer(methods, each) for each in request]
    if not isinstance(request, dict):
        return failure(None, (-32600, "invalid request", None))
    method = methods.find(str(request.get("method")))
    if method is None:
        return failure(request.get("id"), (-32601, f"no method {request.get('method')}", None))
    return _invoke(method, request)


def _invoke(method: Callable[..., Any], request: Mapping[str, Any]) -> dict[str, Any]:
    try:
        result = method(*request.get("params") or ())
    except ExecutionReverted as error:
        return failure(request.get("id"), (3, form.revert_text(error.output), form.data(error.output)))
    except Rejected as error:
        return failure(request.get("id"), (-32000, str(error), None))
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        return failure(request.get("id"), (-32602, f"invalid params: {error}", None))
    return {"jsonrpc": "2.0", "id": request.get("id"), "result": result}


def failure(request_id: Any, error: Error) -> dict[str, Any]:
    """The response that refuses a request."""
    code, message, data = error
    body = {"code": code, "message": message} | ({} if data is None else {"data": data})
    return {"jsonrpc": "2.0", "id": request_id, "error": body}
