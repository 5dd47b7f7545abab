"""Reading through several nodes, of which some are dead, dumb or of another chain."""

import socket
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from eth_tester import EthereumTester, PyEVMBackend
from web3 import EthereumTesterProvider, Web3

from tests.support.devnets import SENDER, fresh_address, payment, serving
from xmbl.chain.call import Call
from xmbl.chain.client import Chain, Sent
from xmbl.chain.deploy import PRESETS, deploy
from xmbl.chain.outbox import Habits, Outbox
from xmbl.chain.payments import Deposited, Payments
from xmbl.chain.token import Token, Transfer
from xmbl.errors import ChainError, ConfigError, Reverted, RpcUnavailable, WrongChain

QUICK = Habits(confirmations=2, poll=0.02)
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture
def broken():
    """A web server that answers every request with its front page."""

    class FrontPage(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>hello</html>")

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), FrontPage)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_chain__first_node_dead__reads_from_the_second(idle):
    idle.mine(3)
    assert Chain([NOWHERE, idle.url], 31337).block_number() == 3


def test_chain__first_node_dumb__reads_from_the_second(idle, broken):
    assert Chain([broken, idle.url], 31337).block_number() == 0


def test_chain__first_node_of_another_chain__is_never_asked(idle):
    with serving(777) as other:
        idle.mine(2)
        assert Chain([other.url, idle.url], 31337).block_number() == 2


def test_turn_away__a_node_that_stands_still__asks_the_next_from_now_on(idle):
    with serving(31337) as frozen:
        idle.mine(3)
        chain = Chain([frozen.url, idle.url], 31337)
        assert chain.block_number() == 0
        chain.turn_away()
        assert [chain.block_number(), chain.block_number()] == [3, 3]


def test_chain__only_another_chain__says_which():
    with serving(777) as other, pytest.raises(WrongChain, match=r"Chain 31337 is expected, but .* chain 777"):
        Chain([other.url], 31337).block_number()


def test_chain__nobody__gives_up_after_its_patience(broken):
    chain = Chain([NOWHERE, broken], 31337, patience=0.3)
    with pytest.raises(RpcUnavailable, match=r"No RPC endpoint answers \(http://127\.0\.0\.1:1, http"):
        chain.block_number()


def test_chain__node_dies_and_another_takes_its_place__goes_on():
    with serving(31337) as first:
        chain = Chain([first.url], 31337, patience=10)
        assert chain.block_number() == 0
        port = int(first.url.rpartition(":")[2])
    with serving(31337, port):
        assert chain.block_number() == 0


def test_chain__silent_node__is_given_up_after_its_timeout(idle):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        silent = f"http://127.0.0.1:{mute.getsockname()[1]}"
        assert Chain([silent, idle.url], 31337, timeout=0.2).block_number() == 0


def test_chain__many_threads__share_it(idle):
    chain = idle.chain()
    with ThreadPoolExecutor(16) as pool:
        balances = set(pool.map(lambda _: chain.balance(SENDER.address), range(100)))
    assert len(balances) == 1


def test_header__number_and_newest__are_linked(idle):
    chain = idle.chain()
    idle.mine(2)
    newest = chain.header()
    assert newest.number == 2
    assert newest.parent == chain.header(1).hash
    assert newest.base_fee > 0
    assert newest.timestamp >= chain.header(0).timestamp


def test_header__block_to_come__isnt_there(idle):
    with pytest.raises(ChainError, match="The node refused"):
        idle.chain().header(9)


def test_broadcast__same_transaction_again__is_known(idle):
    chain = idle.chain()
    raw = bytes(SENDER.sign_transaction({
        "type": 2, "chainId": 31337, "nonce": 0, "to": None, "value": 0, "data": b"\xfe", "gas": 60_000,
        "maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9,
    } | {"to": SENDER.address, "data": b""}).raw_transaction)  # fmt: skip
    assert [chain.broadcast(raw), chain.broadcast(raw)] == [Sent.ACCEPTED, Sent.KNOWN]
    idle.mine()
    assert chain.broadcast(raw) in (Sent.KNOWN, Sent.NONCE_USED)


def test_broadcast__nonsense__is_refused(idle):
    with pytest.raises(ChainError, match="The node refused"):
        idle.chain().broadcast(b"\x02\x01")


def test_read__no_contract_there__says_so(idle):
    with pytest.raises(ConfigError, match=r"There is no Token at 0x.* on chain 31337 \(block latest\)"):
        Token(idle.chain(), fresh_address(1)).total_supply()


def test_estimate__revert__is_the_same_on_both_engines(idle):
    with pytest.raises(Reverted, match=r"^Refused: Deploy what can't be\. It gave no reason"):
        idle.chain().estimate(
            Call(None, bytes.fromhex("5f5ffd"), "x", "Deploy what can't be."), SENDER.address
        )


def deposits(chain, outbox, deployment, amounts):
    token, payments = Token(chain, deployment.token), Payments(chain, deployment.payments)
    outbox.send(token.approve(payments.address, sum(amounts)), "approve")
    return [outbox.send(payments.deposit(amount), f"deposit {amount}") for amount in amounts]


def test_events__range_and_arguments__narrow_the_search(eager, tmp_path):
    from xmbl.chain.devnet import rich_account

    chain, account = eager.chain(), rich_account()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, account, QUICK)
    deployment = deploy(outbox, chain, PRESETS["devnet"], tmp_path, lambda _: None)
    receipts = deposits(chain, outbox, deployment, [1, 2, 3])
    payments = Payments(chain, deployment.payments)
    found = list(payments.events(Deposited, deployment.block))
    assert [(event.account, event.amount) for event in found] == [(account.address, n) for n in (1, 2, 3)]
    assert [event.transaction for event in found] == [bytes.fromhex(each.hash[2:]) for each in receipts]
    second = receipts[1].block
    assert [event.amount for event in payments.events(Deposited, second, second)] == [2]
    assert list(payments.events(Deposited, 0, account=SENDER.address)) == []
    moved = list(Token(chain, deployment.token).events(Transfer, 0, receiver=payments.address))
    assert [event.value for event in moved] == [1, 2, 3]
    outbox.close()


def test_logs__node_takes_one_block_at_a_time__are_complete(eager, tmp_path, monkeypatch):
    """Public nodes refuse ranges that they find too large; the client asks for less."""
    from xmbl.chain.devnet import rich_account

    chain = eager.chain()
    outbox = Outbox(tmp_path / "outbox.sqlite", chain, rich_account(), QUICK)
    deployment = deploy(outbox, chain, PRESETS["devnet"], tmp_path, lambda _: None)
    deposits(chain, outbox, deployment, [1, 2, 3])
    plenty = chain._logs

    def stingy(search, first, last):
        if last > first:
            raise ChainError("The node refused: query returned more than 10000 results.")
        return plenty(search, first, last)

    monkeypatch.setattr(chain, "_logs", stingy)
    payments = Payments(chain, deployment.payments)
    assert [event.amount for event in payments.events(Deposited, deployment.block)] == [1, 2, 3]
    outbox.close()


@pytest.fixture
def tester():
    """web3's chain in this process, as Ape's local network has it."""
    backend = PyEVMBackend.from_mnemonic("test " * 11 + "junk", hd_path="m/44'/60'/0'/0")
    return Chain.from_web3(Web3(EthereumTesterProvider(EthereumTester(backend))))


def test_from_web3__chain_in_this_process__deploys_and_pays(tester, tmp_path):
    from xmbl.chain.devnet import rich_account

    outbox = Outbox(tmp_path / "outbox.sqlite", tester, rich_account(), QUICK)
    deployment = deploy(outbox, tester, PRESETS["devnet"], tmp_path, lambda _: None)
    deposits(tester, outbox, deployment, [5])
    payments = Payments(tester, deployment.payments)
    assert [event.amount for event in payments.events(Deposited, 0)] == [5]
    with pytest.raises(Reverted, match="holds too little") as refused:
        outbox.send(payments.transfer(SENDER.address, 6), "too much")
    assert refused.value.reason == "payments: balance"
    assert outbox.send(payment(fresh_address(1)), "a") == outbox.send(payment(fresh_address(1)), "a")
    assert tester.balance(fresh_address(1)) == 1
    outbox.close()
