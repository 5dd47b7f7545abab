import boa

from tests.support.boa_world import NOBODY, events


def test_set_payee__by_the_operator__replaces_it(money, registered, client, agent):
    money.registry.set_payee(client, sender=registered)
    assert events(money.registry) == [("PayeeSet", registered, client)]
    assert money.registry.agent_and_payee(registered) == (agent, client)


def test_set_payee__to_nobody__means_the_operator(money, registered, client, agent):
    money.registry.set_payee(client, sender=registered)
    money.registry.set_payee(NOBODY, sender=registered)
    assert events(money.registry) == [("PayeeSet", registered, registered)]
    assert money.registry.agent_and_payee(registered) == (agent, registered)


def test_set_payee__who_never_registered__is_refused(money, provider):
    with boa.reverts("registry: unknown"):
        money.registry.set_payee(provider, sender=provider)
