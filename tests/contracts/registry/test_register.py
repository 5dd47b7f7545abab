import boa

from tests.contracts.registry.conftest import ADDRESSES, NODE_KEY, PROFILE
from tests.support.boa_world import NOBODY, events


def test_register__a_record__is_written(money, provider, agent, client):
    money.registry.register(agent, client, NODE_KEY, 1, PROFILE, ADDRESSES, sender=provider)
    assert events(money.registry) == [
        ("Registered", provider, agent, client, NODE_KEY, 1, PROFILE),
        ("Announced", provider, ADDRESSES),
    ]
    assert money.registry.node(provider) == (agent, client, NODE_KEY, 1, PROFILE, ADDRESSES)


def test_register__without_a_payee__pays_the_operator(money, provider, agent):
    money.registry.register(agent, NOBODY, NODE_KEY, 1, PROFILE, ADDRESSES, sender=provider)
    assert events(money.registry)[0] == ("Registered", provider, agent, provider, NODE_KEY, 1, PROFILE)
    assert money.registry.agent_and_payee(provider) == (agent, provider)


def test_register__again__replaces_everything(money, registered, client):
    money.registry.register(client, client, PROFILE, 0, NODE_KEY, [], sender=registered)
    assert money.registry.node(registered) == (client, client, PROFILE, 0, NODE_KEY, [])


def test_register__without_an_agent__is_refused(money, provider):
    with boa.reverts("registry: agent"):
        money.registry.register(NOBODY, provider, NODE_KEY, 1, PROFILE, ADDRESSES, sender=provider)
