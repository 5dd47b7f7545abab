"""Which node is asked, and what its failures mean. The nodes here are the edge: they answer as told."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from eth_abi import encode
from requests import Response
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, HTTPError
from urllib3.exceptions import MaxRetryError, NewConnectionError
from web3.exceptions import ContractLogicError, Web3RPCError

from xmbl.chain import endpoints as endpoints_module
from xmbl.chain.endpoints import Endpoint, Endpoints, connect
from xmbl.chain.refusals import Lagging
from xmbl.errors import ChainError, InsufficientFunds, Reverted, RpcUnavailable, UsageError, WrongChain


class Node:
    """A node of chain `chain_id` that answers 7, or raises what it holds."""

    def __init__(self, chain_id=5, failure=None):
        self.eth = SimpleNamespace(chain_id=chain_id)
        self.failure = failure
        self.asked = 0

    def answer(self):
        self.asked += 1
        if self.failure:
            raise self.failure
        return 7


def ask(*nodes, sentence="", patience=0.0):
    endpoints = [Endpoint(f"node{number}", node) for number, node in enumerate(nodes)]
    return Endpoints(endpoints, 5, patience).ask(lambda node: node.answer(), sentence)


def refused(message, **extra):
    error = {"code": -32000, "message": message} | extra
    return Web3RPCError(repr(error), rpc_response={"jsonrpc": "2.0", "id": 1, "error": error})


def test_ask__first_is_silent__asks_the_next():
    silent, well = Node(failure=ConnectTimeout()), Node()
    assert ask(silent, well) == 7
    assert silent.asked == 1


def test_ask__again__begins_with_who_answered():
    silent, well = Node(failure=ConnectTimeout()), Node()
    endpoints = Endpoints([Endpoint("a", silent), Endpoint("b", well)], 5, 0.0)
    for _ in range(3):
        endpoints.ask(lambda node: node.answer())
    assert (silent.asked, well.asked) == (1, 3)


def test_ask__back_after_silence__is_found_within_the_patience():
    node = Node(failure=ConnectTimeout())

    def recovering(web3):
        if web3.asked == 1:
            web3.failure = None
        return web3.answer()

    assert Endpoints([Endpoint("a", node)], 5, 5.0).ask(recovering) == 7
    assert node.asked == 2


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self):
        self.now = 0.0

    def monotonic(self):
        return self.now

    def sleep(self, seconds):
        self.now += seconds


UNMADE = RequestsConnectionError(MaxRetryError(None, "/", NewConnectionError(None, "refused")))


@pytest.mark.parametrize(
    ("failures", "least", "most"),
    [
        ((ConnectionRefusedError(), ConnectionRefusedError()), 0.5, 2),
        ((UNMADE,), 0.5, 2),
        ((ConnectTimeout(),), 25, 30),
        ((ConnectionRefusedError(), ConnectTimeout()), 25, 30),
    ],
)
def test_ask__refused_everywhere__is_given_up_far_sooner_than_silence(monkeypatch, failures, least, most):
    clock = Clock()
    monkeypatch.setattr(endpoints_module, "time", clock)
    with pytest.raises(RpcUnavailable):
        ask(*(Node(failure=each) for each in failures), patience=30)
    assert least < clock.now < most


def test_ask__while_it_lasts__is_told_what_is_asked():
    told = []

    @contextmanager
    def waiting(what):
        told.append(what)
        yield
        told.append("done")

    node = Node()
    Endpoints([Endpoint("a", node), Endpoint("b", node)], 5, 0.0, waiting).ask(lambda web3: web3.answer())
    assert told == ["an answer of a, b", "done"]


@pytest.mark.parametrize(
    "silence",
    [
        ConnectTimeout(),
        ConnectionRefusedError(),
        refused("slow down", code=-32005),
        refused("too many requests", code=429),
    ],
)
def test_ask__nobody_answers__names_everybody(silence):
    with pytest.raises(RpcUnavailable, match=r"No RPC endpoint answers \(node0, node1\)"):
        ask(Node(failure=silence), Node(failure=silence))


def by_status(status, body):
    """What is raised for an HTTP answer of that status."""
    response = Response()
    response.status_code, response._content = status, body.encode()
    return HTTPError(f"{status}", response=response)


WIDE = '{"error": {"code": -32614, "message": "eth_getLogs is limited to a 10,000 range"}}'


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (refused("query returned more than 10000 results", code=-32005), "more than 10000 results"),
        (by_status(413, WIDE), "limited to a 10,000 range"),
        (by_status(400, WIDE), "limited to a 10,000 range"),
        (by_status(413, "<html>"), "413"),
    ],
    ids=["code of a rate limit", "413 with words", "400 with words", "413 without"],
)
def test_ask__too_much_is_asked__is_a_refusal_at_once(failure, told):
    second = Node()
    with pytest.raises(ChainError, match=f"^The node refused: .*{told}") as caught:
        ask(Node(failure=failure), second)
    assert not isinstance(caught.value, RpcUnavailable)
    assert second.asked == 0


@pytest.mark.parametrize(
    "failure",
    [by_status(400, "<html>"), by_status(403, WIDE), by_status(503, WIDE), Lagging(),
     refused("50/second request limit reached", code=-32007)],
    ids=["400 without words", "403", "503", "behind", "rate limit of its own code"],
)  # fmt: skip
def test_ask__a_broken_way_or_a_node_behind__asks_the_next(failure):
    assert ask(Node(failure=failure), Node()) == 7


def test_ask__wrong_chain__is_never_asked():
    wrong, right = Node(chain_id=6), Node()
    assert ask(wrong, right) == 7
    assert wrong.asked == 0


def test_ask__only_wrong_chains__says_which():
    with pytest.raises(WrongChain, match=r"Chain 5 is expected, but node0 serves chain 6"):
        ask(Node(chain_id=6))


def test_ask__wrong_and_silent__is_unavailable():
    with pytest.raises(RpcUnavailable):
        ask(Node(chain_id=6), Node(failure=ConnectTimeout()))


def test_ask__revert__is_an_answer_with_its_reason():
    data = "0x08c379a0" + encode(["string"], ["payments: balance"]).hex()
    first, second = Node(failure=ContractLogicError("execution reverted", data=data)), Node()
    with pytest.raises(Reverted, match=r"^Refused: Deposit 5 XMBL\. The account in Payments holds") as caught:
        ask(first, second, sentence="Deposit 5 XMBL.")
    assert caught.value.reason == "payments: balance"
    assert second.asked == 0


def test_ask__revert_in_words_only__has_its_reason():
    with pytest.raises(Reverted) as caught:
        ask(Node(failure=ContractLogicError("execution reverted: deals: late", data="no data")))
    assert caught.value.reason == "deals: late"


def test_ask__revert_without_reason__says_what_it_may_be():
    with pytest.raises(Reverted, match="It gave no reason: out of gas") as caught:
        ask(Node(failure=ContractLogicError("execution reverted", data="0x")))
    assert caught.value.reason == ""


def test_ask__no_money__has_the_remedy():
    with pytest.raises(InsufficientFunds, match="Send it ether"):
        ask(Node(failure=refused("insufficient funds for gas * price + value")))


def test_ask__other_refusal__is_told_in_the_nodes_words():
    with pytest.raises(ChainError, match=r"^The node refused: filter not found\.$"):
        ask(Node(failure=refused("filter not found")))


def test_ask__programming_error__isnt_hidden():
    with pytest.raises(ZeroDivisionError):
        ask(Node(failure=ZeroDivisionError()))


def test_endpoints__none__says_what_to_do():
    with pytest.raises(UsageError, match="needs at least one RPC URL"):
        Endpoints([], 5, 0.0)


@pytest.mark.parametrize("url", ["ws://node:8546", "node:8545", "http://", "file:///etc/passwd"])
def test_connect__other_than_http__is_refused(url):
    with pytest.raises(UsageError, match="An RPC URL starts with http"):
        connect(url, 1.0)


def test_connect__key_in_the_url__stays_out_of_the_name():
    endpoint = connect("https://user:secret@node.example:8545/v3/secret?key=secret", 1.0)
    assert endpoint.name == "https://node.example:8545"
