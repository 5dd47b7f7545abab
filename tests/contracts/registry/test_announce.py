import boa
import pytest

from tests.support.boa_world import events

ELSEWHERE = ["/ip4/198.51.100.9/tcp/4001"]


@pytest.mark.parametrize("role", ["registered", "agent"])
def test_announce__by_operator_or_agent__replaces_the_addresses(money, registered, request, role):
    money.registry.announce(registered, ELSEWHERE, sender=request.getfixturevalue(role))
    assert events(money.registry) == [("Announced", registered, ELSEWHERE)]
    assert money.registry.node(registered).multiaddrs == ELSEWHERE


def test_announce__a_stranger__is_refused(money, registered, attacker):
    with boa.reverts("registry: sender"):
        money.registry.announce(registered, ELSEWHERE, sender=attacker)


def test_announce__the_agent_that_was__is_refused(money, registered, agent, client):
    money.registry.set_agent(client, sender=registered)
    with boa.reverts("registry: sender"):
        money.registry.announce(registered, ELSEWHERE, sender=agent)


def test_announce__who_never_registered__is_refused(money, provider):
    with boa.reverts("registry: unknown"):
        money.registry.announce(provider, ELSEWHERE, sender=provider)
