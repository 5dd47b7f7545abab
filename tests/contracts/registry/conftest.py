"""An operator with an agent, as it registers."""

import pytest

from tests.support.boa_world import Money, person

NODE_KEY, PROFILE = b"\x01" * 32, b"\x02" * 32
ADDRESSES = ["/ip4/203.0.113.7/tcp/4001", "/dns4/node.example/tcp/4001"]


@pytest.fixture(scope="module")
def agent() -> str:
    """The provider's hot account."""
    return person("agent")


@pytest.fixture
def registered(money: Money, provider: str, agent: str) -> str:
    """The provider, registered with its agent and paid itself."""
    money.registry.register(agent, provider, NODE_KEY, 1, PROFILE, ADDRESSES, sender=provider)
    return provider
