"""A market on a chain that makes receipts: what the gas report plays in.

Every transaction has a block of its own unless it is sent in a batch, and its gas is the receipt's:
base, calldata, floor, cold access and refunds included.
"""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eth_utils import keccak, to_checksum_address
from vyper.cli.vyper_compile import compile_files
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.contract.contract import Contract, ContractFunction
from web3.types import TxReceipt

from tests.support.proof_trees import UniformTree
from xmbl.crypto.typed_data import Deal, Extension, Terms, digest, domain_separator, sign_digest
from xmbl.storage import drawing, rings, rules

ROOT = Path(__file__).parents[2]
AGENT_KEY = b"\x11" * 32
PARAMETERS = rules.Parameters(
    period=20, price_unit=10**12, rate=1, cover=50, limit=10, fee=200, window=40, bond=10**15
)
XMBL = 10**18


@dataclass(frozen=True)
class Node:
    """A chain with accounts that need no signature, and how to make it mine."""

    w3: Web3
    mine: Callable[[int], object]
    set_automine: Callable[[bool], object] | None


@contextmanager
def anvil(port: int | None = None, genesis: int = 0) -> Iterator[Node]:
    """A fresh anvil whose first block has a number, gone at the end."""
    if port is None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    command = ["anvil", "--port", str(port), "--silent", "--prune-history", "50", "--hardfork", "prague"]
    command += ["--number", str(genesis), "--gas-limit", "400000000"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        w3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        for _ in range(100):
            if w3.is_connected():
                break
            time.sleep(0.05)
        call = w3.provider.make_request
        yield Node(
            w3,
            lambda count: call("anvil_mine", [hex(count)]),
            lambda on: call("evm_setAutomine", [on]),
        )
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def embedded() -> Iterator[Node]:
    """py-evm in this process."""
    provider = EthereumTesterProvider()
    yield Node(Web3(provider), provider.ethereum_tester.mine_blocks, None)


@cache
def compiled(name: str) -> dict[str, Any]:
    """What the compiler says of one of the project's contracts."""
    path = ROOT / "contracts" / f"{name}.vy"
    return next(iter(compile_files([path], ["abi", "bytecode", "layout"], paths=[ROOT]).values()))


@dataclass
class Opened:
    """A deal that was opened here, with its bytes."""

    deal: Deal
    tree: UniformTree
    receipt: TxReceipt


@dataclass
class Proof:
    """The arguments of a proof, and how many different holes it passes, deals it shows and names it gives."""

    arguments: tuple[str, int, list[bytes]]
    holes: int
    shown: int
    named: int


@dataclass
class GasWorld:
    """Token, ledger, stake, registry and market, with clients that have money."""

    node: Node
    parameters: rules.Parameters = PARAMETERS
    opened: dict[bytes, Opened] = field(default_factory=dict)
    salt: int = 0

    def __post_init__(self) -> None:
        w3 = self.node.w3
        self.accounts = w3.eth.accounts
        self.deployer = self.accounts[0]
        self.token = self.deploy("Token", self.deployer, 10**9 * XMBL)
        self.payments = self.deploy("Payments", self.token.address, 40)
        self.registry = self.deploy("NodeRegistry")
        nonce = w3.eth.get_transaction_count(self.deployer)
        market = _create_address(self.deployer, nonce + 1)
        zero = "0x" + "0" * 40
        self.staking = self.deploy(
            "Staking", self.token.address, self.payments.address, [market, zero, zero, zero], 2, 100
        )
        self.deals = self.deploy(
            "StorageDeals",
            self.payments.address,
            self.staking.address,
            self.registry.address,
            astuple(self.parameters),
        )
        self.separator = domain_separator("XMBL StorageDeals", w3.eth.chain_id, self.deals.address)
        self.agent = w3.eth.account.from_key(AGENT_KEY).address

    def deploy(self, name: str, *arguments: object) -> Contract:
        """Deploy one of the project's contracts."""
        code = compiled(name)
        factory = self.node.w3.eth.contract(abi=code["abi"], bytecode=code["bytecode"])
        sent = factory.constructor(*arguments).transact({"from": self.deployer, "gas": 16_000_000})
        receipt = self.node.w3.eth.wait_for_transaction_receipt(sent)
        return self.node.w3.eth.contract(address=receipt["contractAddress"], abi=code["abi"])

    def send(self, sender: str, call: ContractFunction) -> TxReceipt:
        """Mine a call in a block of its own; a refused one raises."""
        sent = call.transact({"from": sender, "gas": 10_000_000, "gasPrice": 10**10})
        receipt = self.node.w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)
        assert receipt["status"] == 1, call.fn_name
        return receipt

    def gas_signed(self, key: bytes, call: ContractFunction) -> int:
        """The gas of a call by an account that this node has no key of."""
        w3 = self.node.w3
        signer = w3.eth.account.from_key(key)
        w3.eth.send_transaction({"from": self.deployer, "to": signer.address, "value": XMBL})
        nonce = w3.eth.get_transaction_count(signer.address)
        request = {"from": signer.address, "nonce": nonce, "gas": 10**6, "gasPrice": 10**10}
        signed = signer.sign_transaction(call.build_transaction(request))
        sent = w3.eth.send_raw_transaction(signed.raw_transaction)
        receipt = w3.eth.wait_for_transaction_receipt(sent, poll_latency=0.005)
        assert receipt["status"] == 1, call.fn_name
        return int(receipt["gasUsed"])

    def gas(self, sender: str, call: ContractFunction) -> int:
        """The gas of a call, mined in a block of its own."""
        return int(self.send(sender, call)["gasUsed"])

    def fund(self, account: str, amount: int = 10**6 * XMBL) -> None:
        """Give a client money in the ledger and let the market take it."""
        self.send(self.deployer, self.token.functions.transfer(account, amount))
        self.send(account, self.token.functions.approve(self.payments.address, 2**256 - 1))
        self.send(account, self.payments.functions.deposit(amount // 2))
        self.send(account, self.payments.functions.approve(self.deals.address, 2**256 - 1))

    def join(self, operator: str, payee: str, stake: int = 10**6 * XMBL) -> None:
        """Make an operator: registered, staked, authorised, with a cap."""
        self.send(self.deployer, self.token.functions.transfer(operator, 2 * stake))
        self.send(operator, self.token.functions.approve(self.staking.address, 2**256 - 1))
        self.send(operator, self.staking.functions.stake(stake, 500))
        self.send(operator, self.staking.functions.authorize(self.deals.address, stake))
        register = self.registry.functions.register(self.agent, payee, b"\x01" * 32, 1, bytes(32), [])
        self.send(operator, register)
        self.send(operator, self.deals.functions.set_cap(rules.MAX_PRICE))

    def signed(
        self, client: str, operator: str, tree: UniformTree, price: int, periods: int
    ) -> tuple[Deal, bytes]:
        """A deal whose first period is the next one, signed by the operator's agent."""
        block = self.node.w3.eth.block_number + 1
        period = block // self.parameters.period
        self.salt += 1
        terms = Terms(
            client=client,
            payee=self.registry.functions.agent_and_payee(operator).call()[1],
            leaves=tree.leaves,
            price=price,
            collateral=self.parameters.least_collateral(price),
            end=period + 1 + periods,
            client_notice=2,
            operator_notice=14,
            exit=3,
            deadline=(period + 2) * self.parameters.period - 1,
            salt=int.from_bytes(keccak(self.salt.to_bytes(8, "big"))[:8], "big"),
        )
        deal = Deal(operator, tree.root, terms)
        return deal, sign_digest(AGENT_KEY, digest(self.separator, deal.id()))

    def open(
        self, client: str, operator: str, tree: UniformTree, price: int = 10_000, periods: int = 300
    ) -> Opened:
        """Open a deal in a block of its own."""
        deal, signature = self.signed(client, operator, tree, price, periods)
        receipt = self.send(client, self.deals.functions.open(deal.as_tuple(), signature))
        self.opened[deal.id()] = Opened(deal, tree, receipt)
        return self.opened[deal.id()]

    def open_many(self, client: str, operator: str, tree: UniformTree, count: int) -> None:
        """Open deals in one block; needs anvil."""
        assert self.node.set_automine is not None
        self.node.set_automine(False)
        for _ in range(count):
            deal, signature = self.signed(client, operator, tree, 10_000, 300)
            call = self.deals.functions.open(deal.as_tuple(), signature)
            sent = call.transact({"from": client, "gas": 200_000, "gasPrice": 10**10})
            self.opened[deal.id()] = Opened(deal, tree, sent)
        self.node.mine(1)
        self.node.set_automine(True)

    def next_period(self, count: int = 1) -> None:
        """Mine until a transaction's block lies shortly after the first block of a later period."""
        length = self.parameters.period
        block = self.node.w3.eth.block_number
        self.node.mine(((block + 1) // length + count) * length + 1 - block)

    def period(self) -> int:
        """The period of the next block."""
        return (self.node.w3.eth.block_number + 1) // self.parameters.period

    def record(self, opened: Opened) -> rules.Record:
        """What the chain keeps of a deal."""
        return rules.Record(*self.deals.functions.deal(opened.deal.id()).call())

    def proven(self, operator: str, period: int) -> set[int]:
        """The operator's proven periods of the last year."""
        words = {
            word: self.deals.functions.proven(operator, word).call() for word in range((period >> 8) + 1)
        }
        return {past for past in range(period) if words[past >> 8] >> (past & 255) & 1}

    def proof(self, operator: str) -> Proof:
        """What proves the present period for all deals of an operator."""
        period = self.period()
        tail, head = rings.Ring(*self.deals.functions.ring(operator).call()).bounds_in(period)
        seed = drawing.seed_of(self.node.w3.eth.get_block(period * self.parameters.period)["hash"], operator)
        proven = self.proven(operator, period)
        placed = []
        for opened in self.opened.values():
            record = self.record(opened)
            if opened.deal.operator == operator and tail <= record.start_in(period) < head:
                place = drawing.place_of(record, proven, period, self.parameters.limit, lambda: False)
                placed.append((place.start, place, opened))
        placed.sort(key=lambda entry: entry[0])
        steps = drawing.plan_proof(seed, tail, head, [place for _, place, _ in placed])
        words: list[bytes] = []
        for step in steps:
            opened = placed[step.place][2]
            if step.named:
                words += [opened.deal.root, opened.deal.terms.hash()]
            if step.leaf is not None:
                words += opened.tree.words(step.leaf)
        holes = {step.place for step in steps if step.leaf is None}
        shown = {step.place for step in steps if step.leaf is not None}
        named = sum(step.named for step in steps)
        return Proof((operator, drawing.plan_bits(steps), words), len(holes), len(shown), named)

    def prove(self, operator: str) -> TxReceipt:
        """Prove the present period."""
        return self.send(operator, self.deals.functions.prove(*self.proof(operator).arguments))

    def prove_like(self, operator: str, holes: int, shown: int = 5, *, first: bool = False) -> int:
        """The gas of a proof that passes so many different holes and shows leaves of so many deals.

        Other periods until one draws so are proven too, unless it shall be the operator's first proof.
        """
        for _ in range(400):
            proof = self.proof(operator)
            if (proof.holes, proof.shown, proof.named) == (holes, shown, holes + shown):
                return self.gas(operator, self.deals.functions.prove(*proof.arguments))
            if not first:
                self.send(operator, self.deals.functions.prove(*proof.arguments))
            self.next_period()
        raise AssertionError(f"no period drew {holes} holes and {shown} deals")

    def extension(self, opened: Opened, end: int) -> tuple[object, ...]:
        """The arguments of `extend`, signed by the agent."""
        deadline = self.node.w3.eth.block_number + 100
        extension = Extension(opened.deal.id(), self.record(opened).end, end, deadline)
        signature = sign_digest(AGENT_KEY, digest(self.separator, extension.hash()))
        return opened.deal.as_tuple(), end, deadline, signature

    def settle(self, opened: Opened) -> TxReceipt:
        """Settle a deal as a stranger."""
        return self.send(self.deployer, self.deals.functions.settle(opened.deal.as_tuple()))


def _create_address(deployer: str, nonce: int) -> str:
    import rlp

    return to_checksum_address(keccak(rlp.encode([bytes.fromhex(deployer[2:]), nonce]))[12:])
