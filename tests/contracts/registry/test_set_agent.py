import boa

from tests.support.boa_world import NOBODY, events


def test_set_agent__by_the_operator__replaces_it(money, registered, client):
    money.registry.set_agent(client, sender=registered)
    assert events(money.registry) == [("AgentSet", registered, client)]
    assert money.registry.agent(registered) == client
    assert money.registry.agent_and_payee(registered) == (client, registered)


def test_set_agent__to_nobody__is_refused(money, registered):
    with boa.reverts("registry: agent"):
        money.registry.set_agent(NOBODY, sender=registered)


def test_set_agent__who_never_registered__is_refused(money, provider, agent):
    with boa.reverts("registry: unknown"):
        money.registry.set_agent(agent, sender=provider)


def test_set_agent__by_the_agent__writes_no_record_of_the_operators(money, registered, agent):
    with boa.reverts("registry: unknown"):
        money.registry.set_agent(agent, sender=agent)
