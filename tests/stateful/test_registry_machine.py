"""Random play of `NodeRegistry` by operators, agents and strangers: every record after every move, and N1.

Everybody tries everything, as itself and for others; an agent may be an operator too, and act for two.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, replace
from typing import Any

import boa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from tests.support.boa_world import NOBODY, REGISTRY, person
from tests.support.node_slots import NodeSlots
from tests.support.play import agree
from xmbl.chain.registry import Node
from xmbl.errors import Reverted

OPERATORS = [person("provider"), person("second provider")]
AGENTS = [person("agent"), person("second agent")]
STRANGER = person("attacker")
PEOPLE = [*OPERATORS, *AGENTS, STRANGER]
UNKNOWN = Node(NOBODY, NOBODY, bytes(32), 0, bytes(32), ())
NODES = REGISTRY.deploy()
SLOTS = NodeSlots(NODES)

people = st.sampled_from([*OPERATORS * 2, *AGENTS, STRANGER])
accounts = st.sampled_from([*PEOPLE, NOBODY])
words = st.sampled_from([bytes(32), b"\x01" * 32, b"\xff" * 32])
services = st.sampled_from([0, 1, 2**256 - 1])
addresses = st.lists(
    st.sampled_from(["", "/ip4/203.0.113.7/tcp/4001", "/dns4/" + "a" * 26, "/dns4/" + "b" * 122]), max_size=8
)
"""None to eight; of no byte, a word and more or less, and all 128."""

nodes = st.builds(Node, accounts, accounts, words, services, words, addresses.map(tuple))

Records = Mapping[str, Node]
"""By operator, as the rules have them; who never registered has none."""


def require(condition: bool, reason: str) -> None:
    """`Reverted` with the contract's reason unless the condition holds."""
    if not condition:
        raise Reverted(f"The registry refuses this call: {reason}.", f"registry: {reason}")


def register(records: Records, sender: str, node: Node) -> Records:
    """Whoever calls writes its own record; without a payee it is its own."""
    require(node.agent != NOBODY, "agent")
    return {**records, sender: replace(node, payee=paid(node.payee, sender))}


def set_agent(records: Records, sender: str, agent: str) -> Records:
    """Another agent, but never none."""
    require(sender in records, "unknown")
    require(agent != NOBODY, "agent")
    return {**records, sender: replace(records[sender], agent=agent)}


def set_payee(records: Records, sender: str, payee: str) -> Records:
    """Another payee; none is the operator."""
    require(sender in records, "unknown")
    return {**records, sender: replace(records[sender], payee=paid(payee, sender))}


def announce(records: Records, sender: str, operator: str, listening: Sequence[str]) -> Records:
    """Other addresses, by the operator or whoever is its agent now."""
    require(operator in records, "unknown")
    require(sender in (operator, records[operator].agent), "sender")
    return {**records, operator: replace(records[operator], multiaddrs=tuple(listening))}


def paid(payee: str, operator: str) -> str:
    """Who is paid if that one is named."""
    return operator if payee == NOBODY else payee


class RegistryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.chain = boa.env.anchor()
        self.chain.__enter__()
        self.records: Records = {}
        self.stored = stored()

    @initialize(agents=st.tuples(st.sampled_from(AGENTS), st.sampled_from(AGENTS)), node=nodes)
    def begin(self, agents: tuple[str, str], node: Node) -> None:
        """Operators that play are registered; to refuse the others there are enough of them."""
        for operator, agent in zip(OPERATORS, agents, strict=True):
            self.register(operator, replace(node, agent=agent))

    @rule(who=people, node=nodes)
    def register(self, who: str, node: Node) -> None:
        *fixed, listening = astuple(node)
        call = NODES.register
        self.play(who, lambda: call(*fixed, [*listening], sender=who), register, node)

    @rule(who=people, agent=accounts)
    def set_agent(self, who: str, agent: str) -> None:
        self.play(who, lambda: NODES.set_agent(agent, sender=who), set_agent, agent)

    @rule(who=people, payee=accounts)
    def set_payee(self, who: str, payee: str) -> None:
        self.play(who, lambda: NODES.set_payee(payee, sender=who), set_payee, payee)

    @rule(who=people, operator=accounts, listening=addresses)
    def announce(self, who: str, operator: str, listening: list[str]) -> None:
        call = NODES.announce
        self.play(who, lambda: call(operator, listening, sender=who), announce, operator, listening)

    @rule(operator=st.sampled_from(OPERATORS), listening=addresses)
    def serve(self, operator: str, listening: list[str]) -> None:
        """As a node does: its agent announces it, and can do no more than that."""
        self.announce(self.records[operator].agent, operator, listening)

    @rule(operator=accounts)
    def look(self, operator: str) -> None:
        """Every view tells what is stored."""
        node = self.stored[operator]
        assert NODES.node(operator) == (*astuple(node)[:-1], [*node.multiaddrs])
        assert NODES.agent(operator) == node.agent
        assert NODES.agent_and_payee(operator) == (node.agent, node.payee)

    def play(self, who: str, call: Callable[[], Any], move: Callable[..., Records], *arguments: Any) -> None:
        """Contract and rules agree, on every record too."""
        records, before = self.records, self.stored
        self.records = agree(records, call, lambda: move(records, who, *arguments))
        self.stored = stored()
        assert self.stored == {each: self.records.get(each, UNKNOWN) for each in self.stored}
        for operator, node in before.items():
            self.written_by_its_own(operator, node, self.stored[operator], who)

    def written_by_its_own(self, operator: str, old: Node, new: Node, who: str) -> None:
        """N1, of what is stored alone: another's call leaves a record as it is, but for the addresses that
        its agent may write; who has registered has an agent and a payee for ever."""
        if who != operator:
            assert new == (replace(old, multiaddrs=new.multiaddrs) if who == old.agent else old)
        assert old == UNKNOWN or NOBODY not in (new.agent, new.payee)

    def teardown(self) -> None:
        self.chain.__exit__(None, None, None)


def stored() -> dict[str, Node]:
    """What the registry holds of everybody, and of nobody."""
    return {each: SLOTS.node(each) for each in [*PEOPLE, NOBODY]}


TestRegistry = RegistryMachine.TestCase
