"""What the embedded devnet answers, request by request, without a socket."""

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import to_canonical_address, to_checksum_address

from xmbl.chain.embedded import EmbeddedChain
from xmbl.chain.rpc_methods import Methods, answer

SENDER = Account.from_key(b"\x01" * 32)
RECEIVER = "0x" + "11" * 20
GWEI = 10**9

# logs its calldata under two topics: 0x11 and the caller
LOGGER = bytes.fromhex("365f5f37" "33" "6011" "36" "5f" "a2" "00")  # fmt: skip
DEPLOY_LOGGER = bytes.fromhex("6a") + LOGGER.rjust(11, b"\x5b") + bytes.fromhex("5f52600b6015f3")


@pytest.fixture
def chain():
    return EmbeddedChain(31337, {to_canonical_address(SENDER.address): 10**18})


@pytest.fixture
def ask(chain):
    methods = Methods(chain, automine=True)

    def result(method, *params):
        response = answer(methods, {"id": 7, "method": method, "params": list(params)})
        assert response["id"] == 7
        return response.get("result", response.get("error"))

    return result


def raw(nonce=0, **fields):
    whole = {
        "type": 2, "chainId": 31337, "nonce": nonce, "to": RECEIVER, "value": 1, "gas": 100_000,
        "maxFeePerGas": 3 * GWEI, "maxPriorityFeePerGas": GWEI,
    } | fields  # fmt: skip
    return "0x" + bytes(SENDER.sign_transaction(whole).raw_transaction).hex()


def test_facts__new_chain__are_plain(ask):
    assert (ask("eth_chainId"), ask("net_version"), ask("eth_blockNumber")) == ("0x7a69", "31337", "0x0")
    assert (ask("eth_syncing"), ask("eth_mining"), ask("eth_accounts")) == (False, True, [])
    assert ask("eth_getBalance", SENDER.address, "latest") == hex(10**18)
    assert ask("eth_maxPriorityFeePerGas") == hex(GWEI)
    assert ask("web3_clientVersion") == "xmbl-devnet/py-evm"


def test_send__automine__has_its_receipt_at_once(ask):
    transaction = ask("eth_sendRawTransaction", raw())
    receipt = ask("eth_getTransactionReceipt", transaction)
    assert receipt["status"] == "0x1"
    assert receipt["gasUsed"] == receipt["cumulativeGasUsed"] == hex(21_000)
    assert receipt["from"] == SENDER.address
    assert receipt["contractAddress"] is None
    block = ask("eth_getBlockByNumber", "latest", False)
    assert receipt["blockHash"] == block["hash"]
    assert block["transactions"] == [transaction]
    price = int(receipt["effectiveGasPrice"], 16)
    assert price == int(block["baseFeePerGas"], 16) + GWEI
    assert ask("eth_getTransactionCount", SENDER.address, "latest") == "0x1"


def test_block__by_hash_and_full__is_the_same_block(ask):
    transaction = ask("eth_sendRawTransaction", raw())
    thin = ask("eth_getBlockByNumber", "0x1")
    full = ask("eth_getBlockByHash", thin["hash"], True)
    assert full["transactions"] == [ask("eth_getTransactionByHash", transaction)]
    assert full["transactions"][0]["blockNumber"] == "0x1"
    assert full | {"transactions": thin["transactions"]} == thin


def test_absent__things__are_null(ask):
    nothing = "0x" + "07" * 32
    assert ask("eth_getBlockByNumber", "0x9") is None
    assert ask("eth_getBlockByHash", nothing) is None
    assert ask("eth_getTransactionReceipt", nothing) is None
    assert ask("eth_getTransactionByHash", nothing) is None


def test_waiting__transaction__has_no_block(chain):
    methods = Methods(chain, automine=False)
    transaction = answer(methods, {"id": 1, "method": "eth_sendRawTransaction", "params": [raw()]})["result"]
    found = answer(methods, {"id": 1, "method": "eth_getTransactionByHash", "params": [transaction]})
    assert found["result"]["blockNumber"] is None
    pending = {"id": 1, "method": "eth_getTransactionCount", "params": [SENDER.address, "pending"]}
    assert answer(methods, pending)["result"] == "0x1"


def test_logs__filters__are_by_address_topic_and_block(ask):
    ask("eth_sendRawTransaction", raw(0, to="", value=0, data=DEPLOY_LOGGER))
    logger = ask("eth_getTransactionReceipt", ask("eth_getBlockByNumber", "0x1")["transactions"][0])
    address = logger["contractAddress"]
    assert ask("eth_getCode", address)[2:].endswith(LOGGER.hex())
    for nonce, data in ((1, "0xaa"), (2, "0xbb")):
        ask("eth_sendRawTransaction", raw(nonce, to=address, value=0, data=data))
    whole = {"fromBlock": "0x0", "toBlock": "latest"}
    found = ask("eth_getLogs", whole | {"address": address})
    assert [log["data"] for log in found] == ["0xaa", "0xbb"]
    first, second = found[0]["topics"]
    assert int(first, 16) == 0x11
    assert second.endswith(SENDER.address[2:].lower())
    assert ask("eth_getLogs", whole | {"topics": [None, second]}) == found
    assert ask("eth_getLogs", whole | {"topics": [[second, first]]}) == found
    assert ask("eth_getLogs", whole | {"topics": [second]}) == []
    assert ask("eth_getLogs", whole | {"topics": [first, second, first]}) == []
    assert ask("eth_getLogs", whole | {"address": RECEIVER}) == []
    assert ask("eth_getLogs", {"fromBlock": "0x3", "toBlock": "0x3"}) == found[1:]
    assert ask("eth_getLogs", {"blockHash": found[0]["blockHash"]}) == found[:1]


def test_logs__several_in_a_block__are_numbered_through(chain):
    methods = Methods(chain, automine=False)
    logger = chain.submit(bytes.fromhex(raw(0, to="", value=0, data=DEPLOY_LOGGER)[2:]))
    chain.mine()
    address = to_checksum_address(chain.mined(logger).created)
    for nonce in (1, 2):
        chain.submit(bytes.fromhex(raw(nonce, to=address, value=0, data="0xaa")[2:]))
    chain.mine()
    logs = answer(methods, {"id": 1, "method": "eth_getLogs", "params": [{"fromBlock": "0x2"}]})["result"]
    assert [(log["transactionIndex"], log["logIndex"]) for log in logs] == [("0x0", "0x0"), ("0x1", "0x1")]


def test_call__revert_with_text__is_told_as_nodes_tell_it(ask):
    text = bytes.fromhex("08c379a0") + encode(["string"], ["deals: late"])
    # returns what it is called with, as a revert
    code = bytes.fromhex("365f5f37365ffd")
    ask(
        "eth_sendRawTransaction",
        raw(0, to="", value=0, data=bytes.fromhex("66") + code + bytes.fromhex("5f5260076019f3")),
    )
    contract = ask("eth_getTransactionReceipt", ask("eth_getBlockByNumber", "0x1")["transactions"][0])
    request = {"to": contract["contractAddress"], "data": "0x" + text.hex()}
    for method in ("eth_call", "eth_estimateGas"):
        assert ask(method, request, "latest") == {
            "code": 3, "message": "execution reverted: deals: late", "data": "0x" + text.hex(),
        }  # fmt: skip
    assert ask("eth_call", request | {"data": "0x01"})["message"] == "execution reverted"


def test_fee_history__some_blocks__has_one_price_more(ask):
    ask("anvil_mine", "0x3")
    found = ask("eth_feeHistory", "0x2", "latest", [50])
    assert found["oldestBlock"] == "0x2"
    assert len(found["baseFeePerGas"]) == 3
    assert found["reward"] == [[hex(GWEI)]] * 2
    older = ask("eth_feeHistory", "0x1", "0x1", [])
    assert older["baseFeePerGas"][1] == ask("eth_getBlockByNumber", "0x2")["baseFeePerGas"]
    assert found["baseFeePerGas"][2] == hex(int(ask("eth_gasPrice"), 16) - GWEI)


def test_mine__on_request__adds_blocks(ask):
    ask("evm_mine")
    ask("anvil_mine", 4)
    assert ask("eth_blockNumber") == "0x5"


def test_drop__waiting__is_forgotten(chain):
    def ask(method, *params):
        return answer(Methods(chain, automine=False), {"id": 1, "method": method, "params": params})["result"]

    transaction = ask("eth_sendRawTransaction", raw())
    assert ask("anvil_dropTransaction", transaction) == transaction
    assert ask("anvil_dropTransaction", transaction) is None
    assert ask("eth_getTransactionByHash", transaction) is None


@pytest.mark.parametrize(
    ("method", "params", "code", "message"),
    [
        ("eth_sign", [], -32601, "no method eth_sign"),
        ("_answer", [], -32601, "no method _answer"),
        ("eth_getBalance", [], -32602, "invalid params"),
        ("eth_getBlockByNumber", ["x"], -32602, "invalid params"),
        ("eth_getBalance", [RECEIVER, "0x9"], -32000, "header not found"),
        ("eth_call", [{"to": RECEIVER}, "0x9"], -32000, "header not found"),
        ("eth_sendRawTransaction", ["0x00"], -32000, "invalid transaction"),
    ],
)
def test_answer__bad_request__says_what_is_wrong(ask, method, params, code, message):
    error = ask(method, *params)
    assert error["code"] == code
    assert message in error["message"]


def test_answer__batch__answers_each(chain):
    batch = [{"id": 1, "method": "eth_chainId"}, {"id": 2, "method": "eth_blockNumber", "params": []}]
    answers = answer(Methods(chain, automine=True), batch)
    assert [(each["id"], each["result"]) for each in answers] == [(1, "0x7a69"), (2, "0x0")]


def test_answer__no_object__is_an_invalid_request(chain):
    assert answer(Methods(chain, automine=True), 5)["error"]["code"] == -32600
