# pragma version 0.4.3
# pragma nonreentrancy on
"""
@title NodeRegistry
@license AGPL-3.0-only
@notice Where an operator's node is, who acts for it and where its income goes.
        Who may: an operator writes its own record; its agent may change the addresses only. An agent
        can't touch money, agent or payee, but the terms that it signs can lose what the operator
        authorised in Staking. Lookups go from the operator only, so nobody can take a key's place.
        Nobody can stop it: there is no owner, no fee, no removal and no parameter to set.
@dev Invariants, for every operator that ever registered:
       agent != 0 and payee != 0
       agent and payee change only by a call of the operator
     The ed25519 key isn't checked here: the handshake of the nodes proves it.
"""


from contracts.interfaces import INodeRegistry
implements: INodeRegistry


_nodes: HashMap[address, INodeRegistry.Node]


# The operator


@external
def register(
    agent: address,
    payee: address,
    node_key: bytes32,
    services: uint256,
    profile: bytes32,
    multiaddrs: DynArray[String[128], 8],
):
    """
    @notice Writes the caller's whole record, the first time or again.
    @param agent Who signs for the operator; not zero.
    @param payee The Payments account of its income; zero for the operator itself.
    @param node_key The ed25519 public key of its node.
    @param services What it offers; bit 0 is storage.
    @param profile The hash of its signed hardware profile; zero for none.
    @param multiaddrs Where the node listens.
    """
    self._require_agent(agent)
    paid: address = self._payee_or_caller(payee)
    self._nodes[msg.sender] = INodeRegistry.Node(
        agent=agent, payee=paid, node_key=node_key, services=services, profile=profile, multiaddrs=multiaddrs
    )
    log INodeRegistry.Registered(
        operator=msg.sender, agent=agent, payee=paid, node_key=node_key, services=services, profile=profile
    )
    log INodeRegistry.Announced(operator=msg.sender, multiaddrs=multiaddrs)


@external
def set_agent(agent: address):
    """
    @notice Replaces the caller's agent; terms that the old one signed can't be opened any more.
    @param agent The new agent; not zero.
    """
    self._require_known(msg.sender)
    self._require_agent(agent)
    self._nodes[msg.sender].agent = agent
    log INodeRegistry.AgentSet(operator=msg.sender, agent=agent)


@external
def set_payee(payee: address):
    """
    @notice Replaces the payee of the caller's coming terms.
    @param payee The new payee; zero for the operator itself.
    """
    self._require_known(msg.sender)
    paid: address = self._payee_or_caller(payee)
    self._nodes[msg.sender].payee = paid
    log INodeRegistry.PayeeSet(operator=msg.sender, payee=paid)


# The operator or its agent


@external
def announce(operator: address, multiaddrs: DynArray[String[128], 8]):
    """
    @notice Replaces the addresses of an operator's node.
    @param operator The operator.
    @param multiaddrs Where its node listens; up to eight.
    """
    self._require_known(operator)
    assert msg.sender == operator or msg.sender == self._nodes[operator].agent, "registry: sender"
    self._nodes[operator].multiaddrs = multiaddrs
    log INodeRegistry.Announced(operator=operator, multiaddrs=multiaddrs)


# Views


@external
@view
@reentrant
def node(operator: address) -> INodeRegistry.Node:
    """
    @notice The record of an operator.
    @param operator The operator.
    @return Node The record; all zero if it never registered.
    """
    return self._nodes[operator]


@external
@view
@reentrant
def agent(operator: address) -> address:
    """
    @notice Who acts for an operator.
    @param operator The operator.
    @return address The agent; zero if it never registered, and nobody signs as zero.
    """
    return self._nodes[operator].agent


@external
@view
@reentrant
def agent_and_payee(operator: address) -> (address, address):
    """
    @notice Who signs for an operator and who is paid for it.
    @param operator The operator.
    @return address The agent; zero if it never registered, and nobody signs as zero.
    @return address The payee; zero if it never registered.
    """
    return self._nodes[operator].agent, self._nodes[operator].payee


@internal
@view
def _require_known(operator: address):
    """
    @notice Refuses an operator that never registered.
    @param operator The operator.
    """
    assert self._nodes[operator].agent != empty(address), "registry: unknown"


@internal
@pure
def _require_agent(agent: address):
    """
    @notice Refuses the zero address, as whom every broken signature recovers.
    @param agent The agent.
    """
    assert agent != empty(address), "registry: agent"


@internal
@view
def _payee_or_caller(payee: address) -> address:
    """
    @notice Whoever names no payee is its own.
    @param payee The payee, or zero.
    @return address The payee; never zero.
    """
    return payee if payee != empty(address) else msg.sender
