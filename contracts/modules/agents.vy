# pragma version 0.4.3
"""
@title Agents
@license AGPL-3.0-only
@notice Who acts for an operator, as the registry says.
"""


from snekmate.utils import ecdsa


interface NodeRegistry:
    def agent(operator: address) -> address: view
    def agent_and_payee(operator: address) -> (address, address): view


@internal
@view
def _check_terms_signed(
    registry: NodeRegistry, operator: address, payee: address, digest: bytes32, signature: Bytes[65]
):
    """
    @notice Refuses what an operator's agent didn't sign, and income for another than its payee.
    @param registry The registry.
    @param operator The operator.
    @param payee Who would be paid.
    @param digest What was signed.
    @param signature The signature.
    """
    agent: address = empty(address)
    registered: address = empty(address)
    agent, registered = staticcall registry.agent_and_payee(operator)
    # who has no agent signed nothing, whatever a malformed signature recovers to
    assert agent != empty(address), "deals: agent"
    assert payee == registered, "deals: payee"
    assert ecdsa._recover_sig(digest, signature) == agent, "deals: signature"


@internal
@view
def _check_signed(registry: NodeRegistry, operator: address, digest: bytes32, signature: Bytes[65]):
    """
    @notice Refuses what an operator's agent didn't sign.
    @param registry The registry.
    @param operator The operator.
    @param digest What was signed.
    @param signature The signature.
    """
    agent: address = staticcall registry.agent(operator)
    assert agent != empty(address), "deals: agent"
    assert ecdsa._recover_sig(digest, signature) == agent, "deals: signature"


@internal
@view
def _check_keeper(registry: NodeRegistry, operator: address):
    """
    @notice Refuses a caller that is neither the operator nor its agent.
    @param registry The registry.
    @param operator The operator.
    """
    if msg.sender != operator:
        assert msg.sender == staticcall registry.agent(operator), "deals: sender"
