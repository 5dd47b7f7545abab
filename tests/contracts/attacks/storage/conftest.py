"""A market for the attacks of the report on storage. Here the attacker runs a node, signs with its agent's
key and is its own client too, unless a test says otherwise."""

from dataclasses import replace

import pytest

from tests.support.deals_world import World


@pytest.fixture(scope="module")
def victim(deployed: World) -> str:
    """An honest client."""
    return deployed.client("victim")


@pytest.fixture(scope="module")
def operator(deployed: World) -> str:
    """The attacker's node."""
    return deployed.operator("attacking provider")


@pytest.fixture(scope="module")
def accomplice(deployed: World) -> str:
    """The attacker's second account, a client of its own node."""
    return deployed.client("accomplice")


@pytest.fixture
def world(deployed: World, victim: str, operator: str, accomplice: str) -> World:
    """The market with its people; what a test opens is its own."""
    return replace(deployed, opened={})
