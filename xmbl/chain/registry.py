"""NodeRegistry: where an operator's node is and who acts for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from xmbl.chain.call import Call
from xmbl.chain.client import Block
from xmbl.chain.contract import Contract, Logged

STORAGE = 1
"""The bit of `Node.services` of a node that stores."""


@dataclass(frozen=True)
class Node:
    """An operator's record; `agent` is the zero address where it never registered."""

    agent: str
    payee: str
    node_key: bytes
    services: int
    profile: bytes
    multiaddrs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Registered(Logged):
    """An operator wrote its whole record."""

    operator: str
    agent: str
    payee: str
    node_key: bytes
    services: int
    profile: bytes


@dataclass(frozen=True, kw_only=True)
class AgentSet(Logged):
    """Another agent acts for the operator."""

    operator: str
    agent: str


@dataclass(frozen=True, kw_only=True)
class PayeeSet(Logged):
    """Income of new terms goes elsewhere."""

    operator: str
    payee: str


@dataclass(frozen=True, kw_only=True)
class Announced(Logged):
    """The node listens at these addresses, and at no other."""

    operator: str
    multiaddrs: tuple[str, ...]


class NodeRegistry(Contract):
    """The contract `NodeRegistry`."""

    name = "NodeRegistry"

    def node(self, operator: str, block: Block = "latest") -> Node:
        """The record of an operator."""
        *fixed, multiaddrs = self._read("node", operator, block=block)
        return Node(*[*fixed, tuple(multiaddrs)])

    def agent(self, operator: str, block: Block = "latest") -> str:
        """Who acts for an operator; the zero address if it never registered."""
        return str(self._read("agent", operator, block=block))

    def agent_and_payee(self, operator: str, block: Block = "latest") -> tuple[str, str]:
        """Who signs for an operator and who is paid for it; both zero if it never registered."""
        agent, payee = self._read("agent_and_payee", operator, block=block)
        return agent, payee

    def register(
        self,
        *,
        agent: str,
        payee: str,
        node_key: bytes,
        services: int,
        profile: bytes,
        multiaddrs: Sequence[str],
    ) -> Call:
        """Write the caller's whole record; a zero payee means the caller itself."""
        return self._call(
            "register", agent, payee, node_key, services, profile, multiaddrs,
            action="node_register", sentence=f"Register this operator's node with the agent {agent}.",
        )  # fmt: skip

    def set_agent(self, agent: str) -> Call:
        """Replace the caller's agent; terms that the old one signed open no more."""
        return self._call(
            "set_agent", agent, action="node_set_agent", sentence=f"Let {agent} act for this operator."
        )

    def set_payee(self, payee: str) -> Call:
        """Replace the payee of the caller's coming terms."""
        return self._call(
            "set_payee", payee, action="node_set_payee", sentence=f"Send the income of new deals to {payee}."
        )

    def announce(self, operator: str, multiaddrs: Sequence[str]) -> Call:
        """Say where the operator's node listens; by the operator or its agent."""
        return self._call(
            "announce", operator, multiaddrs,
            action="node_announce", sentence=f"Announce {len(multiaddrs)} addresses of this operator's node.",
        )  # fmt: skip
