from tests.support.boa_world import NOBODY


def test_node__who_never_registered__is_all_zero(money, provider):
    zero = b"\x00" * 32
    assert money.registry.node(provider) == (NOBODY, NOBODY, zero, 0, zero, [])
    assert money.registry.agent(provider) == NOBODY
    assert money.registry.agent_and_payee(provider) == (NOBODY, NOBODY)


def test_functions__all__belong_to_no_owner(money):
    names = {entry["name"] for entry in money.registry.abi if entry["type"] == "function"}
    writing = {"register", "set_agent", "set_payee", "announce"}
    assert names == {"node", "agent", "agent_and_payee"} | writing
